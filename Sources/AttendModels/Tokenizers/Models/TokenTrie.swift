/// A trie of tokens by their UTF-8 bytes.
struct TokenTrie: Sendable {
    /// The children of a node are neighbors, in the order of their bytes.
    private struct Node: Sendable {
        var byte: UInt8
        var childCount: UInt16 = 0
        var firstChild: Int32 = 0
        /// The id of the token that ends here; -1 for none.
        var id: Int32 = -1
    }

    private var nodes = [Node(byte: 0)]

    /// - Complexity: O(bytes · log tokens).
    init(_ ids: TokenIndex) {
        let tokens = ids.entries.filter { !$0.key.isEmpty }.map { (key: Array($0.key), value: $0.id) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        // Ranges of tokens that share the bytes of a node.
        var open: [(node: Int, tokens: Range<Int>, depth: Int)] = [(0, tokens.indices, 0)]
        var next = 0
        while next < open.count {
            let (node, range, depth) = open[next]
            next += 1
            var rest = range
            // The token of the node itself comes first.
            if let first = rest.first, tokens[first].key.count == depth {
                nodes[node].id = Int32(tokens[first].value)
                rest = rest.dropFirst()
            }
            nodes[node].firstChild = Int32(nodes.count)
            var start = rest.lowerBound
            while start < rest.upperBound {
                let byte = tokens[start].key[depth]
                var end = start + 1
                while end < rest.upperBound, tokens[end].key[depth] == byte { end += 1 }
                open.append((nodes.count, start..<end, depth + 1))
                nodes.append(Node(byte: byte))
                nodes[node].childCount += 1
                start = end
            }
        }
    }

    /// Calls the body for each token that begins at an index, the shortest first.
    func forEachPrefix(of text: [UInt8], from start: Int, _ body: (_ length: Int, _ id: Int) -> Void) {
        var node = 0
        for index in start..<text.count {
            guard let child = child(of: node, text[index]) else { return }
            node = child
            if nodes[node].id >= 0 { body(index - start + 1, Int(nodes[node].id)) }
        }
    }

    private func child(of node: Int, _ byte: UInt8) -> Int? {
        var low = Int(nodes[node].firstChild)
        let end = low + Int(nodes[node].childCount)
        var high = end
        while low < high {
            let middle = (low + high) / 2
            if nodes[middle].byte < byte { low = middle + 1 } else { high = middle }
        }
        return low < end && nodes[low].byte == byte ? low : nil
    }
}
