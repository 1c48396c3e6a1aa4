import AttendRuntime
import Foundation
import OpenCLBackend
import Synchronization
import TestSupport
import Testing

/// The files of compiled programs: whole or absent.
@Suite struct ProgramCacheTests {
    private let entry = ProgramCache.Entry(
        binary: (0..<100).map { UInt8(truncatingIfNeeded: $0 &* 31) }, variants: ["one small", "one large"])

    @Test func `what was stored is found under its key alone`() throws {
        let folder = try TemporaryFolder()
        let cache = ProgramCache(folder: folder.path + "/made/for/it")
        #expect(cache.entry(for: "key") == nil)
        try cache.store(entry, for: "key")
        #expect(cache.entry(for: "key") == entry)
        #expect(cache.entry(for: "other key") == nil)
        try cache.store(.init(binary: [7]), for: "key")
        #expect(cache.entry(for: "key") == .init(binary: [7]))
    }

    @Test(.tags(.slow), .unlessFast) func `a file with any byte changed, cut off or grown counts as absent`() throws {
        let folder = try TemporaryFolder()
        let cache = ProgramCache(folder: folder.path)
        try cache.store(entry, for: "a key")
        let path = try #require(cache.path(for: "a key"))
        let whole = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
        func isFound(_ bytes: [UInt8]) throws -> Bool {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return cache.entry(for: "a key") != nil
        }
        #expect(try isFound(whole))
        for index in whole.indices {
            var damaged = whole
            damaged[index] ^= 0x10
            #expect(try !isFound(damaged), "byte \(index)")
            #expect(try !isFound(Array(whole[..<index])), "cut off at \(index)")
        }
        #expect(try !isFound(whole + [0]))
        #expect(try isFound(whole))
    }

    @Test func `another program's file under this name is not taken`() throws {
        let folder = try TemporaryFolder()
        let cache = ProgramCache(folder: folder.path)
        try cache.store(entry, for: "theirs")
        let (theirs, ours) = (try #require(cache.path(for: "theirs")), try #require(cache.path(for: "ours")))
        try FileManager.default.copyItem(atPath: theirs, toPath: ours)
        #expect(cache.entry(for: "ours") == nil)
        #expect(cache.entry(for: "theirs") == entry)
    }

    @Test func `a folder that can't be made is an error that names it`() throws {
        let folder = try TemporaryFolder()
        try Data([1]).write(to: URL(fileURLWithPath: folder.path + "/file"))
        let cache = ProgramCache(folder: folder.path + "/file/cache")
        let error = #expect(throws: FileError.self) { try cache.store(entry, for: "key") }
        #expect("\(try #require(error))".contains("/file/cache"))
        #expect(cache.entry(for: "key") == nil)
    }

    @Test func `a pipe where a file should be is not waited for`() throws {
        let folder = try TemporaryFolder()
        let cache = ProgramCache(folder: folder.path)
        #expect(mkfifo(try #require(cache.path(for: "key")), 0o600) == 0)
        #expect(cache.entry(for: "key") == nil)
        try cache.store(entry, for: "key")
        #expect(cache.entry(for: "key") == entry)
    }

    @Test func `what was written longest ago goes when there is too much`() throws {
        let folder = try TemporaryFolder()
        let cache = ProgramCache(folder: folder.path)
        for number in 0..<10 {
            try cache.store(entry, for: "key \(number)")
            let path = try #require(cache.path(for: "key \(number)"))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: Double(number))], ofItemAtPath: path)
        }
        let path = try #require(cache.path(for: "key 0"))
        let size = try #require(FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
        cache.prune(limit: size * 10)
        #expect(try folder.files.count == 10)
        cache.prune(limit: size * 8)
        #expect(try folder.files.count == 4)
        #expect((0..<10).filter { cache.entry(for: "key \($0)") != nil } == [6, 7, 8, 9])
    }

    @Test func `without a folder nothing is kept, and nothing fails`() throws {
        let cache = ProgramCache(folder: nil)
        try cache.store(entry, for: "key")
        #expect(cache.entry(for: "key") == nil)
    }
}

/// Programs from the disk.
@Suite(.backend("opencl")) struct ProgramStoreTests {
    private func backend(_ cache: ProgramCache) throws -> OpenCLBackend { try OpenCLBackend(.init(cache: cache)) }

    @Test func `a second start compiles nothing, and computes the same`() throws {
        let folder = try TemporaryFolder()
        let small = try SmallGraph()
        let first = try backend(ProgramCache(folder: folder.path))
        let expected = try small.run(on: first)
        let count = first.programCounts.compiled
        #expect(count > 3)
        #expect(first.programCounts.loaded == 0)
        #expect(try folder.files.count == count)
        #expect(try folder.files.allSatisfy { $0.hasSuffix(".program") })

        let second = try backend(ProgramCache(folder: folder.path))
        #expect(try small.run(on: second) == expected)
        #expect(second.programCounts == (0, count))
        // Nor is anything made twice in one run.
        #expect(try small.run(on: second) == expected)
        #expect(second.programCounts == (0, count))
    }

    @Test func `damaged files are compiled anew and mended`() throws {
        let folder = try TemporaryFolder()
        let small = try SmallGraph()
        let expected = try small.run(on: backend(ProgramCache(folder: folder.path)))
        for (number, name) in try folder.files.enumerated() {
            let url = URL(fileURLWithPath: "\(folder.path)/\(name)")
            var bytes = try [UInt8](Data(contentsOf: url))
            switch number % 3 {
            case 0: bytes[bytes.count / 2] ^= 0xFF
            case 1: bytes.removeLast(bytes.count / 3)
            default: bytes = []
            }
            try Data(bytes).write(to: url)
        }
        let second = try backend(ProgramCache(folder: folder.path))
        #expect(try small.run(on: second) == expected)
        #expect(try second.programCounts == (folder.files.count, 0))
        let third = try backend(ProgramCache(folder: folder.path))
        #expect(try small.run(on: third) == expected)
        #expect(try third.programCounts == (0, folder.files.count))
    }

    @Test func `a whole file that the driver does not take is compiled anew`() throws {
        let folder = try TemporaryFolder()
        let small = try SmallGraph()
        let cache = ProgramCache(folder: folder.path)
        let expected = try small.run(on: backend(cache))
        // Well-formed files of a program for no machine.
        for name in try folder.files {
            let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "\(folder.path)/\(name)")))
            let start = Array("attend opencl program 3\n".utf8).count
            let length = bytes[start..<start + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
            let key = String(decoding: bytes[(start + 8)..<(start + 8 + length)], as: UTF8.self)
            let foreign = ProgramCache.Entry(binary: Array("not a program".utf8))
            try cache.store(foreign, for: key)
            #expect(cache.entry(for: key) == foreign)
        }
        let second = try backend(cache)
        #expect(try small.run(on: second) == expected)
        #expect(try second.programCounts == (folder.files.count, 0))
    }

    @Test func `a full disk costs time, not results`() throws {
        let folder = try TemporaryFolder()
        let small = try SmallGraph()
        let expected = try small.run(on: backend(ProgramCache(folder: folder.path)))
        let attempts = Mutex(0)
        let full = ProgramCache(folder: folder.path + "/full") { _, path in
            attempts.withLock { $0 += 1 }
            throw FileError(path: path, reason: "no space left on device")
        }
        let backend = try backend(full)
        #expect(try small.run(on: backend) == expected)
        let count = attempts.withLock(\.self)
        #expect(count == backend.programCounts.compiled)
        #expect(count > 3)
    }

    @Test(.tags(.slow), .unlessFast) func `other build options are other programs`() throws {
        let folder = try TemporaryFolder()
        let small = try SmallGraph()
        let cache = ProgramCache(folder: folder.path)
        let expected = try small.run(on: OpenCLBackend(.init(cache: cache)))
        let other = try OpenCLBackend(.init(cache: cache, buildOptions: "-D SOMETHING=1"))
        #expect(try small.run(on: other) == expected)
        #expect(other.programCounts.loaded == 0)
    }

    @Test func `a kernel that does not compile is an error with its node, call and the compiler's words`() throws {
        let backend = try OpenCLBackend(.init(cache: ProgramCache(folder: nil), buildOptions: "-D __kernel=garbage"))
        let small = try SmallGraph()
        let error = #expect(throws: RunError.self) { try small.graph.run(small.inputs, on: backend) }
        let text = "\(try #require(error))"
        for part in ["opencl", "clBuildProgram", "garbage", "error"] { #expect(text.contains(part), "\(text)") }
    }
}
