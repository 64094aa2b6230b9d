internal import IoTTime
internal import JSONDocument

extension Machine {
    /// Writes what SELECT makes.
    mutating func produce(
        _ plan: SelectPlan,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext,
        into output: inout [UInt8]
    ) {
        if plan.isValue {
            _ = write(plan.items[0].node, code, frame, context, into: &output)
            return
        }
        if plan.isStarAlone {
            writePayload(code.version, frame, into: &output)
            return
        }
        if frame.form == .raw || frame.form == .array, plan.items.contains(where: \.isSpliced) {
            scratch.fail(.payloadIsNoObject)
            return
        }
        guard plan.isFlat else {
            let object = object(plan, code, frame, context)
            if !isHalted { OutputText.append(.object(object), to: &output, code.version) }
            return
        }
        if plan.hasLeadingStar, overrides(plan, frame) {
            mergeItems(plan, code, frame, context, into: &output)
            return
        }
        var isEmpty = true
        if plan.hasLeadingStar {
            isEmpty = openPayload(code.version, frame, into: &output)
        } else {
            output.append(0x7B)
        }
        for index in (plan.hasLeadingStar ? 1 : 0)..<plan.columns.count {
            let isWritten = writeItem(
                index,
                plan,
                code,
                frame,
                context,
                isFirst: isEmpty,
                into: &output
            )
            if isWritten { isEmpty = false }
        }
        output.append(0x7D)
    }

    /// Writes a name and its value; `false` for Undefined, with nothing written.
    private mutating func writeItem(
        _ index: Int,
        _ plan: SelectPlan,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext,
        isFirst: Bool,
        into output: inout [UInt8]
    ) -> Bool {
        let mark = output.count
        let column = plan.columns[index]
        // Without the comma where it is the first.
        let label = column.label.lowerBound + (isFirst ? 1 : 0)..<column.label.upperBound
        let labels = plan.labels
        OutputText.append(labels.span.extracting(label), to: &output)
        if write(column.node, code, frame, context, into: &output) { return true }
        output.removeSubrange(mark...)
        return false
    }

    /// Writes the payload's members without those that an item replaces, then the items.
    ///
    /// The items are computed first: one that is Undefined replaces nothing.
    private mutating func mergeItems(
        _ plan: SelectPlan,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext,
        into output: inout [UInt8]
    ) {
        var items: [UInt8] = []
        swap(&items, &itemBuffer)
        items.removeAll(keepingCapacity: true)
        replaced.removeAll(keepingCapacity: true)
        for index in 1..<plan.items.count {
            let isWritten = writeItem(
                index,
                plan,
                code,
                frame,
                context,
                isFirst: items.isEmpty,
                into: &items
            )
            if isWritten, plan.replacesMember(index, of: frame.root) {
                replaced.append(index)
            }
        }
        output.append(0x7B)
        var isEmpty = true
        scratch.charge(bytes: frame.root.count * replaced.count)
        guard !isHalted else { return }
        var members = frame.root.members
        while let member = members.next() {
            var isReplaced = false
            for index in replaced {
                let name = plan.items[index].key.utf8
                if member.name == name.span { isReplaced = true }
            }
            if isReplaced { continue }
            if !isEmpty { output.append(0x2C) }
            isEmpty = false
            OutputText.append(name: member.name, to: &output)
            OutputText.append(member.value, to: &output, code.version)
        }
        if !isEmpty, !items.isEmpty { output.append(0x2C) }
        output.append(contentsOf: items)
        output.append(0x7D)
        swap(&items, &itemBuffer)
    }

    /// Whether the payload has a member that an item replaces.
    private func overrides(_ plan: SelectPlan, _ frame: borrowing Frame) -> Bool {
        for index in 1..<plan.columns.count where plan.replacesMember(index, of: frame.root) {
            return true
        }
        return false
    }

    private func writePayload(
        _ version: SQLVersion,
        _ frame: borrowing Frame,
        into output: inout [UInt8]
    ) {
        switch frame.form {
        case .raw: OutputText.append(frame.payload, to: &output)
        case .empty: OutputText.append("{}", to: &output)
        case .array: OutputText.append(frame.root, to: &output, version)
        case .object:
            if isPlain(frame.root, version) {
                OutputText.append(frame.root.source, to: &output)
            } else {
                OutputText.append(frame.root, to: &output, version)
            }
        }
    }

    /// Writes the payload's members and leaves the object open.
    ///
    /// - Returns: whether there were none.
    private func openPayload(
        _ version: SQLVersion,
        _ frame: borrowing Frame,
        into output: inout [UInt8]
    ) -> Bool {
        let root = frame.root
        guard frame.form == .object, root.count > 0 else {
            output.append(0x7B)
            return true
        }
        if isPlain(root, version) {
            let source = root.source
            OutputText.append(source.extracting(0..<(source.count - 1)), to: &output)
        } else {
            OutputText.append(root, to: &output, version)
            output.removeLast()
        }
        return false
    }

    /// Whether an object may be copied as it stands: no whole number to rewrite, no member that a
    /// later one of the same name overrides.
    private func isPlain(_ object: JSONView, _ version: SQLVersion) -> Bool {
        if object.isVerbatim { return true }
        let range = object.sourceRange
        let source = object.source
        var members = object.members
        var end = range.lowerBound + 1
        while let member = members.next() {
            let here = member.sourceRange
            guard Self.isGap(source, end - range.lowerBound, here.lowerBound - range.lowerBound)
            else { return false }
            end = here.upperBound
            switch member.value.kind {
            case .number:
                if version.hasNestedQueries, OutputText.rewritten(member.value) != nil {
                    return false
                }
            case .object: if !isPlain(member.value, version) { return false }
            case .array: if !isPlainArray(member.value, version) { return false }
            default: continue
            }
        }
        return Self.isGap(source, end - range.lowerBound, source.count - 1)
    }

    private func isPlainArray(_ array: JSONView, _ version: SQLVersion) -> Bool {
        var elements = array.elements
        while let element = elements.next() {
            switch element.kind {
            case .number:
                if version.hasNestedQueries, OutputText.rewritten(element) != nil { return false }
            case .object: if !isPlain(element, version) { return false }
            case .array: if !isPlainArray(element, version) { return false }
            default: continue
            }
        }
        return true
    }

    /// Whether nothing but white space and a comma stands between two members.
    @inline(__always)
    private static func isGap(_ source: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        if end - start <= 1 { return true }
        for index in start..<end where source[index] == 0x22 { return false }
        return true
    }

    /// Writes a node's value as JSON; `false` for Undefined, with nothing written.
    mutating func write(
        _ id: Int32,
        _ code: Code,
        _ frame: borrowing Frame,
        _ context: borrowing MessageContext,
        into output: inout [UInt8]
    ) -> Bool {
        switch code.nodes[Int(id)] {
        case .field(let path):
            guard let view = frame.lookup(path, code) else { return false }
            OutputText.append(view, to: &output, code.version)
            return true
        case .constant(let number):
            output.append(contentsOf: code.constants[Int(number)].json)
            return !code.constants[Int(number)].json.isEmpty
        case .payload:
            writePayload(code.version, frame, into: &output)
            return frame.form != .raw || code.select?.isValue == true
        case .call(.timestamp, _, _):
            OutputText.append(context.now.milliseconds, to: &output)
            return true
        case .call(.newuuid, _, _) where context.fixedUUID == nil:
            let text = uuidBytes()
            OutputText.append(text.span, to: &output)
            return true
        case .call(.topic, let list, _):
            if let range = constantLevel(list, code, frame) {
                OutputText.append(quoted: frame.topic.extracting(range), to: &output)
                return true
            }
        default: break
        }
        let result = value(id, code, frame, context)
        guard !isHalted, let json = result.json(code.version) else { return false }
        OutputText.append(json, to: &output, code.version)
        return true
    }

    /// The part of the topic that `topic()` and `topic(constant)` name.
    private func constantLevel(
        _ list: Operands,
        _ code: Code,
        _ frame: borrowing Frame
    ) -> Range<Int>? {
        guard list.count == 1 else { return 0..<frame.topic.count }
        guard case .constant(let number) = code.nodes[Int(code.operands[Int(list.start)])],
            let level = code.constants[Int(number)].int
        else { return nil }
        return frame.level(Int(max(0, min(level, 1 << 32))))
    }
}

extension SelectPlan {
    /// Whether an object has a member of an item's name.
    @inline(__always)
    fileprivate func replacesMember(_ index: Int, of object: JSONView) -> Bool {
        if let shortKey = columns[index].shortKey { return object.hasMember(shortKey) }
        return object.member(items[index].key) != nil
    }
}
