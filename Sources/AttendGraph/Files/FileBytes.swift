#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// A file that could not be opened, read or written.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
    public let path: String
    public let reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String { "\(path.isEmpty ? "\"\"" : path): \(reason)" }

    static func last(_ path: String, _ action: String) -> FileError {
        FileError(path: path, reason: "can't \(action): \(lastCause)")
    }

    /// The system's message for `errno`.
    fileprivate static var lastCause: String {
        let code = errno
        return unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }
}

/// A file open for reading, or bytes in its place. Reads go by `pread` into memory of ours, not by mapping: a mapped
/// file that someone truncates kills the process with SIGBUS; a short read is an error. What has no bytes at places (folders, pipes,
/// devices) is refused.
public final class InputFile: Sendable {
    public let path: String
    public let byteCount: Int
    private let descriptor: Int32
    /// The bytes of a file that is part of the program.
    private let held: [UInt8]

    /// Bytes that are read as a file is, under a name for errors.
    package init(named name: String, bytes: [UInt8]) {
        (path, byteCount, descriptor, held) = (name, bytes.count, -1, bytes)
    }

    public init(_ path: String) throws(FileError) {
        self.path = path
        held = []
        // Not blocking: opening a pipe would wait for a writer.
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .last(path, "open it") }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            let error = FileError.last(path, "look at it")
            close(descriptor)
            throw error
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            throw FileError(path: path, reason: isFolder ? "is a folder" : "is no regular file")
        }
        byteCount = Int(status.st_size)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The file, or nil where nothing has this name. What is there and can't be read is an error, and so is a link that leads nowhere,
    /// be it the file or a folder on the way to it.
    ///
    /// - Throws: ``FileError``
    public static func ifPresent(_ path: String) throws(FileError) -> InputFile? {
        guard try isPresent(path) else { return nil }
        return try InputFile(path)
    }

    /// False where nothing has this path. What can't be looked at, and a link to what is not there, is an error.
    package static func isPresent(_ path: String) throws(FileError) -> Bool {
        var status = stat()
        guard unsafe lstat(path, &status) != 0 else {
            try checkLink(path, status)
            return true
        }
        guard errno == ENOENT else { throw .last(path, "look at it") }
        // The nearest folder on the way that is there.
        var folder = path[...]
        while let slash = folder.lastIndex(of: "/") {
            folder = folder[..<slash]
            guard !folder.isEmpty else { break }
            if unsafe lstat(String(folder), &status) == 0 {
                try checkLink(String(folder), status)
                break
            }
        }
        return false
    }

    /// Refuses a link to what is not there.
    private static func checkLink(_ path: String, _ status: stat) throws(FileError) {
        var target = stat()
        guard status.st_mode & S_IFMT == S_IFLNK, unsafe stat(path, &target) != 0, errno == ENOENT else { return }
        throw FileError(path: path, reason: "is a link to what is not there")
    }

    /// Fills `destination` with the bytes from `offset` on.
    ///
    /// - Throws: ``FileError`` when the file ends before.
    public func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
        let error: FileError? = unsafe destination.withUnsafeMutableBytes { buffer in
            var done = 0
            if descriptor < 0, offset >= 0, offset <= held.count - buffer.count {
                unsafe buffer.copyBytes(from: held[offset..<(offset + buffer.count)])
                return nil
            }
            while done < buffer.count {
                let count = unsafe pread(
                    descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
                if count < 0, errno == EINTR { continue }
                if count < 0 { return .last(path, "read it") }
                if count == 0 {
                    return FileError(
                        path: path,
                        reason: "ends at byte \(offset + done), expected \(buffer.count - done) bytes more there")
                }
                done += count
            }
            return nil
        }
        if let error { throw error }
    }

    public func bytes(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        try read(at: offset, into: &raw)
        return bytes
    }

    package func contents(limit: Int = 1 << 30) throws(FileError) -> [UInt8] {
        guard byteCount <= limit else {
            throw FileError(path: path, reason: "is \(byteCount) bytes long; at most \(limit) are read")
        }
        return try bytes(at: 0, count: byteCount)
    }

    /// The whole file, up to `limit` bytes.
    public static func contents(of path: String, limit: Int = 1 << 30) throws(FileError) -> [UInt8] {
        try InputFile(path).contents(limit: limit)
    }
}

/// Files of the system, such as those below `/proc`, whose length is not known before they are read.
package enum SystemFile {
    /// Up to 64 KiB of text; nil where there is no such file.
    package static func text(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress!, $0.count) }
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}

/// A file being written under a temporary name beside its place, and renamed at the end: readers
/// see the old file or the whole new one, and a failure leaves nothing behind.
///
/// Through a link it is the file behind it that is replaced. A device or a pipe is refused, as renaming would put a file in its place, and
/// so is a file that is write-protected.
public struct OutputFile: ~Copyable {
    public let path: String
    /// The file itself, behind links.
    private let target: String
    private let temporary: String
    private let descriptor: Int32

    public init(_ path: String) throws(FileError) {
        // All that may throw first: a value of this kind is made at once or not at all.
        let file = try OutputFile.target(path)
        let name = "\(file).\(getpid()).\(UInt32.random(in: 0...(.max))).partial"
        let opened = unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard opened >= 0 else { throw .last(path, "create it") }
        (self.path, target, temporary, descriptor) = (path, file, name, opened)
    }

    private static func target(_ path: String) throws(FileError) -> String {
        var status = stat()
        // What is not there yet is made, and a folder is told by renaming.
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { return path }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(path: path, reason: "can't write it: it is no regular file")
        }
        // A rename does not ask, and the superuser may do all.
        guard status.st_mode & 0o222 != 0, unsafe access(path, W_OK) == 0 else {
            throw FileError(path: path, reason: "can't write it: the file is write-protected")
        }
        guard let real = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    public func write(_ bytes: RawSpan) throws(FileError) {
        let error: FileError? = unsafe bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                // Not named as the method is: the system's call.
                let count = unsafe systemWrite(descriptor, buffer.baseAddress! + done, buffer.count - done)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return .last(path, "write it") }
                done += count
            }
            return nil
        }
        if let error { throw error }
    }

    public func write(_ bytes: [UInt8]) throws(FileError) { try unsafe write(bytes.span.bytes) }

    /// Makes the file appear under its name.
    public consuming func finish() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw .last(path, "write it") }
        guard unsafe rename(temporary, target) == 0 else {
            throw FileError(path: path, reason: "rename failed: \(FileError.lastCause)")
        }
    }

    deinit {
        close(descriptor)
        // Gone already where the file was finished.
        unsafe unlink(temporary)
    }

    /// Writes a whole file.
    public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
        let file = try OutputFile(path)
        try file.write(bytes)
        try file.finish()
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}
