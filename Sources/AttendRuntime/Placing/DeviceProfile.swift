public import AttendBackend
import AttendGraph

/// Measured speed of a backend on its device, by kind of work.
///
/// Each kind of work has a curve of seconds over amount, since small kernels are dominated by launch time and large
/// ones by throughput. The curve is linear between measured points, constant below the first and proportional beyond
/// the last: a roofline (Williams, Waterman and Patterson 2009) with a launch cost per kind.
public struct DeviceProfile: Sendable, Hashable {
    /// Kinds of work with separate speeds.
    public enum Work: String, Sendable, Hashable, CaseIterable {
        /// A product with a constant matrix and few rows, such as token-by-token decoding; in flops.
        case thinProduct = "thin_product"
        /// A product with a constant matrix and many rows; in flops.
        case product
        /// A product of two computed values; in flops.
        case matmul
        /// Fused attention; in flops.
        case attention
        /// Softmax, norms and activations; in bytes.
        case rows
        /// All other element-wise work; in bytes.
        case elements
        /// A round-trip copy from the host to the device and back; amounts are one-way bytes.
        case copy
    }

    /// One measurement: an amount of work and its time.
    public struct Point: Sendable, Hashable {
        /// Amount of work: flops or bytes, depending on the kind.
        public var amount: Double
        /// Measured seconds.
        public var seconds: Double

        /// Creates a point of a curve.
        public init(amount: Double, seconds: Double) { (self.amount, self.seconds) = (amount, seconds) }
    }

    /// Identity of the backend and its device, as ``name(of:)``, so that a profile of another machine is not used for
    /// this one.
    public var device: String
    /// Measured points by kind of work, in ascending order of amount.
    public var curves: [Work: [Point]]

    /// Creates a profile; each curve must be in ascending order of amount.
    public init(device: String, curves: [Work: [Point]]) { (self.device, self.curves) = (device, curves) }

    /// Identity of a device in profiles: backend, name, threads, instruction set and library, separated by `|`.
    public static func name(of device: DeviceDescription) -> String {
        [device.backend, device.name, "\(device.threads)", device.instructionSet ?? "", device.library ?? ""]
            .joined(separator: "|")
    }

    /// Predicted seconds for an amount of work of this kind. If the kind was not measured, uses the slowest measured
    /// rate among kinds of the same unit.
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

    /// Seconds per byte or operation; a nanosecond if no kind of the unit was measured.
    private func slowest(_ inBytes: Bool) -> Double {
        Work.allCases.filter { $0.isCountedInBytes == inBytes && $0 != .copy }.flatMap { curves[$0] ?? [] }
            .map { $0.seconds / $0.amount }.max() ?? 1e-9
    }

    /// Predicted seconds of one kernel run.
    public func seconds(of step: PlannedKernel) -> Double {
        let work = step.work
        return seconds(work.isCountedInBytes ? step.cost.bytes : step.cost.flops, of: work)
    }

    /// Highest measured floating-point rate of products, in flops per second; 0 if none was measured.
    public var peakFlops: Double {
        [Work.product, .matmul, .thinProduct].flatMap { curves[$0] ?? [] }.map { $0.amount / $0.seconds }.max() ?? 0
    }

    /// Highest measured memory rate of row and element-wise kernels, in bytes per second; 0 if none was measured.
    public var peakBytes: Double {
        [Work.rows, .elements].flatMap { curves[$0] ?? [] }.map { $0.amount / $0.seconds }.max() ?? 0
    }
}

extension DeviceProfile.Work {
    /// Whether amounts are bytes; flops otherwise.
    var isCountedInBytes: Bool {
        switch self {
        case .thinProduct, .product, .matmul, .attention: false
        case .rows, .elements, .copy: true
        }
    }
}

/// A kernel of a plan with its kind of work, for predictions.
public struct PlannedKernel: Sendable {
    /// The kernel's placement in the plan.
    public var placement: Plan.Placement
    /// The kind of work.
    public let work: DeviceProfile.Work

    /// Products of fewer rows count as thin. They are slower per operation: reading the matrix is amortized over fewer
    /// rows.
    private static let thinRows = 8

    /// - Parameter request: Nil for a copy between backends.
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

    /// The kernel's estimated work.
    public var cost: KernelCost { placement.cost }
}

extension Plan {
    /// The plan's kernels in execution order, with their kinds of work. O(steps).
    public var kernels: [PlannedKernel] {
        steps.map { PlannedKernel($0.placement, $0.request) }
    }

    /// Predicted seconds per run, from the measured speed of each device. O(steps).
    ///
    /// - Parameter profiles: One for each of ``Program/backends``, in the same order.
    public func predictedSeconds(_ profiles: [DeviceProfile]) -> Double {
        zip(steps, kernels).reduce(0) { $0 + profiles[$1.0.backendIndex].seconds(of: $1.1) }
    }
}
