internal import MQTTCodec

// Answers that come later.

extension Broker {
    /// Brings the answer to ``Output/authorise(_:_:)``; the connection goes on where it stopped.
    ///
    /// - Parameters:
    ///   - effect: the question.
    ///   - decision: the answer; ``Decision/later`` counts as a refusal.
    ///   - now: the time.
    public mutating func completed(_ effect: EffectID, _ decision: Decision, at now: Now) {
        guard let key = effects.removeValue(forKey: effect),
            connections[key]?.awaited == effect
        else { return }
        connections[key]?.awaited = nil
        connections[key]?.answers.append(decision == .later ? .deny(.notAuthorized) : decision)
        processHeldInput(key, at: now)
        settle(at: now)
    }

    /// Answers the next question of the packet at hand.
    ///
    /// A packet may ask several questions; it is handled again from its start when a late answer
    /// comes, and finds the answers so far in the order in which it asks. Nothing may have taken
    /// effect before the last question.
    /// - Returns: `nil` when the answer comes later; stop handling the packet.
    mutating func decide(
        _ key: SlotKey,
        _ asked: inout Int,
        _ client: Client,
        _ action: @autoclosure () -> Question.Action,
        ask: (any BrokerPolicy) -> Decision
    ) -> Decision? {
        defer { asked += 1 }
        if let answers = connections[key]?.answers, asked < answers.count { return answers[asked] }
        let decision = ask(policy)
        guard decision == .later else {
            connections[key]?.answers.append(decision)
            return decision
        }
        let effect = EffectID(rawValue: nextEffect)
        nextEffect += 1
        effects[effect] = key
        connections[key]?.awaited = effect
        outputs.append(.authorise(effect, Question(client: client, action: action())))
        return nil
    }
}
