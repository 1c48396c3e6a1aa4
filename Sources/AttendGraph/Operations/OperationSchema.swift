/// The shape of an operation's interface: what it is called, what goes in, what comes out.
///
/// One table of schemas gives the file's keys, the names that a backend sees and the labels that
/// errors speak of.
public struct OperationSchema: Sendable, Hashable {
    public struct Input: Sendable, Hashable {
        public var name: String
        public var isOptional: Bool

        public init(_ name: String, optional: Bool = false) {
            self.name = name
            isOptional = optional
        }
    }

    public struct Attribute: Sendable, Hashable {
        public var name: String
        public var kind: AttributeKind
        /// Filled in where the attribute is left out; without one it is required, unless optional.
        public var defaultValue: AttributeValue?
        public var isOptional: Bool
        /// The words a string attribute may hold; empty for any.
        public var choices: [String]

        /// A required attribute.
        public init(_ name: String, _ kind: AttributeKind) {
            self.init(name: name, kind: kind, defaultValue: nil, isOptional: false, choices: [])
        }

        public init(_ name: String, default value: AttributeValue, choices: [String] = []) {
            self.init(name: name, kind: value.kind, defaultValue: value, isOptional: true, choices: choices)
        }

        /// An attribute whose absence means something of its own.
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
    public var version: Int
    public var inputs: [Input]
    /// True when the one input is a list of values (`concatenate`).
    public var isVariadic: Bool
    /// The first output bears the node's name; further ones are `node.output`.
    public var outputs: [String]
    public var attributes: [Attribute]

    /// The schema of an operation with a constant identity.
    init(
        _ id: OperationID, inputs: [Input], outputs: [String] = ["output"], attributes: [Attribute] = []
    ) {
        self.init(id.name, version: id.version, inputs: inputs, outputs: outputs, attributes: attributes)
    }

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

    /// `attention.v1`: what a backend is offered.
    public var versionedName: String { id.description }
}

/// An operation with its attributes: what a node does.
public struct Operation: Sendable, Hashable {
    public var name: String
    public var version: Int
    public var attributes: Attributes

    public init(_ name: String, version: Int = 1, attributes: Attributes = [:]) {
        self.name = name
        self.version = version
        self.attributes = attributes
    }

    public init(_ primitive: Primitive, attributes: Attributes = [:]) {
        self.init(primitive.rawValue, attributes: attributes)
    }

    /// The primitive that this is; nil for a composite.
    public var primitive: Primitive? { version == 1 ? Primitive(rawValue: name) : nil }
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
    /// Accepts the neighboring kinds that lose nothing: an integer for a number, integers for sizes.
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
        // What fills a pad may be anything; scales and epsilons may not.
        if case .number(let number) = accepted, !number.isFinite, name != "value" {
            throw OperationError("attribute \"\(name)\": expected a finite number, found \(number)")
        }
        return accepted
    }
}

/// Why an operation can't be applied: a sentence whose subject is the operation. The graph
/// builder puts the node's name before it.
public struct OperationError: Error, Sendable, Hashable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) { self.description = description }
}
