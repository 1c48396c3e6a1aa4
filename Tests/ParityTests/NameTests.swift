import AttendParity
import Testing

/// A case's name is all that makes it.
@Suite struct NameTests {
    @Test(arguments: CaseCatalog.operations) func `every name reads back as its case`(operation: String) throws {
        let cases = CaseCatalog.cases(of: operation, CaseSelection(isQuick: true, seed: 5, seededCount: 40))
        #expect(cases.count > 40)
        for subject in cases {
            #expect(try ParityCase(parsing: subject.name) == subject)
        }
    }

    @Test func `names are unique`() {
        let names = CaseCatalog.cases(CaseSelection(seededCount: 10)).map(\.name)
        #expect(Set(names).count == names.count)
    }
}

@Suite struct UnreadableNameTests {
    @Test(arguments: [
        ("add", "operation[key=value"), ("add[lhs=2x3", "operation[key=value"), ("ad[lhs=2]", "no cases of"),
        ("add[lhs=2,rhs=2,rhs=3]", "set twice"), ("add[lhs=2,rhs=3]", "broadcast"),
        ("add[lhs=2,rhs=2,colour=red]", "colour"),
        ("add[lhs=2,rhs=-2]", "shape"), ("add[rhs=2]", "lhs is missing"),
        ("add[lhs=2,rhs=2,dtype=float64]", "one of float32"),
        ("matmul[m=99999999999]", "between"), ("attention[b=1,hq=3,hkv=2,l=1,s=1,d=1]", "has a remainder"),
        ("softmax[shape=4,axis=7]", "axis"),
        ("fused_linear[rows=scalar,in=16777216,out=16777216]", "more elements than a case may have"),
        ("fused_linear[rows=scalar,in=33554432,out=2]", "2x33554432 has more elements"),
        ("matmul[m=16777216,k=16777216,n=1]", "more elements"),
        ("attention[b=1,hq=1,hkv=1,l=16777216,s=16777216,d=1,bool-mask]", "larger than a case may be"),
        ("attention[b=16777216,hq=16777216,hkv=16777216,l=16777216,s=1,d=1]", "larger than a case may be")
    ])
    func `what is no case's name is refused, with the reason`(name: String, reason: String) {
        #expect {
            _ = try ParityCase(parsing: name)
        } throws: { error in
            "\(error)".contains(reason)
        }
    }

    @Test func `a long name is told by its beginning and its end`() {
        let name = "add[lhs=2,rhs=2,\(String(repeating: "ß", count: 100_000))]"
        let error = #expect(throws: CaseError.self) { try ParityCase(parsing: name) }
        #expect(error.map { "\($0)".utf8.count } ?? .max < 1_200)
    }

    @Test func `a name may be written by hand, its settings in any order`() throws {
        let subject = try ParityCase(parsing: "attention[seed=91,b=2,hq=6,hkv=2,l=17,s=33,bool-mask,causal,d=40]")
        #expect(subject.name == "attention[b=2,hq=6,hkv=2,l=17,s=33,d=40,causal,bool-mask,seed=91]")
    }
}
