#if canImport(Glibc)
    private import Glibc
#elseif canImport(Musl)
    private import Musl
#elseif canImport(Darwin)
    private import Darwin
#endif

/// A failure to open, read or write a file.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The path as given by the caller.
    public let path: String
    /// The failure, without the path.
    public let reason: String

    /// An error for a file.
    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    /// Human-readable message: path and reason.
    public var description: String { "\(path.isEmpty ? "\"\"" : path): \(reason)" }

    /// An error with the system's message for the current `errno`.
    static func last(_ path: String, _ action: String) -> FileError {
        FileError(path: path, reason: "can't \(action): \(lastCause)")
    }

    /// The system's message for `errno`.
    fileprivate static var lastCause: String {
        let code = errno
        return unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }
}

/// A file open for reading, or bytes in its place. Reads use `pread` into own memory instead of mapping: truncating a
/// mapped file kills the process with SIGBUS, while a short read is an error. Files without random access (folders,
/// pipes, devices) are rejected.
public final class InputFile: Sendable {
    /// The path, for errors.
    public let path: String
    /// Size in bytes when opened.
    public let byteCount: Int
    /// Time of the last change when opened, in seconds and nanoseconds.
    private let changeTime: [Int]
    private let descriptor: Int32
    /// The bytes of a file embedded in the program.
    private let held: [UInt8]

    /// Bytes in place of a file, with a name for errors.
    package init(named name: String, bytes: [UInt8]) {
        (path, byteCount, descriptor, held, changeTime) = (name, bytes.count, -1, bytes, [])
    }

    /// Opens a file.
    ///
    /// - Throws: ``FileError`` if it can't be opened or is not a regular file.
    public init(_ path: String) throws(FileError) {
        self.path = path
        held = []
        // Nonblocking: opening a pipe would wait for a writer.
        descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .last(path, "open it") }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            let error = FileError.last(path, "read its attributes")
            close(descriptor)
            throw error
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            throw FileError(path: path, reason: isFolder ? "is a folder" : "is not a regular file")
        }
        byteCount = Int(status.st_size)
        changeTime = InputFile.changeTime(status)
    }

    private static func changeTime(_ status: stat) -> [Int] {
        #if canImport(Darwin)
            let time = status.st_mtimespec
        #else
            let time = status.st_mtim
        #endif
        return [Int(time.tv_sec), Int(time.tv_nsec)]
    }

    /// Checks that the file is as it was when opened, by its size and time of change. A file that was replaced under its
    /// name is still the old one here.
    ///
    /// - Throws: ``FileError`` for a file that was written to.
    public func checkUnchanged() throws(FileError) {
        guard descriptor >= 0 else { return }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .last(path, "read its attributes") }
        guard Int(status.st_size) == byteCount, InputFile.changeTime(status) == changeTime else {
            throw FileError(path: path, reason: "was changed since it was opened; start again")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The file, or nil if nothing has this path. An unreadable file is an error, and so is a dangling link, be it the
    /// file or a folder on its path.
    ///
    /// - Throws: ``FileError``
    public static func ifPresent(_ path: String) throws(FileError) -> InputFile? {
        guard try isPresent(path) else { return nil }
        return try InputFile(path)
    }

    /// Whether anything has this path. A failed lookup is an error, and so is a dangling link.
    package static func isPresent(_ path: String) throws(FileError) -> Bool {
        var status = stat()
        guard unsafe lstat(path, &status) != 0 else {
            try checkLink(path, status)
            return true
        }
        guard errno == ENOENT else { throw .last(path, "read its attributes") }
        // The nearest existing folder on the path.
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

    /// Rejects a dangling link.
    private static func checkLink(_ path: String, _ status: stat) throws(FileError) {
        var target = stat()
        guard status.st_mode & S_IFMT == S_IFLNK, unsafe stat(path, &target) != 0, errno == ENOENT else { return }
        throw FileError(path: path, reason: "is a link whose target does not exist")
    }

    /// Fills `destination` with the bytes from `offset` on. O(bytes). Safe to call from several tasks.
    ///
    /// - Throws: ``FileError`` if reading fails or the file ends earlier.
    public func read(at offset: Int, into destination: inout MutableRawSpan) throws(FileError) {
        let error: FileError? = unsafe destination.withUnsafeMutableBytes { buffer in
            var done = 0
            if descriptor < 0 {
                guard offset >= 0, offset <= held.count - buffer.count else {
                    return FileError(
                        path: path,
                        reason: "ends at byte \(held.count), expected \(buffer.count) bytes from byte \(offset)")
                }
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
                        reason: "ends at byte \(offset + done), expected \(buffer.count - done) more bytes")
                }
                done += count
            }
            return nil
        }
        if let error { throw error }
    }

    /// `count` bytes from `offset` on. O(count).
    ///
    /// - Throws: ``FileError`` if reading fails or the file ends earlier.
    public func bytes(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        var raw = unsafe span.mutableBytes
        try read(at: offset, into: &raw)
        return bytes
    }

    package func contents(limit: Int = 1 << 30) throws(FileError) -> [UInt8] {
        guard byteCount <= limit else {
            throw FileError(path: path, reason: "is \(byteCount) bytes long, over the limit of \(limit)")
        }
        return try bytes(at: 0, count: byteCount)
    }

    /// The whole file. O(bytes).
    ///
    /// - Throws: ``FileError`` if it can't be read or is longer than `limit` bytes.
    public static func contents(of path: String, limit: Int = 1 << 30) throws(FileError) -> [UInt8] {
        try InputFile(path).contents(limit: limit)
    }
}

/// System files, such as those in `/proc`, whose length is unknown before reading.
package enum SystemFile {
    /// Up to 64 KiB of text; nil if there is no such file or it can't be read.
    package static func text(_ path: String) -> String? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress!, $0.count) }
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
}

/// A file written under a temporary name in the same folder, then renamed: readers see the old file or the complete new
/// one, and a failure leaves nothing behind.
///
/// A link is followed, and its target replaced. Devices and pipes are rejected, as renaming would replace them with a
/// file, and so are write-protected files.
public struct OutputFile: ~Copyable {
    /// The path as given.
    public let path: String
    /// The file itself, links resolved.
    private let target: String
    private let temporary: String
    private let descriptor: Int32

    /// Creates the temporary file.
    ///
    /// - Throws: ``FileError`` if it can't be created, or if the path is a device, a pipe or a write-protected file.
    public init(_ path: String) throws(FileError) {
        // Everything that may throw comes first: all properties of a noncopyable value are set at once.
        let file = try OutputFile.target(path)
        let name = "\(file).\(getpid()).\(UInt32.random(in: 0...(.max))).partial"
        let opened = unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard opened >= 0 else { throw .last(path, "create it") }
        UnfinishedFiles.add(name)
        (self.path, target, temporary, descriptor) = (path, file, name, opened)
    }

    private static func target(_ path: String) throws(FileError) -> String {
        var status = stat()
        // A missing file is created.
        guard unsafe stat(path, &status) == 0 else { return path }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw FileError(path: path, reason: "can't write it: it is a folder")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError(path: path, reason: "can't write it: it is not a regular file")
        }
        // A rename ignores the file's own mode, and the superuser passes any check.
        guard status.st_mode & 0o222 != 0, unsafe access(path, W_OK) == 0 else {
            throw FileError(path: path, reason: "can't write it: the file is write-protected")
        }
        guard let real = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(real) }
        return unsafe String(cString: real)
    }

    /// Appends bytes. O(bytes).
    ///
    /// - Throws: ``FileError``, such as for a full disk.
    public func write(_ bytes: RawSpan) throws(FileError) {
        let error: FileError? = unsafe bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                // A wrapper of the system's `write`, which the method's name would shadow.
                let count = unsafe systemWrite(descriptor, buffer.baseAddress! + done, buffer.count - done)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return .last(path, "write it") }
                done += count
            }
            return nil
        }
        if let error { throw error }
    }

    /// Appends bytes. O(bytes).
    ///
    /// - Throws: ``FileError``, such as for a full disk.
    public func write(_ bytes: [UInt8]) throws(FileError) { try unsafe write(bytes.span.bytes) }

    /// Flushes the file to disk and renames it to its path.
    ///
    /// - Throws: ``FileError``; the old file is then unchanged.
    public consuming func finish() throws(FileError) {
        guard fsync(descriptor) == 0 else { throw .last(path, "write it") }
        guard unsafe rename(temporary, target) == 0 else {
            throw FileError(path: path, reason: "rename failed: \(FileError.lastCause)")
        }
        UnfinishedFiles.forget(temporary)
    }

    deinit {
        close(descriptor)
        // Fails without effect if the file was renamed.
        unsafe unlink(temporary)
        UnfinishedFiles.forget(temporary)
    }

    /// Writes a whole file. O(bytes).
    ///
    /// - Throws: ``FileError``; the old file is then unchanged.
    public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
        let file = try OutputFile(path)
        try file.write(bytes)
        try file.finish()
    }
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    unsafe write(descriptor, bytes, count)
}
