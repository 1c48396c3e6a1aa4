import AttendRuntime

/// The kinds of mistakes, as the rate of found mutants is reported.
package enum MutantFamily: String, CaseIterable, Sendable {
    /// Numbers of an operand or of a result are narrowed, limited or inexact.
    case numbers
    /// Elements of an operand are lost, or taken from elsewhere.
    case operands
    /// Elements of a result are not written, or are another one's.
    case results
    /// An attribute or an operand is ignored or misunderstood.
    case attributes
    /// Something is kept from one run or kernel to another.
    case time
    /// An error that is due is missing or has wrong fields.
    case errors
    /// Memory outside of the results is written.
    case memory
    /// The thread is left changed, or two threads share memory.
    case threads

    var extent: FaultExtent {
        switch self {
        case .numbers, .operands, .results, .attributes: .row
        case .time, .errors: .run
        case .memory: .memory
        case .threads: .thread
        }
    }
}

/// Positions along an axis, or in a whole tensor.
enum MutantPlace: Sendable, Hashable, CustomStringConvertible {
    case first, last, middle
    /// All from this one on.
    case from(Int)
    /// One lane of every so many.
    case lane(Int, of: Int)
    /// Those after the last multiple of this number.
    case tail(of: Int)

    func contains(_ index: Int, of count: Int) -> Bool {
        switch self {
        case .first: index == 0
        case .last: index == count - 1
        case .middle: index == count / 2
        case .from(let start): index >= start
        case .lane(let lane, let width): index % width == lane
        case .tail(let width): index >= count - count % width
        }
    }

    var description: String {
        switch self {
        case .first: "the first"
        case .last: "the last"
        case .middle: "the middle one"
        case .from(let start): "those from \(start) on"
        case .lane(let lane, let width): "number \(lane) of every \(width)"
        case .tail(let width): "those after the last multiple of \(width)"
        }
    }
}

/// A condition on the requests in which a mistake is made.
enum MutantCondition: Sendable, Hashable, CustomStringConvertible {
    case always
    case dtype(String)
    /// Operands or results of at least this rank.
    case rank(atLeast: Int)
    case scalars
    /// An axis of an operand or a result is longer.
    case axis(beyond: Int)
    case elements(beyond: Int)
    /// The last axis of the result is not a multiple.
    case odd(of: Int)
    case broadcast
    case strided
    /// An optional attribute or input is there.
    case attribute(String)
    case input(Int, name: String)

    func holds(for request: KernelRequest) -> Bool {
        let operands = (request.inputs + request.outputs).compactMap(\.self)
        switch self {
        case .always: return true
        case .dtype(let name): return operands.contains { $0.dtype.rawValue == name }
        case .rank(let rank): return operands.contains { $0.shape.count >= rank }
        case .scalars: return operands.contains { $0.elementCount == 1 }
        case .axis(let size): return operands.contains { $0.shape.contains { $0 > size } }
        case .elements(let count): return operands.contains { $0.elementCount > count }
        case .odd(let width): return (request.outputs[0]?.shape.last ?? 0) % width != 0
        case .broadcast: return Set(request.inputs.compactMap { $0?.shape }).count > 1
        case .strided: return request.inputs.contains { !($0?.layout.isDense ?? true) }
        case .attribute(let name):
            guard let value = request.attributes[name] else { return false }
            return value != request.schema?.attributes.first { $0.name == name }?.defaultValue
        case .input(let index, _): return request.inputs.indices.contains(index) && request.inputs[index] != nil
        }
    }

    var description: String {
        switch self {
        case .always: "always"
        case .dtype(let name): "with \(name)"
        case .rank(let rank): "of rank \(rank) and more"
        case .scalars: "with a scalar"
        case .axis(let size): "with an axis beyond \(size)"
        case .elements(let count): "with more than \(count) elements"
        case .odd(let width): "with rows that are no multiple of \(width)"
        case .broadcast: "with operands of different shapes"
        case .strided: "with a strided operand"
        case .attribute(let name): "with \(name)"
        case .input(_, let name): "with \(name)"
        }
    }
}
