internal import AttendBackend
internal import CAttendBackend

extension ExportTable {
    static func addKernels(_ table: inout attend_plugin) {
        table.prepare = { backend, request, info, kernel in
            let core = CHandle.object(backend, as: ExportedCore.self)
            guard let request else { return CFault.make("the request is NULL") }
            do throws(UnsupportedOperation) {
                let request = try RequestReader.request(request.pointee)
                let made = ExportedKernel(
                    try core.backend.prepare(request), inputs: request.inputs.count, outputs: request.outputs.count)
                if let info { made.describe(into: &info.pointee) }
                kernel?.pointee = CHandle.give(made)
                return nil
            } catch {
                return CFault.make(error.reason, code: ATTEND_ERROR_UNSUPPORTED)
            }
        }
        table.kernel_free = { CHandle.release($1, as: ExportedKernel.self) }
        table.instance_create = { _, kernel, stream, instance in
            let kernel = CHandle.object(kernel, as: ExportedKernel.self)
            let stream = CHandle.object(stream, as: ExportedStream.self)
            return CFault.catching(on: stream) { () throws(BackendError) in
                let made = ExportedInstance(kernel, try kernel.kernel.makeInstance(on: stream.stream), stream)
                let handle = CHandle.give(made)
                stream.register(made, handle)
                instance?.pointee = handle
            }
        }
        table.instance_free = { _, instance in
            let made = CHandle.object(instance, as: ExportedInstance.self)
            made.stream.forget(made)
            CHandle.release(instance, as: ExportedInstance.self)
        }
        table.run = { _, _, instance, _, inputs, outputs in
            CHandle.object(instance, as: ExportedInstance.self).run(inputs, outputs)
        }
    }
}
