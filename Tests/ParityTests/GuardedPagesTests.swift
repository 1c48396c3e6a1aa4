import AttendBackend
import AttendParity
import AttendRuntime
import TestSupport
import Testing

/// Host memory beside protected pages. That a kernel that leaves its buffers ends the process is tested with workers.
@Suite struct GuardedPagesTests {
    @Test(arguments: [GuardedPages.Placement.beforeProtected, .afterProtected], [0, 1, 63, 64, 4096, 10_000])
    func `all of the memory is usable, and its address is a multiple of 64`(
        placement: GuardedPages.Placement, byteCount: Int
    ) throws {
        let memory = try GuardedPages.$placement.withValue(placement) {
            try HostMemory(byteCount: byteCount, backend: "test")
        }
        let address = unsafe memory.address
        #expect(Int(bitPattern: address) % 64 == 0)
        let page = 4096
        let end = Int(bitPattern: address) + max(64, (byteCount + 63) / 64 * 64)
        #expect(placement == .beforeProtected ? end % page == 0 : Int(bitPattern: address) % page == 0)
        for index in 0..<byteCount {
            unsafe address.storeBytes(of: UInt8(truncatingIfNeeded: index), toByteOffset: index, as: UInt8.self)
        }
        guard byteCount > 0 else { return }
        let last = unsafe address.load(fromByteOffset: byteCount - 1, as: UInt8.self)
        #expect(last == UInt8(truncatingIfNeeded: byteCount - 1))
    }

    @Test func `an honest backend passes with protected pages`() throws {
        var run = ParityRun(backends: [simd])
        run.protectsPages = true
        let names = [
            "add[lhs=7x150,rhs=150,seed=1]", "matmul[m=17,k=33,n=65,seed=2]", "softmax[shape=33x40,seed=3]",
            "attention[b=2,hq=6,hkv=2,l=17,s=33,d=40,causal,seed=4]", "gather[shape=9x40,indices=33,axis=0,seed=5]",
            "linear[rows=9,in=33,out=130,weight-view=constant,seed=6]", "transpose[shape=17x129,permutation=1:0,seed=7]"
        ]
        let report = try run.report(on: names.map(named))
        #expect(report.passes, "\(report.table)")
        #expect(GuardedPages.placement == .anywhere)
    }
}
