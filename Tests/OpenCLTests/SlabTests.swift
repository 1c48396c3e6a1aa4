import AttendRuntime
import OpenCLBackend
import TestSupport
import Testing

@Suite struct SlabTests {
    @Test func `ranges that are taken never overlap, and all come back`() {
        var slab = Slab(byteCount: 4096)
        var taken: [Range<Int>] = []
        var state: UInt64 = 42
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        var refusals = 0
        for _ in 0..<5000 {
            if random(2) == 0 || taken.isEmpty {
                let count = 1 + random(600)
                guard let start = slab.take(count) else {
                    refusals += 1
                    // Nothing fits: then no gap is as large.
                    let ends = [0] + taken.sorted { $0.lowerBound < $1.lowerBound }.map(\.upperBound)
                    let starts = taken.map(\.lowerBound).sorted() + [4096]
                    for (end, start) in zip(ends, starts) { #expect(start - end < count) }
                    continue
                }
                let range = start..<start + count
                #expect(range.upperBound <= 4096)
                #expect(start >= 0)
                #expect(!taken.contains { $0.overlaps(range) })
                taken.append(range)
            } else {
                slab.giveBack(taken.remove(at: random(taken.count)))
            }
        }
        #expect(refusals > 100)
        for range in taken { slab.giveBack(range) }
        #expect(slab.isUnused)
        #expect(slab.take(4096) == 0)
        #expect(slab.take(1) == nil)
    }
}

@Suite(.backend("opencl")) struct DeviceMemoryTests {
    @Test func `small buffers share the driver's, at aligned places`() throws {
        let ledger = ObjectLedger()
        do {
            let backend = try OpenCLBackend(.init(ledger: ledger))
            func take(_ count: Int) throws -> OpenCLBuffer {
                try #require(backend.makeBuffer(byteCount: count) as? OpenCLBuffer)
            }
            var buffers: [OpenCLBuffer] = []
            for count in [0, 1, 255, 256, 257, 4096, 1 << 20] { buffers.append(try take(count)) }
            #expect(ledger[.buffer] == 1)
            #expect(buffers.allSatisfy { $0.offset % 256 == 0 && $0.size >= $0.byteCount })
            #expect(Set(buffers.map(\.offset)).count == buffers.count)
            buffers.append(try take(DeviceMemory.slabByteCount / 2))
            #expect(ledger[.buffer] == 2)
            buffers = []
            // The large one goes, a slab stays for the next.
            #expect(ledger[.buffer] == 1)
            #expect(try take(256).offset == 0)
        }
        #expect(ledger.total == 0)
    }

    @Test(arguments: [-1, .max, 1 << 60]) func `more than the device has is an error`(byteCount: Int) throws {
        let backend = try OpenCLBackend()
        #expect(throws: BackendError.outOfMemory(backend: "opencl", byteCount: byteCount)) {
            try backend.makeBuffer(byteCount: byteCount)
        }
    }
}
