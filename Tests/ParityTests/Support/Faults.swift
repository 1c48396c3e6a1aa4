import AttendParity
import AttendRegistry
import AttendRuntime

/// A fault of one operation that only changes results.
struct ResultFault: PlantedFault {
    let operation: String
    let change: @Sendable (inout [Float], FaultyRun) -> Void

    init(_ operation: String, _ change: @escaping @Sendable (inout [Float], FaultyRun) -> Void) {
        self.operation = operation
        self.change = change
    }

    func concerns(_ request: KernelRequest) -> Bool {
        request.operation.name == operation && request.outputs[0]?.dtype.isFloatingPoint ?? false
    }

    func spoil(_ run: FaultyRun) throws(BackendError) {
        guard let tensor = try run.output(), tensor.elementCount > 0, var values = try? tensor.floats() else { return }
        change(&values, run)
        let spoiled = Tensor(floats: values, dtype: tensor.dtype, shape: tensor.shape)
        try run.write(spoiled)
    }
}

/// A fault of one operation that asks for other attributes.
struct AttributeFault: PlantedFault {
    let operation: String
    let change: @Sendable (inout Attributes, KernelRequest) -> Void

    func concerns(_ request: KernelRequest) -> Bool { request.operation.name == operation }

    func misread(_ request: KernelRequest) -> KernelRequest {
        var operation = request.operation
        change(&operation.attributes, request)
        return KernelRequest(operation: operation, inputs: request.inputs, outputs: request.outputs)
    }
}

/// A fault that writes where nothing of its own lies.
struct MemoryFault: PlantedFault {
    let operation: String
    let act: @Sendable (FaultyRun) throws(BackendError) -> Void

    init(_ operation: String, _ act: @escaping @Sendable (FaultyRun) throws(BackendError) -> Void) {
        self.operation = operation
        self.act = act
    }

    func concerns(_ request: KernelRequest) -> Bool { request.operation.name == operation }
    func spoil(_ run: FaultyRun) throws(BackendError) { try act(run) }
}

let simd: any ComputeBackend = {
    do {
        return try BackendRegistry.builtIn.backend(named: "simd")
    } catch {
        preconditionFailure("simd is always there: \(error)")
    }
}()

/// The report on cases of one operation that a fault sits in.
func report(on fault: any PlantedFault, _ operation: String, _ selection: CaseSelection) -> ParityReport {
    ParityRun(backends: [FaultyBackend(simd, fault)]).report(on: CaseCatalog.cases(of: operation, selection))
}

func failures(in report: ParityReport) -> [CaseFailure] {
    report.failures.compactMap { result in
        if case .failed(let failure) = result.outcome.verdict { failure } else { nil }
    }
}

/// A case by its name, which is known to be right.
func named(_ name: String) throws -> ParityCase { try ParityCase(parsing: name) }
