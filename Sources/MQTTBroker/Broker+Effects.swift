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
        let effect = EffectID(rawValue: nextEffect)
        nextEffect += 1
        effects[effect] = key
        connections[key]?.awaited = effect
        outputs.append(.authorise(effect, question))
    }
}
