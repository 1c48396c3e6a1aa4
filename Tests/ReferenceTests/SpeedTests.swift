import AttendCore
import ReferenceBackend
import Testing

/// Naive is not slow beyond use: what is generic over the scalar must be compiled for `Float` and
/// `Double`, or these take minutes. The limits leave room for busy machines.
@Suite(.serialized, .disabled(if: isDebugBuild, "speed is a matter of release builds"))
struct SpeedTests {
    @Test(arguments: Runner.both) func `a product of 256 by 256 matrices`(run: Runner) throws {
        let (lhs, rhs) = (try noise([256, 256], seed: 1), try noise([256, 256], seed: 2))
        for transposed in [false, true] {
            let seconds = try fastest {
                _ = try run(.matmul, [lhs, rhs], ["transpose_rhs": .bool(transposed)])
            }
            let rate = 2 * 256 * 256 * 256 / seconds / 1e9
            #expect(rate >= 0.2, "GFLOP/s, transposed: \(transposed)")
        }
    }

    @Test(arguments: Runner.both) func `the parts of a softmax of a million scores`(run: Runner) throws {
        let scores = try noise([1024, 1024], seed: 3)
        let last: Attributes = ["axes": .integers([-1]), "keep_dimensions": .bool(true)]
        let seconds = try fastest {
            let largest = try run(.reduceMax, [scores], last)
            let exponentials = try run(.exp, [run(.subtract, [scores, largest])])
            _ = try run(.divide, [exponentials, run(.reduceSum, [exponentials], last)])
        }
        #expect(seconds < 2)
    }

    private func fastest(_ body: () throws -> Void) rethrows -> Double {
        var best = Double.infinity
        for _ in 0..<3 {
            let duration = try ContinuousClock().measure(body)
            best = min(best, Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18)
        }
        return best
    }
}

extension Runner: CustomTestStringConvertible {
    var testDescription: String { backend.device.backend }
}

#if DEBUG
    private let isDebugBuild = true
#else
    private let isDebugBuild = false
#endif
