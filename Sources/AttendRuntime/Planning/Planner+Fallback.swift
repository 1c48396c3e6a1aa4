import AttendBackend
import AttendGraph

/// What becomes of a node that the named backend refuses, where the user named others as well.
extension Planner {
    /// The backend in the lead, which is the named one unless costs say otherwise, has the first word at every level: a composite of which it takes on a part is opened. What it takes no
    /// part of goes whole to the first fallback that has a kernel, and is opened only when none has.
    mutating func fallBack(
        _ refusal: UnsupportedOperation, _ request: KernelRequest, _ inputs: [Planned?], _ outputs: [TensorType?],
        _ site: Site
    ) throws(PlanError) -> [Planned?] {
        let (operation, name) = (request.operation, request.operation.versionedName)
        let site = site.within("\(name) on \(named(lead)): \(refusal.reason)")
        let composite = operation.primitive == nil ? composites[name] : nil
        let mark = mark
        var opened: Result<[Planned?], PlanError>?
        if let composite {
            do throws(PlanError) {
                opened = .success(try open(composite, operation.attributes, inputs, outputs, site))
            } catch {
                opened = .failure(error)
            }
            let takesPart = steps[mark.steps...].contains { $0.home == lead && !$0.isCopy }
            if takesPart, case .success(let results) = opened { return results }
        }
        var reasons = [refusal.reason]
        for home in backends.indices where home != lead {
            switch offer(request, to: home) {
            case .success(let kernel):
                undo(to: mark)
                return try emit(
                    kernel, at: home, operation, inputs, outputs, site, reason: "falls back to \(named(home))")
            case .failure(let other):
                try requireHonest(other, request, home, site)
                reasons.append("\(named(home)): \(other.reason)")
            }
        }
        guard let opened else {
            throw .unsupported(
                node: site.path, operation: name, backend: named(lead), reason: reasons.joined(separator: "; "))
        }
        // What was opened stands.
        return try opened.get()
    }
}
