internal import IoTTime
internal import MQTTCodec

// AUTH. MQTT 5.0 §3.15, §4.12

extension Broker {
    /// Brings the answer to ``Output/authenticate(_:_:)``.
    ///
    /// - Parameters:
    ///   - effect: the step; unknown ones, and those whose connection is gone, are ignored.
    ///   - answer: what to do.
    ///   - now: the time.
    public mutating func authenticated(
        _ effect: EffectID,
        _ answer: AuthenticationAnswer,
        at now: Now
    ) {
        guard case .authentication(let key)? = effects[effect] else { return }
        effects[effect] = nil
        guard connections[key]?.awaited == effect, let state = connections[key]?.authentication
        else { return }
        connections[key]?.awaited = nil
        switch answer {
        case .proceed(let data):
            sendAuth(.continueAuthentication, state.method, data, on: key, at: now)
        case .success(let data): succeed(state, data, on: key, at: now)
        case .failure(let code):
            if state.stage == .again {
                close(key, .server(code), at: now)
            } else {
                refuseClient(code.isError ? code : .notAuthorized, on: key, at: now)
            }
        }
        processHeldInput(key, at: now)
        settle(at: now)
    }

    private mutating func succeed(
        _ state: Authentication,
        _ data: [UInt8]?,
        on key: SlotKey,
        at now: Now
    ) {
        if state.stage == .again {
            connections[key]?.authentication?.stage = .idle
            sendAuth(.success, state.method, data, on: key, at: now)
            return
        }
        // The CONNECT goes on where it stopped: its other questions may have to wait as well.
        connections[key]?.authentication?.stage = .accepted
        connections[key]?.authentication?.finalData = data
        connections[key]?.authentication?.connectPacket = []
        connections[key]?.input.insert(contentsOf: state.connectPacket, at: 0)
    }

    /// Whether a CONNECT may go on: it names no method, or its client has authenticated.
    mutating func isAuthenticated(
        _ packet: ConnectView,
        _ bytes: Span<UInt8>,
        _ client: Client,
        on key: SlotKey,
        at now: Now
    ) -> Bool {
        guard packet.properties.contains(.authenticationMethod),
            let name = packet.properties.authenticationMethod
        else { return true }
        if connections[key]?.authentication?.stage == .accepted { return true }
        let method = String(checkedUTF8: name)
        guard policy.supportsAuthentication(method) else {
            refuseClient(.badAuthenticationMethod, on: key, at: now)
            return false
        }
        connections[key]?.authentication = Authentication(
            client: client,
            method: method,
            connectPacket: [UInt8](copying: bytes)
        )
        var password: Password?
        if let bytes = packet.password { password = Password([UInt8](copying: bytes)) }
        ask(
            AuthenticationStep(
                connection: ConnectionID(key: key),
                client: client,
                method: method,
                data: packet.properties.ownedAuthenticationData,
                stage: .connect(password: password)
            ),
            on: key
        )
        return false
    }

    /// AUTH arrived. [MQTT-4.12.0-3] [MQTT-4.12.1-1]
    mutating func authenticate(_ packet: ReasonView, on key: SlotKey, at now: Now) {
        guard let state = connections[key]?.authentication else {
            // No method was agreed in CONNECT. [MQTT-4.12.0-7]
            return violateBeforeOrAfterConnack("MQTT-4.12.0-7", on: key, at: now)
        }
        var method = ""
        if let name = packet.properties.authenticationMethod { method = String(checkedUTF8: name) }
        guard method.utf8.elementsEqual(state.method.utf8) else {
            return violateBeforeOrAfterConnack("MQTT-4.12.0-5", on: key, at: now)
        }
        let isNext = packet.reasonCode == .continueAuthentication
        let stage: AuthenticationStep.Stage
        switch state.stage {
        case .connecting where isNext, .again where isNext: stage = .next
        case .idle where packet.reasonCode == .reAuthenticate:
            stage = .reauthenticate
            connections[key]?.authentication?.stage = .again
        default: return violateBeforeOrAfterConnack("§3.15.2.1", on: key, at: now)
        }
        var client = state.client
        if let session = connections[key]?.session, let current = sessions[session]?.client {
            client = current
        }
        ask(
            AuthenticationStep(
                connection: ConnectionID(key: key),
                client: client,
                method: state.method,
                data: packet.properties.ownedAuthenticationData,
                stage: stage
            ),
            on: key
        )
    }

    /// Before CONNACK a server has no DISCONNECT, [MQTT-3.14.0-1]: the refusal is a CONNACK.
    private mutating func violateBeforeOrAfterConnack(
        _ rule: String,
        on key: SlotKey,
        at now: Now
    ) {
        if connections[key]?.session == nil {
            sendConnack(.protocolError, as: .v5, on: key, at: now)
        }
        violate(.protocolError, rule, on: key, at: now)
    }

    /// Puts a step out; later packets of the connection wait for the answer.
    private mutating func ask(_ step: AuthenticationStep, on key: SlotKey) {
        let effect = EffectID(rawValue: nextEffect)
        nextEffect += 1
        effects[effect] = .authentication(key)
        connections[key]?.awaited = effect
        outputs.append(.authenticate(effect, step))
    }

    private mutating func sendAuth(
        _ code: ReasonCode,
        _ method: String,
        _ data: [UInt8]?,
        on key: SlotKey,
        at now: Now
    ) {
        var list = [Property.authenticationMethod(method)]
        if let data { list.append(.authenticationData(data)) }
        let packet = Auth(reasonCode: code, properties: (try? Properties(list)) ?? Properties())
        guard let bytes = try? packet.encoded(as: .v5, from: .server) else {
            // Data of more than 65,535 bytes: the owner's mistake, but nothing a client can wait for.
            return close(key, .server(.implementationSpecificError), at: now)
        }
        sendControl(bytes.span, on: key, at: now)
    }
}

extension PropertiesView {
    fileprivate var ownedAuthenticationData: [UInt8]? {
        guard let data = authenticationData else { return nil }
        return [UInt8](copying: data)
    }
}
