import AttendBackend
import AttendGraph

/// Predicted costs of a graph's placement: seconds of each node on each backend, and of copying each value between two
/// backends.
package struct PlacementCosts {
    /// A computed or given value, and the nodes that read it, directly or through views.
    package struct Flow {
        /// The node that computes it; nil for a graph input, which the host copies to each backend that reads it, and
        /// for a state, which is in the memory of `backendIndex`.
        package var producer: Int?
        package var backendIndex: Int?
        package var consumers: [Int]
        package var byteCount: Double
        /// Whether the value is a graph output, copied to the host.
        package var isOutput: Bool

        package init(producer: Int?, backendIndex: Int?, consumers: [Int], byteCount: Double, isOutput: Bool) {
            (self.producer, self.backendIndex, self.consumers) = (producer, backendIndex, consumers)
            (self.byteCount, self.isOutput) = (byteCount, isOutput)
        }
    }

    /// Seconds by node and backend, `[node][backend]`; ``never`` where the backend runs no part of the node.
    package let seconds: [[Double]]
    package let flows: [Flow]
    private let profiles: [DeviceProfile]

    /// A time beyond any real one, in seconds: an infinite cost would make sums incomparable.
    static let never = 1e6

    /// Plans the graph once with each backend as the primary.
    ///
    /// - Parameter graph: A graph with its symbols bound.
    /// - Throws: ``PlanError`` for a graph that the backends can't run together.
    init(_ graph: Graph, _ backends: [any ComputeBackend], _ profiles: [DeviceProfile]) throws(PlanError) {
        self.profiles = profiles
        var seconds = Array(repeating: Array(repeating: 0.0, count: backends.count), count: graph.nodes.count)
        var isSeen = Array(repeating: false, count: graph.nodes.count)
        for primary in backends.indices {
            var planner = Planner(backends: backends, graph: graph, memory: .buffers, primaries: nil, primary: primary)
            _ = try planner.emitGraph()
            var takesPart = isSeen.map { _ in false }
            var isMixed = takesPart
            for step in planner.steps where !step.isCopy {
                isSeen[step.node] = true
                if step.backendIndex == primary { takesPart[step.node] = true } else { isMixed[step.node] = true }
            }
            for step in planner.steps {
                // Copies between backends are counted by the flows, except those inside of a node.
                if step.placement.source != nil, !(takesPart[step.node] && isMixed[step.node]) { continue }
                let kernel = PlannedKernel(step.placement, step.request)
                seconds[step.node][primary] +=
                    step.placement.source == nil
                    ? profiles[step.backendIndex].seconds(of: kernel)
                    : PlacementCosts.copySeconds(step.placement.cost.bytes, profiles[step.backendIndex])
            }
            for node in takesPart.indices where isMixed[node] && !takesPart[node] {
                seconds[node][primary] = PlacementCosts.never
            }
        }
        self.seconds = seconds
        flows = PlacementCosts.flows(graph, isSeen)
    }

    package init(seconds: [[Double]], flows: [Flow], profiles: [DeviceProfile]) {
        (self.seconds, self.flows, self.profiles) = (seconds, flows, profiles)
    }

    /// One-way seconds: the measured curve is for a round trip.
    private static func copySeconds(_ byteCount: Double, _ profile: DeviceProfile) -> Double {
        profile.seconds(byteCount, of: .copy) / 2
    }

    /// Seconds to copy between two backends through the host; nil is the host.
    func copySeconds(_ byteCount: Double, from source: Int?, to target: Int?) -> Double {
        source == target
            ? 0
            : [source, target].compactMap(\.self).reduce(0) { $0 + PlacementCosts.copySeconds(byteCount, profiles[$1]) }
    }

    /// Predicted seconds of the whole graph.
    ///
    /// - Parameter backendIndices: Backend by node.
    package func total(_ backendIndices: [Int]) -> Double {
        var total = backendIndices.indices.reduce(0.0) { $0 + seconds[$1][backendIndices[$1]] }
        for flow in flows {
            let source = flow.producer.map { backendIndices[$0] } ?? flow.backendIndex
            for target in Set(flow.consumers.map { backendIndices[$0] }) {
                total += copySeconds(flow.byteCount, from: source, to: target)
            }
            if flow.isOutput { total += copySeconds(flow.byteCount, from: source, to: nil) }
        }
        return total
    }

    /// Values passed between nodes with kernels. Nodes without kernels are views: they read the whole value behind
    /// them.
    private static func flows(_ graph: Graph, _ hasKernel: [Bool]) -> [Flow] {
        var flows: [Graph.ValueID: Flow] = [:]
        var roots: [Graph.ValueID: Graph.ValueID] = [:]
        func open(_ id: Graph.ValueID, producer: Int?, backendIndex: Int?) {
            let type = graph.type(of: id)
            let count = (type.concreteShape ?? []).reduce(1, *)
            roots[id] = id
            flows[id] = Flow(
                producer: producer, backendIndex: backendIndex, consumers: [],
                byteCount: Double(count * type.dtype.byteCount),
                isOutput: false)
        }
        for id in graph.inputs { open(id, producer: nil, backendIndex: nil) }
        // States are in the memory of backend 0.
        for state in graph.states { open(state.value, producer: nil, backendIndex: 0) }
        for (index, node) in graph.nodes.enumerated() {
            if hasKernel[index] {
                for id in Set(node.inputs.compactMap { $0.flatMap { roots[$0] } }) {
                    flows[id]?.consumers.append(index)
                }
                for id in node.outputs { open(id, producer: index, backendIndex: nil) }
            } else if let root = node.inputs.compactMap({ $0.flatMap { roots[$0] } }).first {
                for id in node.outputs { roots[id] = root }
            }
        }
        for output in graph.outputs { if let root = roots[output.value] { flows[root]?.isOutput = true } }
        return flows.sorted { $0.key < $1.key }.map(\.value)
    }
}
