import AttendParity
import AttendRuntime
import Foundation
import ReferenceBackend
import TestSupport
import Testing

/// The table of dimensions × operations, and the runs that all cases have.
@Suite struct DimensionTests {
    @Test(arguments: CaseDimension.allCases) func `an operation has cases of a dimension, or a reason for none`(
        dimension: CaseDimension
    ) {
        for operation in CaseCatalog.operations {
            switch dimension.coverage(of: operation) {
            case .cases(let cases):
                #expect(!cases.isEmpty, "\(operation)")
                #expect(Set(cases).count == cases.count, "\(operation) has a case of \(dimension) twice")
                for subject in cases {
                    #expect(subject.operation == operation)
                    #expect(throws: Never.self, "\(subject)") { try ParityCase(parsing: subject.name) }
                }
            case .omitted(let reason): #expect(reason.contains { $0.isLetter }, "\(operation), \(dimension)")
            }
        }
    }

    @Test func `a crowd has members of its operation, the same for a name`() throws {
        let crowd = try named("add[crowd=20,seed=3]")
        let members = try crowd.crowd()
        #expect(members.count >= 20)
        #expect(members.allSatisfy { $0.operation == "add" && !$0.isCrowd })
        #expect(try named("add[crowd=20,seed=3]").crowd() == members)
        #expect(try named("add[crowd=20,seed=4]").crowd() != members)
        // Two requests that differ in the numbers of a constant alone.
        let linear = try named("linear[crowd=60,seed=1]").crowd()
        let twins = linear.map(\.name).filter { $0.contains("weight-view=constant") }
        #expect(Set(twins.map { $0.components(separatedBy: "seed=")[0] }).count < twins.count)
        #expect(throws: CaseError.self) { try ParityCase(parsing: "add[crowd=20,lhs=3]") }
        #expect(throws: CaseError.self) { try ParityCase(parsing: "add[crowd=0]") }
    }

    @Test func `the elements of a crowd are counted`() throws {
        let outcome = try ParityRun(backends: [simd]).results(of: named("add[crowd=5,seed=1]"))[0].outcome
        #expect(outcome.elementCount > 0)
        #expect(outcome.elementCount == outcome.size)
    }

    @Test(arguments: [
        ("add[lhs=3,rhs=4,same]", "one shape"), ("add[lhs=3,rhs=3,same,rhs-view=reversed]", "no meaning beside same"),
        ("where[condition=3,lhs=3,rhs=1,same]", "one shape"),
        ("concatenate[shape=1,axis=0,parts=2:3,same]", "one size"), ("matmul[m=2,k=2,n=3,same]", "one shape"),
        ("matmul[m=2,k=3,n=2,same]", "one shape"), ("matmul[m=2,k=3,n=2,twin=reversed]", "one shape"),
        ("add[lhs=3x3,rhs=2,twin=transposed]", "one shape"), ("add[lhs=3,rhs=3,twin=transposed]", "two last axes"),
        ("add[lhs=3,rhs=3,lhs-value=1,rhs-value=2,values=wide]", "no meaning beside lhs-value"),
        ("linear[rows=3,in=2,out=2,bias-view=strided]", "no meaning beside no bias"),
        ("fused_linear[rows=3,in=2,out=2,residual-view=strided]", "no meaning beside no residual"),
        ("rotary_embedding[b=2,h=1,l=2,d=4,shared-angles,shared-cos]", "no meaning beside shared-angles"),
        ("rms_norm[shape=3x4,parameter-shape=4]", "no meaning beside no scale"),
        ("attention[b=1,l=3,d=2,other-view=strided]", "no meaning beside no mask"),
        ("attention[b=1,l=3,d=2,far-lengths]", "no meaning beside no lengths"),
        ("attention[b=1,l=3,d=2,same,outputs=all]", "no meaning beside same"),
        ("attention[b=1,l=3,d=2,same,planted=nan]", "no meaning beside planted"),
        ("attention[b=1,l=3,d=2,bias-shape=row]", "no meaning beside no bias"),
        ("attention[b=1,l=3,d=2,mask-shape=row]", "no meaning beside no bool-mask")
    ])
    func `a setting that another leaves without a meaning is refused`(name: String, reason: String) {
        #expect {
            _ = try ParityCase(parsing: name)
        } throws: { error in
            "\(error)".contains(reason)
        }
    }

    @Test func `the other values of a case are other ones`() throws {
        for name in [
            "add[lhs=3x4,rhs=3x4,seed=1]", "gather[shape=9x4,indices=33,axis=0,seed=1]",
            "update_slice[shape=90,length=2,axis=0,start=4,seed=1]", "random[shape=4,counter=5,seed=1]",
            "attention[b=3,hq=2,hkv=2,l=4,s=9,d=8,lengths,bool-mask=random,batch-offsets,seed=1]"
        ] {
            let built = try named(name).build()
            #expect(Set(built.others.keys) == Set(built.inputs.keys))
            for (input, tensor) in built.inputs {
                let other = try #require(built.others[input])
                #expect(other.shape == tensor.shape && other.dtype == tensor.dtype)
                #expect(other.firstDifferentBit(from: tensor) != nil, "\(name) \(input)")
            }
        }
    }

    @Test(arguments: [DType.int32, .int64]) func `indices outside are outside, near and far`(dtype: DType) {
        for (size, length) in [(1, 1), (7, 1), (7, 3), (7, 7), (300, 1), (70_000, 2)] {
            let indices = DueError.indices(outside: size, room: length, dtype)
            #expect(indices.contains(-size - 1))
            #expect(indices.contains(size - length + 1))
            for index in indices {
                let start = index < 0 ? index + size : index
                #expect(start < 0 || start > size - length)
                #expect(dtype == .int64 || Int32(exactly: index) != nil)
            }
        }
    }

    @Test func `an error that is due is held against its fields`() {
        let due = DueError(input: "indices", tensor: Tensor(9), index: 9, size: 4, operation: "gather")
        func error(_ index: Int, _ size: Int, _ operation: String = "gather") -> RunError {
            .backend(.indexOutOfRange(backend: "b", operation: operation, index: index, size: size), node: nil)
        }
        #expect(due.complaint(about: error(9, 4)) == nil)
        for wrong in [error(8, 4), error(9, 5), error(9, 4, "scatter_add"), nil] {
            #expect(due.complaint(about: wrong) != nil)
        }
        #expect(due.complaint(about: .backend(.deviceLost(backend: "b", reason: "r"), node: nil)) != nil)
    }

    @Test func `no zone has the words of another, or of another buffer`() {
        for kind in [Guard.Words.nans, .numbers] {
            let zones = Guard(kind, wordSize: 4, boolSize: 1)
            var known: Set<[Int32]> = []
            for buffer in 0..<20 {
                for part in [Guard.Part.before, .inside, .after] {
                    let words = (0..<8).map { zones.word($0, part, of: buffer) }
                    #expect(known.insert(words).inserted)
                    for word in words {
                        let float = Float(bitPattern: UInt32(bitPattern: word))
                        #expect(kind == .nans ? float.isNaN : float.isNormal && float.magnitude < 1e3)
                    }
                }
            }
        }
    }
}
