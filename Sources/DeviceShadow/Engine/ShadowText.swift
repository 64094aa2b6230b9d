/// The bodies of the service's answers and messages.
enum ShadowText {
    /// Appends `{"desired":…,"reported":…}`, and the delta where it is asked for and there is one.
    static func writeState(_ shadow: Shadow, withDelta: Bool, into output: inout ByteBuilder) {
        var text = PackedText()
        let (desired, reported) = (shadow.desiredNode, shadow.reportedNode)
        output.append(0x7B)
        if !desired.isEmpty {
            output.append("\"desired\":")
            text.writeState(desired, of: shadow.bytes.span, .all, into: &output)
        }
        if !reported.isEmpty {
            output.append(desired.isEmpty ? "\"reported\":" : ",\"reported\":")
            text.writeState(reported, of: shadow.bytes.span, .all, into: &output)
        }
        if withDelta, shadow.hasDelta {
            output.append(",\"delta\":")
            text.writeState(desired, of: shadow.bytes.span, .delta, into: &output)
        }
        output.append(0x7D)
    }

    /// Appends `"metadata":{…}`.
    private static func writeMetadata(_ shadow: Shadow, into output: inout ByteBuilder) {
        var text = PackedText()
        let (desired, reported) = (shadow.desiredNode, shadow.reportedNode)
        output.append("\"metadata\":{")
        if !desired.isEmpty {
            output.append("\"desired\":")
            text.writeMetadata(desired, of: shadow.bytes.span, .all, into: &output)
        }
        if !reported.isEmpty {
            output.append(desired.isEmpty ? "\"reported\":" : ",\"reported\":")
            text.writeMetadata(reported, of: shadow.bytes.span, .all, into: &output)
        }
        output.append(0x7D)
    }

    private static func writeMembers(
        _ shadow: Shadow,
        withDelta: Bool,
        into output: inout ByteBuilder
    ) {
        output.append("\"state\":")
        writeState(shadow, withDelta: withDelta, into: &output)
        output.append(0x2C)
        writeMetadata(shadow, into: &output)
        output.append(",\"version\":")
        output.appendDecimal(shadow.version)
    }

    /// Appends `{"state":…,"metadata":…,"version":…}`.
    static func writeDocument(_ shadow: Shadow, into output: inout ByteBuilder) {
        output.append(0x7B)
        writeMembers(shadow, withDelta: false, into: &output)
        output.append(0x7D)
    }

    /// `get/accepted`.
    static func document(_ shadow: Shadow, _ seconds: UInt64, _ token: ClientToken?) -> [UInt8] {
        var output = ByteBuilder(capacity: shadow.bytes.count * 4 + 192)
        output.append(0x7B)
        writeMembers(shadow, withDelta: true, into: &output)
        finish(seconds, token, &output)
        return output.array()
    }

    /// `update/accepted`: what the request said, and nothing else.
    static func accepted(_ request: ShadowRequest, version: UInt64, _ seconds: UInt64) -> [UInt8] {
        var output = ByteBuilder(capacity: request.bytes.count * 4 + 256)
        var text = PackedText(overridingSeconds: seconds)
        if request.clearsState {
            output.append("{\"state\":null,\"metadata\":")
            text.writeTime(seconds, into: &output)
        } else {
            output.append("{\"state\":{")
            section("\"desired\":", request, request.desired, &output) { node, bytes, output in
                text.writeState(node, of: bytes, .all, into: &output)
            }
            let comma: StaticString =
                request.desired == .absent ? "\"reported\":" : ",\"reported\":"
            section(comma, request, request.reported, &output) { node, bytes, output in
                text.writeState(node, of: bytes, .all, into: &output)
            }
            output.append("},\"metadata\":{")
            section("\"desired\":", request, request.desired, &output) { node, bytes, output in
                text.writeMetadata(node, of: bytes, .all, into: &output)
            }
            section(comma, request, request.reported, &output) { node, bytes, output in
                text.writeMetadata(node, of: bytes, .all, into: &output)
            }
            output.append(0x7D)
        }
        output.append(",\"version\":")
        output.appendDecimal(version)
        finish(seconds, request.clientToken, &output)
        return output.array()
    }

    /// Appends a section of a request, where it has that one.
    @inline(__always)
    private static func section(
        _ name: StaticString,
        _ request: ShadowRequest,
        _ section: ShadowRequest.Section,
        _ output: inout ByteBuilder,
        _ write: (PackedNode, Span<UInt8>, inout ByteBuilder) -> Void
    ) {
        switch section {
        case .absent: return
        case .null:
            output.append(name)
            let null: [UInt8] = [PackedNode.null]
            write(null.span.node(at: 0), null.span, &output)
        case .object(let offset):
            output.append(name)
            write(request.bytes.span.node(at: offset), request.bytes.span, &output)
        }
    }

    /// `update/delta`; `nil` where there is no delta.
    static func delta(_ shadow: Shadow, _ seconds: UInt64, _ token: ClientToken?) -> [UInt8]? {
        guard shadow.hasDelta else { return nil }
        var output = ByteBuilder(capacity: 1_024)
        var text = PackedText()
        output.append("{\"state\":")
        text.writeState(shadow.desiredNode, of: shadow.bytes.span, .delta, into: &output)
        output.append(",\"metadata\":")
        text.writeMetadata(shadow.desiredNode, of: shadow.bytes.span, .delta, into: &output)
        output.append(",\"version\":")
        output.appendDecimal(shadow.version)
        finish(seconds, token, &output)
        return output.array()
    }

    /// `update/documents`.
    static func documents(
        _ previous: Shadow?,
        _ current: Shadow,
        _ seconds: UInt64,
        _ token: ClientToken?
    ) -> [UInt8] {
        let size = current.bytes.count + (previous?.bytes.count ?? 0)
        var output = ByteBuilder(capacity: size * 4 + 256)
        output.append("{\"previous\":")
        if let previous { writeDocument(previous, into: &output) } else { output.append("null") }
        output.append(",\"current\":")
        writeDocument(current, into: &output)
        finish(seconds, token, &output)
        return output.array()
    }

    /// `delete/accepted`.
    static func deleted(version: UInt64, _ seconds: UInt64, _ token: ClientToken?) -> [UInt8] {
        var output = ByteBuilder(capacity: 128)
        output.append("{\"version\":")
        output.appendDecimal(version)
        finish(seconds, token, &output)
        return output.array()
    }

    /// `…/rejected`.
    static func rejected(_ rejection: ShadowRejection, _ seconds: UInt64) -> [UInt8] {
        var output = ByteBuilder(capacity: 192)
        output.append("{\"code\":")
        output.appendDecimal(UInt64(rejection.code))
        output.append(",\"message\":")
        output.appendQuoted(Array(rejection.message.utf8).span)
        finish(seconds, rejection.clientToken, &output)
        return output.array()
    }

    /// Appends what every answer ends with.
    private static func finish(
        _ seconds: UInt64,
        _ token: ClientToken?,
        _ output: inout ByteBuilder
    ) {
        output.append(",\"timestamp\":")
        output.appendDecimal(seconds)
        if let token {
            output.append(",\"clientToken\":")
            output.append(token.json.span)
        }
        output.append(0x7D)
    }
}
