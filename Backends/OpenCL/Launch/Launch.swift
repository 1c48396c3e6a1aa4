import AttendBackend

/// A kernel launch: program, arguments and grid.
struct Launch: Sendable {
    var program: ProgramSpecification
    /// The kernel's name in the program.
    var kernel: String
    var arguments: [Argument]
    /// Work-items along up to three axes, multiples of `local`.
    var global: [Int]
    var local: [Int]

    enum Argument: Sendable {
        /// A buffer and the index of its first element; byte offsets are divided by the element size.
        case input(Int, elementSize: Int)
        case output(Int, elementSize: Int)
        /// Scratch memory of the instance.
        case scratch(elementSize: Int)
        /// The stream's error flag for indices, and the number of the instance.
        case flag
        /// A number or struct in the kernel's memory layout.
        case bytes([UInt8])
    }

    /// - Parameters:
    ///   - items: Minimum number of work-items; the grid is rounded up to whole groups.
    ///   - group: Work-items per group.
    init(_ program: ProgramSpecification, _ kernel: String, _ arguments: [Argument], items: Int, group: Int) {
        self.program = program
        self.kernel = kernel
        self.arguments = arguments
        global = [(items + group - 1) / group * group]
        local = [group]
    }
}

extension Launch.Argument {
    static func input(_ index: Int, _ dtype: DType) -> Launch.Argument { .input(index, elementSize: dtype.byteCount) }
    static func output(_ index: Int, _ dtype: DType) -> Launch.Argument { .output(index, elementSize: dtype.byteCount) }

    static func value(_ value: UInt32) -> Launch.Argument { .bytes(StructBytes { $0.add(value) }.bytes) }
    static func value(_ value: Int) -> Launch.Argument { .bytes(StructBytes { $0.add(value) }.bytes) }
    static func value(_ value: Float) -> Launch.Argument { .bytes(StructBytes { $0.add(value) }.bytes) }

    /// An unsigned integer of 1, 2, 4 or 8 bytes.
    static func bits(_ value: UInt64, byteCount: Int) -> Launch.Argument {
        .bytes((0..<byteCount).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
    }
}

/// The bytes of a struct passed to a kernel by value: members in order, each aligned to its size.
struct StructBytes {
    private(set) var bytes: [UInt8] = []

    init(_ fill: (inout StructBytes) -> Void) {
        fill(&self)
        // A struct's size is a multiple of its widest member; structs here have 8-byte members, or are one number.
        if bytes.count > 8 { align(8) }
    }

    mutating func add(_ value: Int) { add(UInt64(bitPattern: Int64(value))) }
    mutating func add(_ value: Float) { add(value.bitPattern) }
    mutating func add(_ value: Int32) { add(UInt32(bitPattern: value)) }

    mutating func add<Word: FixedWidthInteger & UnsignedInteger>(_ value: Word) {
        align(Word.bitWidth / 8)
        for byte in 0..<Word.bitWidth / 8 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
    }

    private mutating func align(_ size: Int) {
        while bytes.count % size != 0 { bytes.append(0) }
    }
}
