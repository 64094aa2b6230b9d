/// The index's second structure: filters level by level, for those whose shapes are too many for
/// the hash table, and for very deep ones.
///
/// A node's literal children stand in one hash table for the whole trie; a node with one child
/// names it directly. The walk over it keeps no stack: nodes know their parents, and a level's start
/// is found again by looking back to the separator. So it needs no memory and has no depth limit.
struct TopicTrie: Sendable {
    private typealias Node = UInt32

    // Words of a node; the text of the level that leads to it follows.
    private static let edgeHash = 0
    private static let parent = 1
    private static let plusChild = 2
    private static let terminal = 3
    private static let hashTerminal = 4
    private static let onlyChild = 5
    private static let childCount = 6
    private static let edge = 7
    private static let nodeWords = 8
    /// In the edge word: the node is its parent's `+`. The lower half is the text's length.
    private static let isPlus: UInt32 = 1 << 16

    private var heap = RecordHeap()
    private var edges = SegmentTable()
    private var root: UInt32 = 0
    private(set) var count = 0

    var byteCount: Int { heap.byteCount + edges.byteCount }
    var hasRoom: Bool { heap.hasRoom }

    // MARK: Change

    /// Adds a filter that is not there.
    mutating func insert(
        _ bytes: UnsafePointer<UInt8>,
        count length: Int,
        record: UInt32,
        _ hasher: LevelHasher
    ) {
        if root == 0 { root = heap.allocate(words: Self.nodeWords) }
        count += 1
        var node = root
        var start = 0
        while start <= length {
            let end = unsafe Bytes.levelEnd(bytes, from: start, count: length)
            let first = end == start + 1 ? unsafe bytes[start] : 0
            if first == TopicSyntax.hash {
                heap[node, Self.hashTerminal] = record
                return
            }
            if first == TopicSyntax.plus {
                node = plusChild(of: node)
            } else {
                node = unsafe literalChild(of: node, bytes, start..<end, hasher)
            }
            start = end + 1
        }
        heap[node, Self.terminal] = record
    }

    private mutating func plusChild(of node: Node) -> Node {
        let known = heap[node, Self.plusChild]
        if known != 0 { return known }
        let child = heap.allocate(words: Self.nodeWords)
        heap[child, Self.parent] = node
        heap[child, Self.edge] = Self.isPlus
        heap[node, Self.plusChild] = child
        return child
    }

    private mutating func literalChild(
        of node: Node,
        _ bytes: UnsafePointer<UInt8>,
        _ range: Range<Int>,
        _ hasher: LevelHasher
    ) -> Node {
        let known = unsafe child(of: node, bytes, range, hasher)
        if known != 0 { return known }
        let child = heap.allocate(words: Self.nodeWords + (range.count + 3) / 4)
        let hash = unsafe hasher.edge(hasher.level(bytes, range, place: 0), from: node)
        let words = unsafe heap.mutableWords(child)
        unsafe words[Self.edgeHash] = hash
        unsafe words[Self.parent] = node
        unsafe words[Self.edge] = UInt32(range.count)
        unsafe UnsafeMutableRawPointer(words + Self.nodeWords).copyMemory(
            from: bytes + range.lowerBound,
            byteCount: range.count
        )
        let siblings = heap[node, Self.childCount]
        heap[node, Self.childCount] = siblings + 1
        if siblings == 0 { heap[node, Self.onlyChild] = child }
        Self.insert(hash, child, into: &edges, heap)
        return child
    }

    // The two take the parts apart: a copy of `heap` in a closure would make the next write to it
    // copy pages.
    private static func insert(
        _ hash: UInt32,
        _ node: Node,
        into edges: inout SegmentTable,
        _ heap: RecordHeap
    ) {
        edges.insert(hash, node) { heap[$0, edgeHash] }
    }

    private static func remove(
        _ hash: UInt32,
        _ node: Node,
        from edges: inout SegmentTable,
        _ heap: RecordHeap
    ) {
        edges.remove(hash, node) { heap[$0, edgeHash] }
    }

    /// Removes a filter that is there, and the nodes that only it needed.
    mutating func remove(
        _ bytes: UnsafePointer<UInt8>,
        count length: Int,
        _ hasher: LevelHasher
    ) {
        var node = root
        var start = 0
        var word = Self.terminal
        while start <= length {
            let end = unsafe Bytes.levelEnd(bytes, from: start, count: length)
            let first = end == start + 1 ? unsafe bytes[start] : 0
            if first == TopicSyntax.hash {
                word = Self.hashTerminal
                break
            }
            node =
                first == TopicSyntax.plus
                ? heap[node, Self.plusChild]
                : unsafe child(of: node, bytes, start..<end, hasher)
            guard node != 0 else { return }
            start = end + 1
        }
        heap[node, word] = 0
        count -= 1
        prune(from: node)
    }

    private mutating func prune(from leaf: Node) {
        var node = leaf
        while node != 0 {
            let words = unsafe heap.words(node)
            guard
                unsafe words[Self.plusChild] | words[Self.terminal] | words[Self.hashTerminal]
                    | words[Self.childCount] == 0
            else { return }
            let parent = unsafe words[Self.parent]
            if node == root {
                root = 0
            } else if unsafe words[Self.edge] & Self.isPlus != 0 {
                heap[parent, Self.plusChild] = 0
            } else {
                let hash = unsafe words[Self.edgeHash]
                Self.remove(hash, node, from: &edges, heap)
                heap[parent, Self.childCount] -= 1
                if heap[parent, Self.onlyChild] == node { heap[parent, Self.onlyChild] = 0 }
            }
            heap.free(node)
            node = parent
        }
    }

    // MARK: Matching

    /// The child of `node` for a literal level, 0 where there is none.
    @inline(__always)
    private func child(
        of node: Node,
        _ bytes: UnsafePointer<UInt8>,
        _ range: Range<Int>,
        _ hasher: LevelHasher
    ) -> Node {
        let words = unsafe heap.words(node)
        let children = unsafe words[Self.childCount]
        if children == 0 { return 0 }
        let only = unsafe words[Self.onlyChild]
        if children == 1, only != 0 {
            return unsafe isEdge(only, bytes, range) ? only : 0
        }
        return unsafe lookUp(node, bytes, range, hasher)
    }

    @inline(never)
    private func lookUp(
        _ node: Node,
        _ bytes: UnsafePointer<UInt8>,
        _ range: Range<Int>,
        _ hasher: LevelHasher
    ) -> Node {
        let hash = unsafe hasher.edge(hasher.level(bytes, range, place: 0), from: node)
        return edges.first(hash) { other in
            unsafe heap[other, Self.parent] == node && isEdge(other, bytes, range)
        }
    }

    @inline(__always)
    private func isEdge(
        _ node: Node,
        _ bytes: UnsafePointer<UInt8>,
        _ range: Range<Int>
    ) -> Bool {
        let words = unsafe heap.words(node)
        guard Int(unsafe words[Self.edge]) == range.count else { return false }
        return unsafe Bytes.isEqual(
            UnsafeRawPointer(words + Self.nodeWords).assumingMemoryBound(to: UInt8.self),
            bytes + range.lowerBound,
            count: range.count
        )
    }

    /// Where a walk stands; starts at the root.
    struct Walk {
        fileprivate enum Phase { case start, enter, literal, plus, leave, done }
        fileprivate var phase = Phase.start
        fileprivate var node: UInt32 = 0
        /// Where the level below `node` starts in the topic; one past the end plus one when the
        /// topic has no further level.
        fileprivate var position = 0

        var isDone: Bool { phase == .done }
    }

    /// Hands the records of matching filters to `emit`, until at least `limit` are out or the walk
    /// is done.
    ///
    /// - Complexity: at most the number of nodes, and at most 2 to the power of the topic's levels.
    func advance(
        _ walk: inout Walk,
        _ bytes: UnsafePointer<UInt8>,
        count length: Int,
        limit: Int,
        dialect: TopicDialect,
        _ hasher: LevelHasher,
        emit: (UInt32) -> Void
    ) {
        var emitted = 0
        if walk.phase == .start {
            walk.node = root
            walk.phase = root == 0 ? .done : .enter
        }
        let isSystem = unsafe length > 0 && bytes[0] == TopicSyntax.dollar
        while walk.phase != .done, emitted < limit {
            let words = unsafe heap.words(walk.node)
            switch walk.phase {
            case .enter:
                let hash = unsafe words[Self.hashTerminal]
                let hasLevel = walk.position <= length
                if hash != 0, hasLevel || dialect == .oasis,
                    !(isSystem && walk.node == root)
                {
                    emit(hash)
                    emitted += 1
                }
                if !hasLevel {
                    let terminal = unsafe words[Self.terminal]
                    if terminal != 0 {
                        emit(terminal)
                        emitted += 1
                    }
                    walk.phase = .leave
                } else {
                    walk.phase = .literal
                }
            case .literal:
                walk.phase = .plus
                if unsafe words[Self.childCount] != 0 {
                    let end = unsafe Bytes.levelEnd(bytes, from: walk.position, count: length)
                    let child = unsafe child(of: walk.node, bytes, walk.position..<end, hasher)
                    if child != 0 {
                        walk.node = child
                        walk.position = end + 1
                        walk.phase = .enter
                    }
                }
            case .plus:
                let child = unsafe words[Self.plusChild]
                if child != 0, !(isSystem && walk.node == root) {
                    walk.node = child
                    walk.position =
                        unsafe Bytes.levelEnd(bytes, from: walk.position, count: length) + 1
                    walk.phase = .enter
                } else {
                    walk.phase = .leave
                }
            case .leave:
                if walk.node == root {
                    walk.phase = .done
                } else {
                    walk.phase = unsafe words[Self.edge] & Self.isPlus != 0 ? .leave : .plus
                    walk.node = unsafe words[Self.parent]
                    // From past the separator behind the level to the level's own start.
                    var start = walk.position - 1
                    while start > 0, unsafe bytes[start - 1] != TopicSyntax.slash { start -= 1 }
                    walk.position = start
                }
            case .start, .done:
                break
            }
        }
    }
}
