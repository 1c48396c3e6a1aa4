import AttendParity

/// The probabilities of the kinds of mutation, as weights.
struct MutationWeights: Sendable {
    /// A value of another seed at the same place.
    var other: Float = 30
    /// A small step.
    var nudge: Float = 18
    /// The same change at all occurrences.
    var consistent: Float = 14
    var structure: Float = 14
    var boundary: Float = 14
    var bytes: Float = 6
    /// The whole file: missing, a folder, a dead link.
    var file: Float = 2
    /// A change by the file's meaning, after which it remains valid.
    var sound: Float = 14
}

/// A generator of mutations of a draft.
struct Mutator: Sendable {
    let pools: ValuePools
    var weights = MutationWeights()
    /// The files that are changed more often, by the prefixes of their paths.
    var favored: [String] = []
    /// Whether only those files are changed.
    var onlyFavored = false
    /// The changes by the meaning of files of this kind.
    var sound: [any SoundChanges] = [SpellingChanges()]

    /// Applies a random mutation.
    ///
    /// - Returns: The mutation.
    func apply(to draft: inout Draft, _ numbers: inout SeededNumbers) -> Mutation {
        let index = pick(draft, &numbers)
        let path = draft.files[index].path
        let levels = [
            weights.other, weights.nudge, weights.consistent, weights.structure, weights.boundary, weights.bytes,
            weights.file, weights.sound
        ]
        var level = 0
        var rest = numbers.unit() * levels.reduce(0, +)
        while level < levels.count - 1, rest >= levels[level] {
            rest -= levels[level]
            level += 1
        }
        if level == 7 {
            // A mutation that does not apply is replaced by a small step.
            if !sound.isEmpty, let mutation = numbers.pick(sound).apply(to: &draft, &numbers) { return mutation }
            level = 1
        }
        if level == 6 { return whole(&draft.files[index], &numbers) }
        switch draft.files[index].content {
        case .json(var root) where level < 5:
            let changes = JSONMutations(file: path, pools: pools)
            let change =
                switch level {
                case 0: changes.other(&root, &numbers)
                case 1: changes.nudge(&root, &numbers)
                case 2: changes.consistent(&root, &numbers)
                case 3: changes.structure(&root, &numbers)
                default: changes.boundary(&root, &numbers)
                }
            guard let change else { break }
            draft.files[index].content = .json(root)
            return mutation(path, change)
        case .tensors(var tensors) where level < 5: return self.tensors(&tensors, level, &draft.files[index], &numbers)
        case .text(var text) where level < 5:
            let what = TextMutations.apply(to: &text, &numbers)
            draft.files[index].content = .text(text)
            return Mutation(file: path, what: what)
        default: break
        }
        var bytes = draft.files[index].content.bytes
        let what = ByteMutations.apply(to: &bytes, &numbers)
        draft.files[index].content = .bytes(bytes)
        return Mutation(file: path, what: what)
    }

    private func pick(_ draft: Draft, _ numbers: inout SeededNumbers) -> Int {
        let favorites = draft.files.indices.filter { index in favored.contains { draft.files[index].path.hasPrefix($0) }
        }
        return !favorites.isEmpty && (onlyFavored || numbers.chance(0.6))
            ? numbers.pick(favorites) : numbers.below(draft.files.count)
    }

    private func mutation(_ file: String, _ change: JSONMutations.Change) -> Mutation {
        var anchors: [String] = []
        if let words = change.words {
            anchors = change.place.labels.filter { !$0.hasPrefix("[") && !$0.isEmpty } + change.place.names + words
        }
        return Mutation(file: file, place: change.place, what: change.what, anchors: anchors)
    }

    private func tensors(
        _ tensors: inout DraftTensors, _ level: Int, _ file: inout DraftFile, _ numbers: inout SeededNumbers
    ) -> Mutation {
        var (what, place): (String?, DraftPlace?) = (nil, nil)
        let changes = JSONMutations(file: file.path, pools: pools)
        switch level {
        case 0, 1: what = TensorMutations.data(&tensors, &numbers)
        case 2: what = TensorMutations.order(&tensors, &numbers)
        case 3:
            let change = changes.structure(&tensors.header, &numbers)
            (what, place) = (change?.what, change?.place)
        default:
            if numbers.chance(0.2) {
                what = TensorMutations.length(&tensors, &numbers)
            } else {
                let change = changes.boundary(&tensors.header, &numbers)
                (what, place) = (change?.what, change?.place)
            }
        }
        guard let what else {
            var bytes = tensors.bytes
            let what = ByteMutations.apply(to: &bytes, &numbers)
            file.content = .bytes(bytes)
            return Mutation(file: file.path, what: what)
        }
        file.content = .tensors(tensors)
        return Mutation(file: file.path, place: place, what: what)
    }

    private func whole(_ file: inout DraftFile, _ numbers: inout SeededNumbers) -> Mutation {
        let contents: [(String, DraftFile.Content)] = [
            ("missing", .absent), ("a folder", .folder), ("a broken link", .link("nowhere/\(file.path)")),
            ("a link to itself", .link(file.path.split(separator: "/").last.map(String.init) ?? ".")),
            ("a device", .link("/dev/null")), ("an endless device", .link("/dev/zero")), ("an empty file", .bytes([]))
        ]
        let (what, content) = contents[numbers.below(contents.count)]
        file.content = content
        return Mutation(file: file.path, what: what)
    }
}
