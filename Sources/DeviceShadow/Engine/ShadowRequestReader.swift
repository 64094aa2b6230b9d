internal import JSONDocument

/// Reads the payloads of requests; keeps its memory from one to the next.
public struct ShadowRequestReader: ~Copyable {
    /// What it accepts.
    public let limits: ShadowLimits
    private var reader: JSONReader
    private var builder = ByteBuilder(capacity: 1_024)

    /// A reader.
    public init(limits: ShadowLimits = .default) {
        self.limits = limits
        reader = JSONReader(
            options: JSONReader.Options(
                maximumDepth: JSONReader.Options.highestDepth,
                maximumLength: Int(Int32.max),
                duplicateKeys: .last
            )
        )
    }

    /// Checks the payload of an update.
    ///
    /// In this order: UTF-8, JSON object, `clientToken`, `state` is there, is an object or `null`, has
    /// no other members, sections are objects or `null`, `version` is a number, depth, no `null` in an
    /// array. Of members with the same name the last one counts. Unknown members beside `state` are
    /// ignored, as is `delta` inside it.
    /// - Throws: ``ShadowRejection`` with the client token, where that was readable.
    /// - Complexity: O(*n*); allocates the request's own memory only.
    public mutating func update(_ payload: Span<UInt8>) throws(ShadowRejection) -> ShadowRequest {
        try Self.update(payload, limits, &reader, &builder)
    }

    /// The client token of a get.
    ///
    /// - Parameter payload: empty, or a JSON object.
    /// - Returns: `nil` where there is none.
    /// - Throws: ``ShadowRejection``.
    public mutating func get(_ payload: Span<UInt8>) throws(ShadowRejection) -> ClientToken? {
        guard !payload.isEmpty else { return nil }
        let limits = limits
        return try Self.clientToken(try Self.parse(payload, limits, &reader), limits)
    }

    /// The client token of a deletion; its payload is ignored otherwise, whatever it is.
    public mutating func delete(_ payload: Span<UInt8>) -> ClientToken? {
        guard !payload.isEmpty else { return nil }
        let limits = limits
        do throws(ShadowRejection) {
            return try Self.clientToken(try Self.parse(payload, limits, &reader), limits)
        } catch {
            return nil
        }
    }

    @_lifetime(&reader, copy payload)
    private static func parse(
        _ payload: Span<UInt8>,
        _ limits: ShadowLimits,
        _ reader: inout JSONReader
    ) throws(ShadowRejection) -> JSONView {
        guard payload.count <= limits.requestLength else {
            throw ShadowRejection(.tooLarge, at: limits.requestLength)
        }
        do throws(JSONError) {
            let view = try reader.parse(payload)
            guard view.kind == .object else { throw JSONError.notAnObject(at: view.sourceRange) }
            return view
        } catch {
            throw rejection(of: payload, error, limits)
        }
    }

    /// The payload is looked at as a whole: what is no UTF-8 is refused as such, wherever it is.
    private static func rejection(
        of payload: Span<UInt8>,
        _ error: JSONError,
        _ limits: ShadowLimits
    ) -> ShadowRejection {
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: payload)
        } catch {
            return ShadowRejection(.unsupportedEncoding, at: error.byteOffsets.lowerBound)
        }
        if case .tooDeep = error.violation {
            return ShadowRejection(.tooDeep(maximum: limits.depth), at: error.offset)
        }
        return ShadowRejection(.invalidJSON, at: error.offset)
    }

    private static func clientToken(
        _ view: borrowing JSONView,
        _ limits: ShadowLimits
    ) throws(ShadowRejection) -> ClientToken? {
        guard let token = view["clientToken"] else { return nil }
        guard let string = token.string, string.utf8Count <= limits.maximumClientTokenLength else {
            throw ShadowRejection(.invalidClientToken, at: token.sourceRange.lowerBound)
        }
        return ClientToken(json: string.canonical(quoted: true))
    }
}

extension ShadowRequestReader {
    private static func update(
        _ payload: Span<UInt8>,
        _ limits: ShadowLimits,
        _ reader: inout JSONReader,
        _ builder: inout ByteBuilder
    ) throws(ShadowRejection) -> ShadowRequest {
        let view = try parse(payload, limits, &reader)
        let token = try clientToken(view, limits)
        guard let state = view["state"] else {
            throw ShadowRejection(.missingState, at: 0, clientToken: token)
        }
        do throws(ShadowRejection) {
            return try request(view, state, token, limits, &builder)
        } catch {
            var rejection = error
            rejection.clientToken = token
            throw rejection
        }
    }

    /// Checks everything behind the client token.
    private static func request(
        _ view: borrowing JSONView,
        _ state: borrowing JSONView,
        _ token: ClientToken?,
        _ limits: ShadowLimits,
        _ builder: inout ByteBuilder
    ) throws(ShadowRejection) -> ShadowRequest {
        guard state.kind == .object || state.isNull else {
            throw ShadowRejection(.stateNotObject, at: state.sourceRange.lowerBound)
        }
        try checkNames(state)
        try checkSection(state["desired"], .desiredNotObject)
        try checkSection(state["reported"], .reportedNotObject)
        let version = try self.version(view["version"])
        builder.truncate(to: 0)
        var encoder = PackedEncoder(maximumDepth: limits.depth)
        let desired = try section(state["desired"], limits, &encoder, &builder)
        let reported = try section(state["reported"], limits, &encoder, &builder)
        if let offset = encoder.nullInArray {
            throw ShadowRejection(.invalidNode(name: nil), at: offset)
        }
        return ShadowRequest(
            bytes: builder.array(),
            desired: desired,
            reported: reported,
            clearsState: state.isNull,
            version: version,
            clientToken: token
        )
    }

    private static func checkNames(_ state: borrowing JSONView) throws(ShadowRejection) {
        var known = 0
        if state["desired"] != nil { known += 1 }
        if state["reported"] != nil { known += 1 }
        if state["delta"] != nil { known += 1 }
        guard state.count > known else { return }
        var cursor = state.members
        while let member = cursor.next() {
            switch member.name.value {
            case "desired", "reported", "delta": continue
            case let name:
                throw ShadowRejection(
                    .invalidNode(name: shortened(name)),
                    at: member.sourceRange.lowerBound
                )
            }
        }
    }

    /// A name that a client chose, cut for the message: 100 characters at most.
    private static func shortened(_ name: String) -> String {
        name.unicodeScalars.count <= 100
            ? name : String(String.UnicodeScalarView(name.unicodeScalars.prefix(99))) + "…"
    }

    private static func checkSection(
        _ section: JSONView?,
        _ violation: ShadowRejection.Violation
    ) throws(ShadowRejection) {
        guard let section, section.kind != .object, !section.isNull else { return }
        throw ShadowRejection(violation, at: section.sourceRange.lowerBound)
    }

    /// A whole number from 0 on, written without a fraction and an exponent.
    private static func version(
        _ view: JSONView?
    ) throws(ShadowRejection) -> ShadowRequest.Version? {
        guard let view else { return nil }
        guard let number = view.number, number.isInteger else {
            throw ShadowRejection(.invalidVersion, at: view.sourceRange.lowerBound)
        }
        let text = String(JSONNumber(number).text)
        if let value = UInt64(text) { return .exactly(value) }
        guard text.utf8.first != 0x2D else {
            if text == "-0" { return .exactly(0) }
            throw ShadowRejection(.invalidVersion, at: view.sourceRange.lowerBound)
        }
        return .unreachable
    }

    private static func section(
        _ view: JSONView?,
        _ limits: ShadowLimits,
        _ encoder: inout PackedEncoder,
        _ builder: inout ByteBuilder
    ) throws(ShadowRejection) -> ShadowRequest.Section {
        guard let view else { return .absent }
        if view.isNull { return .null }
        let start = builder.count
        let fault = encoder.encode(view, level: 0, isInArray: false, into: &builder)
        if let fault { throw ShadowRejection(.tooDeep(maximum: limits.depth), at: fault) }
        return .object(start)
    }
}

extension JSONError {
    fileprivate static func notAnObject(at range: Range<Int>) -> JSONError {
        JSONError(.trailingBytes, at: range.lowerBound, line: 1, column: 1)
    }
}
