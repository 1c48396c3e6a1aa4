import OpenCLBackend
import Synchronization
import Testing

@Suite struct CompilationProgressTests {
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock(\.self) }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    @Test func `long compiling is told in parts of what is to come, and when it is done`() {
        let lines = Lines()
        let progress = CompilationProgress(device: "toy", patience: .zero, interval: .zero) { lines.add($0) }
        progress.expect(2)
        progress.step()
        progress.expect(2)
        progress.step()
        progress.step()
        progress.step()
        let told = [50, 50, 75].map { "compiling kernels for toy, once: \($0) %" }
        #expect(lines.all == told)
        progress.finish()
        #expect(lines.all.count == 4)
        #expect(lines.all.last?.hasPrefix("compiled kernels for toy in 0.") == true)
        progress.finish()
        #expect(lines.all.count == 4)
    }

    @Test func `short compiling is not told, nor is none`() {
        let lines = Lines()
        let progress = CompilationProgress(device: "toy", patience: .seconds(3600), interval: .zero) { lines.add($0) }
        progress.finish()
        progress.expect(2)
        progress.step()
        progress.step()
        progress.finish()
        #expect(lines.all.isEmpty)
    }
}
