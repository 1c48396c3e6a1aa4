import AttendRuntime
import Foundation

/// The difference of an output from the same output of another run.
struct Comparison {
    let name: String
    /// The largest |found − expected|; infinite if only one of the two is a number.
    let worst: Double
    /// The first element beyond the tolerance.
    let fault: Fault?

    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    /// Elements agree when |found − expected| ≤ tolerance · (1 + |expected|). NaN agrees with NaN.
    init(_ name: String, found: Tensor, expected: Tensor, in path: String, tolerance: Double) throws(Fault) {
        guard found.dtype == expected.dtype, found.shape == expected.shape else {
            throw Fault(
                description:
                    """
                    output "\(name)" is \(found.dtype)\(found.shape), but \(expected.dtype)\(expected.shape) in \
                    \(path)
                    """
            )
        }
        var (worst, fault) = (0.0, Fault?.none)
        for (index, (mine, theirs)) in zip(Self.numbers(found), Self.numbers(expected)).enumerated() {
            let isSame = mine == theirs || (mine.isNaN && theirs.isNaN)
            let distance = isSame ? 0 : abs(mine - theirs)
            let difference = distance.isNaN ? .infinity : distance
            worst = max(worst, difference)
            // Written so that an infinite bound does not accept an infinite difference.
            if fault == nil, !(isSame || (difference.isFinite && difference <= tolerance * (1 + abs(theirs)))) {
                let place = Self.place(of: index, in: found.shape)
                fault = Fault(
                    description:
                        """
                        output "\(name)"\(place) is \(mine), but \(theirs) in \(path): the difference exceeds \
                        --tolerance \(tolerance)
                        """
                )
            }
        }
        (self.name, self.worst, self.fault) = (name, worst, fault)
    }

    func line(_ path: String) -> String {
        worst == 0
            ? "\(name)  equals that in \(path)"
            : "\(name)  differs from that in \(path) by at most \(String(format: "%.2g", worst))"
    }

    private static func numbers(_ tensor: Tensor) -> [Double] {
        switch tensor.storage {
        case .float32(let values): values.map { Double($0) }
        case .float16, .bfloat16: ((try? tensor.floats()) ?? []).map { Double($0) }
        case .int32(let values): values.map { Double($0) }
        case .int64(let values): values.map { Double($0) }
        case .bool(let values): values.map { Double($0) }
        }
    }

    private static func place(of index: Int, in shape: [Int]) -> [Int] {
        var (place, rest) = ([Int](), index)
        for size in shape.reversed() {
            place.insert(rest % size, at: 0)
            rest /= size
        }
        return place
    }
}
