internal import AttendBackend
internal import CAttendBackend

/// Buffers, copies and streams. Memory is opaque on this side of the boundary too: copies go through the backend's
/// streams.
extension ExportTable {
    static func addMemory(_ table: inout attend_plugin) {
        table.buffer_create = { backend, byteCount, buffer in
            let core = CHandle.object(backend, as: ExportedCore.self)
            return CFault.catching { () throws(BackendError) in
                buffer?.pointee = CHandle.give(
                    ExportedBuffer(try core.backend.makeBuffer(byteCount: Int(clamping: byteCount))))
            }
        }
        table.buffer_free = { CHandle.release($1, as: ExportedBuffer.self) }
        table.copy_in = { backend, stream, destination, source, code, count in
            guard let source, let dtype = DType(code: code), var tensor = try? Tensor(zeros: [count], dtype: dtype),
                let slice = ExportedBuffer.slice(destination)
            else { return CFault.make("a copy needs a destination, a source and a known dtype") }
            tensor.withMutableBytes { bytes in
                bytes.withUnsafeMutableBytes { $0.copyMemory(from: .init(start: source, count: $0.count)) }
            }
            let stream = CHandle.object(stream, as: ExportedStream.self)
            return CFault.catching(on: stream) { () throws(BackendError) in
                try stream.stream.copyIn(tensor, to: slice)
            }
        }
        table.copy_out = { backend, stream, destination, source, code, count in
            guard let destination, let dtype = DType(code: code), let slice = ExportedBuffer.slice(source) else {
                return CFault.make("a copy needs a destination, a source and a known dtype")
            }
            let stream = CHandle.object(stream, as: ExportedStream.self)
            return CFault.catching(on: stream) { () throws(BackendError) in
                let tensor = try stream.stream.copyOut(slice, dtype: dtype, shape: [count])
                guard tensor.dtype == dtype, tensor.elementCount == count else {
                    throw BackendError.failed(
                        backend: "", action: "copy a value out",
                        reason: "expected \(count) \(dtype), found \(tensor.elementCount) \(tensor.dtype)")
                }
                tensor.withBytes { bytes in
                    bytes.withUnsafeBytes { source in
                        guard let start = source.baseAddress else { return }
                        destination.copyMemory(from: start, byteCount: source.count)
                    }
                }
            }
        }
        table.pack = { backend, layout, constant, buffer in
            let core = CHandle.object(backend, as: ExportedCore.self)
            guard let layout, let tensor = constant.flatMap({ RequestReader.tensor($0.pointee) }) else {
                return CFault.make("a constant needs a layout and a known dtype")
            }
            return CFault.catching { () throws(BackendError) in
                let packed = try core.backend.pack(tensor, layout: String(cString: layout))
                buffer?.pointee = CHandle.give(ExportedBuffer(packed))
            }
        }
    }

    static func addStreams(_ table: inout attend_plugin) {
        table.stream_create = { backend, stream in
            let core = CHandle.object(backend, as: ExportedCore.self)
            return CFault.catching { () throws(BackendError) in
                stream?.pointee = CHandle.give(ExportedStream(try core.backend.makeStream()))
            }
        }
        table.stream_free = { CHandle.release($1, as: ExportedStream.self) }
        table.synchronize = { _, stream in
            let stream = CHandle.object(stream, as: ExportedStream.self)
            return CFault.catching(on: stream) { () throws(BackendError) in try stream.stream.synchronize() }
        }
    }
}
