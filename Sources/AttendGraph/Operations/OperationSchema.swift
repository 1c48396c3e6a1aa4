/// An operation's interface: name, inputs, outputs and attributes.
///
/// One table of schemas gives the keys in files, the names in backends and the labels in errors.
public struct OperationSchema: Sendable, Hashable {
    /// An input of an operation.
    public struct Input: Sendable, Hashable {
        /// The key in files and errors.
        public var name: String
        /// Whether it may be omitted.
        public var isOptional: Bool

        /// An input, required by default.
        public init(_ name: String, optional: Bool = false) {
            self.name = name
            isOptional = optional
        }
    }

    /// An attribute of an operation.
    public struct Attribute: Sendable, Hashable {
        /// The key in files and errors.
        public var name: String
        /// The kind of its value.
        public var kind: AttributeKind
        /// The value of an omitted attribute. Without one the attribute is required, unless optional.
        public var defaultValue: AttributeValue?
        /// Whether it may be omitted.
        public var isOptional: Bool
        /// The allowed values of a string attribute; empty for any.
        public var choices: [String]

        /// A required attribute.
        public init(_ name: String, _ kind: AttributeKind) {
            self.init(name: name, kind: kind, defaultValue: nil, isOptional: false, choices: [])
        }

        /// An attribute with a default.
        public init(_ name: String, default value: AttributeValue, choices: [String] = []) {
            self.init(name: name, kind: value.kind, defaultValue: value, isOptional: true, choices: choices)
        }

        /// An attribute whose absence has a meaning of its own.
        public init(_ name: String, optional kind: AttributeKind) {
            self.init(name: name, kind: kind, defaultValue: nil, isOptional: true, choices: [])
        }

        private init(
            name: String, kind: AttributeKind, defaultValue: AttributeValue?, isOptional: Bool, choices: [String]
        ) {
            self.name = name
            self.kind = kind
            self.defaultValue = defaultValue
            self.isOptional = isOptional
            self.choices = choices
        }
    }

    /// Lower-case words joined by underscores.
    public var name: String
    /// The version, from 1; a change of meaning is a new version.
    public var version: Int
    /// The inputs, in the order of nodes and kernel requests.
    public var inputs: [Input]
    /// Whether the single input is a list of values (`concatenate`).
    public var isVariadic: Bool
    /// Output names. The first output has the node's name; further ones are `node.output`.
    public var outputs: [String]
    /// The attributes, required and optional.
    public var attributes: [Attribute]

    /// The schema of an operation with a constant identity.
    init(
        _ id: OperationID, inputs: [Input], outputs: [String] = ["output"], attributes: [Attribute] = []
    ) {
        self.init(id.name, version: id.version, inputs: inputs, outputs: outputs, attributes: attributes)
    }

    /// A schema of these properties; version 1 with one output `output` by default.
    public init(
        _ name: String, version: Int = 1, inputs: [Input], isVariadic: Bool = false,
        outputs: [String] = ["output"], attributes: [Attribute] = []
    ) {
        self.name = name
        self.version = version
        self.inputs = inputs
        self.isVariadic = isVariadic
        self.outputs = outputs
        self.attributes = attributes
    }

    /// Name and version as offered to backends, `attention.v1`.
    public var versionedName: String { id.description }
}

/// An operation with its attributes, as in a node.
public struct Operation: Sendable, Hashable {
    /// Lower-case words joined by underscores.
    public var name: String
    /// The version, from 1.
    public var version: Int
    /// The attributes; in a verified graph with defaults filled in.
    public var attributes: Attributes

    /// An operation by name, primitive or composite.
    public init(_ name: String, version: Int = 1, attributes: Attributes = [:]) {
        self.name = name
        self.version = version
        self.attributes = attributes
    }

    /// A primitive with attributes.
    public init(_ primitive: Primitive, attributes: Attributes = [:]) {
        self.init(primitive.rawValue, attributes: attributes)
    }

    /// The primitive, or nil for a composite.
    public var primitive: Primitive? { version == 1 ? Primitive(rawValue: name) : nil }
    /// Name and version, `attention.v1`.
    public var versionedName: String { id.description }
}

extension OperationSchema {
    /// `attributes` with all defaults filled in.
    ///
    /// - Throws: ``OperationError`` for an unknown, missing or mistyped attribute.
    package func completed(_ attributes: Attributes) throws(OperationError) -> Attributes {
        var complete = Attributes()
        for name in attributes.values.keys.sorted() where !self.attributes.contains(where: { $0.name == name }) {
            throw OperationError(
                "has no attribute \"\(name)\"\(Nearest.hint(for: name, among: self.attributes.map(\.name)))")
        }
        for schema in self.attributes {
            guard let given = attributes[schema.name] else {
                if let value = schema.defaultValue {
                    complete[schema.name] = value
                } else if !schema.isOptional {
                    throw OperationError("needs the attribute \"\(schema.name)\" (\(schema.kind.rawValue))")
                }
                continue
            }
            complete[schema.name] = try schema.checked(given)
        }
        return complete
    }
}

extension OperationSchema.Attribute {
    /// Accepts lossless conversions: an integer as a number, integers as sizes.
    fileprivate func checked(_ value: AttributeValue) throws(OperationError) -> AttributeValue {
        let accepted: AttributeValue? =
            switch (kind, value) {
            case (.number, .integer(let number)): .number(Double(number))
            case (.sizes, .integers(let numbers)): .sizes(numbers.map { Size($0) })
            case (let kind, let value) where value.kind == kind: value
            default: nil
            }
        guard let accepted else {
            throw OperationError("attribute \"\(name)\": expected \(kind.rawValue), found \(value.kind.rawValue)")
        }
        if case .string(let word) = accepted, !choices.isEmpty, !choices.contains(word) {
            throw OperationError("attribute \"\(name)\": expected one of \(choices), found \"\(word)\"")
        }
        // A pad's fill value may be infinite or NaN; scales and epsilons may not.
        if case .number(let number) = accepted, !number.isFinite, name != "value" {
            throw OperationError("attribute \"\(name)\": expected a finite number, found \(number)")
        }
        return accepted
    }
}

/// The reason why an operation can't be applied: a sentence whose subject is the operation. The graph builder prefixes
/// the node's name.
public struct OperationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sentence, without its subject.
    public var description: String

    /// An error with this description.
    public init(_ description: String) { self.description = description }
}
