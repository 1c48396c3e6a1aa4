import AttendBackend
import AttendGraph

/// What a graph is expected to cost wherever its nodes run: seconds of each node on each backend, and of each value on its way
/// between two of them.
package struct PlacementCosts {
    /// A value that is computed, or given, and the nodes that read it, through views if need be.
    package struct Flow {
        /// Who computes it; nil for an input of the graph, which the host gives to each backend that needs it, and for a state,
        /// which is in the memory of `backendIndex`.
        package var producer: Int?
        package var backendIndex: Int?
        package var consumers: [Int]
        package var byteCount: Double
        /// The host takes it at last.
        package var isOutput: Bool

        package init(producer: Int?, backendIndex: Int?, consumers: [Int], byteCount: Double, isOutput: Bool) {
            (self.producer, self.backendIndex, self.consumers) = (producer, backendIndex, consumers)
            (self.byteCount, self.isOutput) = (byteCount, isOutput)
        }
    }

    /// By node of the graph and backend. Far more than anything else where the backend has no part in the node.
    package let seconds: [[Double]]
    package let flows: [Flow]
    private let profiles: [DeviceProfile]

    static let never = 1e6

    /// Plans the graph with each backend as the primary.
    ///
    /// - Parameter graph: Its symbols bound.
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
                // Copies between backends are the flows' but for those inside of a node.
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

    /// One way, of a curve that was measured there and back.
    private static func copySeconds(_ byteCount: Double, _ profile: DeviceProfile) -> Double {
        profile.seconds(byteCount, of: .copy) / 2
    }

    /// Seconds that so many bytes take from one backend to another, by way of the host; nil is the host itself.
    func copySeconds(_ byteCount: Double, from source: Int?, to target: Int?) -> Double {
        source == target
            ? 0
            : [source, target].compactMap(\.self).reduce(0) { $0 + PlacementCosts.copySeconds(byteCount, profiles[$1]) }
    }

    /// What all of it is expected to take.
    ///
    /// - Parameter backendIndices: By node.
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

    /// What nodes with kernels pass on. Nodes without are views, through which the value behind them is read, whole.
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
        // States lie with the backend that was named.
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
