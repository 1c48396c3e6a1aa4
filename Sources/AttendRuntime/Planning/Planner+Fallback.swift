import AttendBackend
import AttendGraph

/// Nodes rejected by the primary backend, in programs with fallbacks.
extension Planner {
    /// Opens a composite that the primary backend rejects if it runs any of the parts; else gives the whole node to the
    /// first fallback with a kernel, and opens it only if none has one.
    mutating func fallBack(
        _ refusal: UnsupportedOperation, _ request: KernelRequest, _ inputs: [Planned?], _ outputs: [TensorType?],
        _ site: Site
    ) throws(PlanError) -> [Planned?] {
        let (operation, name) = (request.operation, request.operation.versionedName)
        let site = site.within("\(name) on \(named(primary)): \(refusal.reason)")
        let composite = operation.primitive == nil ? composites[name] : nil
        let mark = mark
        var opened: Result<[Planned?], PlanError>?
        if let composite {
            do throws(PlanError) {
                opened = .success(try open(composite, operation.attributes, inputs, outputs, site))
            } catch {
                opened = .failure(error)
            }
            let takesPart = steps[mark.steps...].contains { $0.backendIndex == primary && !$0.isCopy }
            if takesPart, case .success(let results) = opened { return results }
        }
        var reasons = [refusal.reason]
        for backendIndex in backends.indices where backendIndex != primary {
            switch offer(request, to: backendIndex) {
            case .success(let kernel):
                undo(to: mark)
                return try emit(
                    kernel, at: backendIndex, operation, inputs, outputs, site,
                    reason: "falls back to \(named(backendIndex))")
            case .failure(let other):
                try requireHonest(other, request, backendIndex, site)
                reasons.append("\(named(backendIndex)): \(other.reason)")
            }
        }
        guard let opened else {
            throw .unsupported(
                node: site.path, operation: name, backend: named(primary), reason: reasons.joined(separator: "; "))
        }
        // No fallback has a kernel: keep the opened composite.
        return try opened.get()
    }
}
