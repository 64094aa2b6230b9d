/// The check that the names of an object differ. RFC 8259 §4
enum DuplicateNames {
    /// Compares the last name of the tape with the earlier ones of a small object.
    @inline(never)
    static func checkLast(
        _ tape: UnsafeMutablePointer<TapeEntry>,
        object: Int,
        end: Int,
        _ text: ByteSource,
        _ policy: JSONReader.DuplicateKeys
    ) throws(TapeFault) {
        let last = end &- 1
        var k = object &+ 1
        while k < last {
            if unsafe tape[k].next == tape[last].next,
                unsafe tape[k].info & TapeEntry.shadowed == 0,
                text.namesEqual(unsafe tape[k], unsafe tape[last])
            {
                unsafe try resolve(tape, object: object, first: k, second: last, policy)
                return
            }
            k = unsafe Int(tape[k &+ 1].next)
        }
    }

    /// Compares all names of a large object through a hash table.
    ///
    /// Names that were made to collide cost a bounded number of probes; then they are sorted instead,
    /// so that no input takes more than O(*n* log *n*).
    @inline(never)
    static func check(
        _ tape: UnsafeMutablePointer<TapeEntry>,
        object: Int,
        end: Int,
        _ text: ByteSource,
        _ policy: JSONReader.DuplicateKeys,
        _ storage: inout TapeStorage
    ) throws(TapeFault) {
        var count = 0
        var k = object &+ 1
        while k < end {
            count &+= 1
            k = unsafe Int(tape[k &+ 1].next)
        }
        var size = 64
        while size < count &* 2 { size &*= 2 }
        let table = unsafe storage.clearedTable(size)
        var probes = count &* 8
        k = object &+ 1
        while k < end {
            var slot = unsafe Int(tape[k].next) & (size &- 1)
            while true {
                let other = unsafe Int(table[slot])
                // Entry 0 is never a name: it is the root's.
                if other == 0 {
                    unsafe table[slot] = UInt32(truncatingIfNeeded: k)
                    break
                }
                if unsafe tape[other].next == tape[k].next,
                    unsafe tape[k].info & TapeEntry.shadowed == 0,
                    text.namesEqual(unsafe tape[other], unsafe tape[k])
                {
                    unsafe try resolve(tape, object: object, first: other, second: k, policy)
                    if policy == .last { unsafe table[slot] = UInt32(truncatingIfNeeded: k) }
                    break
                }
                probes &-= 1
                if probes < 0 {
                    unsafe try checkBySorting(tape, object: object, end: end, text, policy)
                    return
                }
                slot = (slot &+ 1) & (size &- 1)
            }
            k = unsafe Int(tape[k &+ 1].next)
        }
    }

    private static func checkBySorting(
        _ tape: UnsafeMutablePointer<TapeEntry>,
        object: Int,
        end: Int,
        _ text: ByteSource,
        _ policy: JSONReader.DuplicateKeys
    ) throws(TapeFault) {
        var names: [Int] = []
        var k = object &+ 1
        while k < end {
            if unsafe tape[k].info & TapeEntry.shadowed == 0 { names.append(k) }
            k = unsafe Int(tape[k &+ 1].next)
        }
        names.sort { a, b in
            let order = unsafe text.compareNames(tape[a], tape[b])
            return order == 0 ? a < b : order < 0
        }
        for (a, b) in zip(names, names.dropFirst()) {
            guard unsafe text.compareNames(tape[a], tape[b]) == 0 else { continue }
            unsafe try resolve(tape, object: object, first: a, second: b, policy)
        }
    }

    private static func resolve(
        _ tape: UnsafeMutablePointer<TapeEntry>,
        object: Int,
        first: Int,
        second: Int,
        _ policy: JSONReader.DuplicateKeys
    ) throws(TapeFault) {
        switch policy {
        case .reject:
            throw TapeFault(.duplicateKey, at: unsafe Int(tape[second].start) - 1)
        case .first:
            unsafe tape[second].info |= TapeEntry.shadowed
        case .last:
            unsafe tape[first].info |= TapeEntry.shadowed
        }
        unsafe tape[object].info |= TapeEntry.hasShadowed
    }
}

extension ByteSource {
    func namesEqual(_ a: TapeEntry, _ b: TapeEntry) -> Bool {
        if (a.info | b.info) & TapeEntry.escaped == 0 {
            guard a.length == b.length else { return false }
            for k in 0..<Int(a.length) where self[Int(a.start) &+ k] != self[Int(b.start) &+ k] {
                return false
            }
            return true
        }
        return compareNames(a, b) == 0
    }

    /// Orders two names by the bytes they stand for: negative, 0 or positive.
    func compareNames(_ a: TapeEntry, _ b: TapeEntry) -> Int {
        var x = Unescaper(start: Int(a.start), end: Int(a.start) + Int(a.length))
        var y = Unescaper(start: Int(b.start), end: Int(b.start) + Int(b.length))
        while true {
            let p = x.next { self[$0] }
            let q = y.next { self[$0] }
            guard let p else { return q == nil ? 0 : -1 }
            guard let q else { return 1 }
            if p != q { return p < q ? -1 : 1 }
        }
    }

    /// The hash of a name that has escapes, over the bytes it stands for.
    func escapedNameHash(from start: Int, to end: Int) -> UInt32 {
        var length = 0
        var counter = Unescaper(start: start, end: end)
        while counter.next({ self[$0] }) != nil { length += 1 }
        var hash = NameHash.Stream(length: length)
        var bytes = Unescaper(start: start, end: end)
        while let byte = bytes.next({ self[$0] }) { hash.append(byte) }
        return hash.finish()
    }
}
