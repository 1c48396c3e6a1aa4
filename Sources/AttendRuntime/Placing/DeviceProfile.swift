public import AttendBackend
import AttendGraph

/// How fast a backend does what graphs are made of, measured on its device.
///
/// For each kind of work there is a curve of seconds over amount, since small kernels are all launch and large ones all
/// throughput. Between two measured points the curve is straight, beyond the last it goes on in proportion: a roofline (Williams,
/// Waterman and Patterson 2009) with a launch cost, for each kind.
public struct DeviceProfile: Sendable, Hashable {
    /// Kinds of work with a speed of their own.
    public enum Work: String, Sendable, Hashable, CaseIterable {
        /// A product with a constant matrix and few rows, as when a decoder makes one token after another; in flops.
        case thinProduct = "thin_product"
        /// A product with a constant matrix and 128 rows; in flops.
        case product
        /// A product of two values; in flops.
        case matmul
        /// Attention as a whole; in flops.
        case attention
        /// Softmax, norms and activations; in bytes.
        case rows
        /// What else goes element by element; in bytes.
        case elements
        /// A copy from the host to the device and back; in bytes.
        case copy
    }

    public struct Point: Sendable, Hashable {
        public var amount: Double
        public var seconds: Double

        public init(amount: Double, seconds: Double) { (self.amount, self.seconds) = (amount, seconds) }
    }

    /// The backend and its device, so that a profile of another machine is not taken for this one's.
    public var device: String
    /// By kind of work, in the order of amounts.
    public var curves: [Work: [Point]]

    public init(device: String, curves: [Work: [Point]]) { (self.device, self.curves) = (device, curves) }

    /// What tells devices apart: backend, name, threads, instruction set, library.
    public static func name(of device: DeviceDescription) -> String {
        [device.backend, device.name, "\(device.threads)", device.instructionSet ?? "", device.library ?? ""]
            .joined(separator: "|")
    }

    /// Seconds that so much work of this kind is expected to take. Where nothing of the kind was measured, as slow as the slowest
    /// point of all that is counted alike.
    public func seconds(_ amount: Double, of work: Work) -> Double {
        guard let points = curves[work], let first = points.first, let last = points.last else {
            return amount * slowest(work.isCountedInBytes)
        }
        if amount <= first.amount { return first.seconds }
        if amount >= last.amount { return last.seconds * amount / last.amount }
        let upper = points.firstIndex { $0.amount >= amount } ?? points.count - 1
        let (left, right) = (points[upper - 1], points[upper])
        let share = (amount - left.amount) / (right.amount - left.amount)
        return left.seconds + share * (right.seconds - left.seconds)
    }

    /// Seconds for each byte or operation; a nanosecond where nothing alike was measured.
    private func slowest(_ inBytes: Bool) -> Double {
        Work.allCases.filter { $0.isCountedInBytes == inBytes && $0 != .copy }.flatMap { curves[$0] ?? [] }
            .map { $0.seconds / $0.amount }.max() ?? 1e-9
    }

    /// Seconds that a kernel is expected to take.
    public func seconds(of step: PlannedKernel) -> Double {
        let work = step.work
        return seconds(work.isCountedInBytes ? step.cost.bytes : step.cost.flops, of: work)
    }

    /// The most floating-point operations a second that any point reached.
    public var peakFlops: Double {
        [Work.product, .matmul, .thinProduct].flatMap { curves[$0] ?? [] }.map { $0.amount / $0.seconds }.max() ?? 0
    }

    /// The most bytes a second that any point reached.
    public var peakBytes: Double {
        [Work.rows, .elements].flatMap { curves[$0] ?? [] }.map { $0.amount / $0.seconds }.max() ?? 0
    }
}

extension DeviceProfile.Work {
    /// Else in flops.
    var isCountedInBytes: Bool {
        switch self {
        case .thinProduct, .product, .matmul, .attention: false
        case .rows, .elements, .copy: true
        }
    }
}

/// A kernel of a plan and what it is expected to take.
public struct PlannedKernel: Sendable {
    public var placement: Plan.Placement
    /// The kind of work.
    public let work: DeviceProfile.Work

    /// Products of fewer rows are slower for each operation: the matrix is read once for them all.
    private static let thinRows = 8

    /// - Parameter request: Nil for a copy between backends, and for the host's own steps.
    init(_ placement: Plan.Placement, _ request: KernelRequest?) {
        self.placement = placement
        guard let request else {
            work = placement.source == nil ? .elements : .copy
            return
        }
        work =
            switch request.operation.facts.work {
            case .product: LinearCall(request).map { $0.rows < Self.thinRows } ?? false ? .thinProduct : .product
            case .matmul: .matmul
            case .attention: .attention
            case .rows: .rows
            case .elements: .elements
            }
    }

    public var cost: KernelCost { placement.cost }
}

extension Plan {
    /// The plan's kernels with what predictions need of them.
    public var kernels: [PlannedKernel] {
        steps.map { PlannedKernel($0.placement, $0.request) }
    }

    /// Seconds that a run is expected to take, by the measured speed of each device. O(steps).
    ///
    /// - Parameter profiles: One for each of ``Program/backends``.
    public func predictedSeconds(_ profiles: [DeviceProfile]) -> Double {
        zip(steps, kernels).reduce(0) { $0 + profiles[$1.0.backendIndex].seconds(of: $1.1) }
    }
}
