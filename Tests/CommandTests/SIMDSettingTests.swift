import TestSupport
import Testing

/// `ATTEND_SIMD` is a setting like any other: what it can't mean is an error.
@Suite struct SIMDSettingTests {
    private static let command = ["eval", "none.json", "--print", "y", "--backend", "simd"]

    @Test(arguments: ["avx1024", "xyz", "avx 2", "-"]) func `an unknown instruction set is refused`(name: String) throws
    {
        let run = try AttendProgram.run(Self.command, environment: ["ATTEND_SIMD": name])
        #expect(run.code == 4)
        #expect(run.errors.contains("ATTEND_SIMD is \"\(name)\""), "\(run.errors)")
        #expect(run.errors.contains("baseline, avx2, avx512"), "\(run.errors)")
    }

    @Test(.backend("openblas")) func `openblas names the values, not a package to install`() throws {
        let run = try AttendProgram.run(
            ["eval", "none.json", "--print", "y", "--backend", "openblas"], environment: ["ATTEND_SIMD": "avx1024"])
        #expect(run.code == 4)
        #expect(run.errors.contains("baseline, avx2, avx512"), "\(run.errors)")
        #expect(!run.errors.contains("apt-get"), "\(run.errors)")
    }

    @Test(arguments: ["", "baseline", "AVX2", "avx512"]) func `a known one is taken`(name: String) throws {
        let run = try AttendProgram.run(Self.command, environment: ["ATTEND_SIMD": name])
        #expect(run.code == 5, "\(run.code) \(run.errors)")
        #expect(!run.errors.contains("ATTEND_SIMD"), "\(run.code) \(run.errors)")
    }
}
