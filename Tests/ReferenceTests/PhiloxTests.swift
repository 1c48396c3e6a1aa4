import AttendRuntime
import Testing

@Suite struct PhiloxTests {
    /// The vectors published with Random123 (`kat_vectors`, philox4x32, 10 rounds).
    @Test func `the published test vectors`() {
        #expect(
            Philox.block(counter: .zero, key: .zero)
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(
            Philox.block(counter: SIMD4(repeating: .max), key: SIMD2(repeating: .max))
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            Philox.block(
                counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: SIMD2(0xa409_3822, 0x299f_31d0)
            )
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test func `index, counter and seed fill the words from low to high`() {
        let block = Philox.block(3 + 5 << 32, counter: 7 + 9 << 32, seed: 11 + 13 << 32)
        #expect(block == Philox.block(counter: SIMD4(3, 5, 7, 9), key: SIMD2(11, 13)))
        #expect(
            Philox.block(0, counter: -1, seed: -1)
                == Philox.block(counter: SIMD4(0, 0, .max, .max), key: SIMD2(repeating: .max)))
    }

    @Test func `uniform numbers stay below one`() {
        #expect(Philox.uniform(0) == 0)
        #expect(Philox.uniform(.max) == 1 - 0x1p-24)
        #expect(Philox.uniform(0xFF) == 0)
        #expect(Philox.uniform(0x8000_0000) == 0.5)
    }
}
