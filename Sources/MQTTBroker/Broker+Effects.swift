internal import MQTTCodec

// Answers that come later.

extension Broker {
    /// What an answer is for.
    enum Awaiting: Sendable {
        /// The packet at hand of a connection.
        case packet(SlotKey)
        /// A step of enhanced authentication.
        case authentication(SlotKey)
        /// Whether a session may be sent messages of this topic: the head of its queue waits.
        case receive(SlotKey, topic: [UInt8])
        /// Whether a will is published.
        case will(DueWill)
        /// Whether a client stays connected.
        case remain(SlotKey)
        /// Whether a session keeps a subscription.
        case keep(SlotKey, filter: [UInt8])
    }

    /// Brings the answer to ``Output/authorise(_:_:)``; what waited for it goes on where it stopped.
    ///
    /// - Parameters:
    ///   - effect: the question; unknown ones, and those whose client is gone, are ignored.
    ///   - decision: the answer; ``Decision/later`` counts as a refusal.
    ///   - now: the time.
    public mutating func completed(_ effect: EffectID, _ decision: Decision, at now: Now) {
        guard let awaiting = effects.removeValue(forKey: effect) else { return }
        let decision: Decision = decision == .later ? .deny(.notAuthorized) : decision
        switch awaiting {
        case .authentication:
            // Another kind of answer is due.
            effects[effect] = awaiting
            return
        case .packet(let key):
            guard connections[key]?.awaited == effect else { return }
            connections[key]?.awaited = nil
            connections[key]?.isPacketWaiting = false
            connections[key]?.answers.append(decision)
            processHeldInput(key, at: now)
        case .receive(let session, let topic):
            guard sessions[session]?.awaitedReceive == effect else { return }
            sessions[session]?.awaitedReceive = nil
            sessions[session]?.receiveCache.insert(
                topic.span,
                decision == .allow,
                capacity: configuration.receiveDecisionsPerSession
            )
            pump(session, at: now)
        case .will(let will):
            if decision == .allow { release(will, at: now) } else { counters.denied += 1 }
        case .remain(let key):
            if case .deny(let code) = decision { close(key, .server(code), at: now) }
        case .keep(let session, let filter):
            if decision != .allow { dropSubscription(filter.span, of: session, at: now) }
        }
        settle(at: now)
    }

    // A packet may ask several questions. It is handled again from its start when a late answer
    // comes, and finds the answers so far in the order in which it asks; so nothing may take effect
    // before the last question.

    /// The answer that was given to a question of the packet at hand before.
    func givenAnswer(_ position: Int, on key: SlotKey) -> Decision? {
        guard let answers = connections[key]?.answers, position < answers.count else { return nil }
        return answers[position]
    }

    /// Keeps an answer for the case that a later question of the same packet has to wait.
    mutating func record(_ decision: Decision, on key: SlotKey) {
        connections[key]?.answers.append(decision)
    }

    /// Puts a question out; the packet at hand waits for the answer.
    mutating func ask(_ question: Question, on key: SlotKey) {
        let effect = ask(question, .packet(key))
        connections[key]?.awaited = effect
        connections[key]?.isPacketWaiting = true
    }

    /// Puts a question out.
    @discardableResult
    mutating func ask(_ question: Question, _ awaiting: Awaiting) -> EffectID {
        let effect = EffectID(rawValue: nextEffect)
        nextEffect += 1
        effects[effect] = awaiting
        outputs.append(.authorise(effect, question))
        return effect
    }
}
