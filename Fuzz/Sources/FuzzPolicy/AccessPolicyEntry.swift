internal import AccessPolicy
internal import IoTTime

/// Any bytes as a policy document, and a request against it.
///
/// Input: document, a zero byte, client identifier, a zero byte, resource. Properties: no trap;
/// `decide` and `explain` agree; a set with a `Deny` of everything behind it allows nothing; what a
/// set allows, a set with one more copy of the document allows too.
func fuzzPolicy(_ bytes: UnsafeRawBufferPointer) {
    let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
    let document = parts.first.map(Array.init) ?? []
    guard let policy = try? PolicyDocument(document.span) else { return }
    let client = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : "c"
    let resource = parts.count > 2 ? String(decoding: parts[2], as: UTF8.self) : "*"
    var context = AuthorizationContext(now: WallClock(milliseconds: 1_700_000_000_000))
    context.set(.clientID, to: client)
    context.set(.sourceIP, to: client)
    context.set(ContextKey("iot:Certificate.Subject.CommonName"), to: [client, resource])
    context.set(.connectAttributes, to: [client, "LastWill"])
    let once = PolicySet([("a", policy)])
    let decision = once.decide(.publish, on: resource, in: context)
    precondition(once.explain(.publish, on: resource, in: context).decision == decision)
    let twice = PolicySet([("a", policy), ("b", policy)])
    precondition(
        twice.decide(.publish, on: resource, in: context).isAllowed == decision.isAllowed
    )
    let service = PolicySet([("a", policy)], unresolvedVariables: .ignored)
    if decision.isAllowed {
        // Failing closed never allows what the service's reading denies.
        precondition(service.decide(.publish, on: resource, in: context).isAllowed)
    }
}

/// One pattern against one text: the compiled matcher equals a plain dynamic program.
///
/// Input: pattern, a zero byte, text. Patterns hold no variables here.
func fuzzPolicyPattern(_ bytes: UnsafeRawBufferPointer) {
    let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].count <= 200, parts[1].count <= 500 else { return }
    let pattern = String(decoding: parts[0], as: UTF8.self)
    let text = String(decoding: parts[1], as: UTF8.self)
    guard !pattern.contains("$"), !pattern.contains("\""), !pattern.contains("\\"),
        pattern.unicodeScalars.allSatisfy({ $0.value >= 0x20 })
    else { return }
    let json = """
        {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*",\
        "Condition":{"StringLike":{"k:x":"\(pattern)"}}}}
        """
    guard let policy = try? PolicyDocument(json) else { return }
    var context = AuthorizationContext(now: .epoch)
    context.set(ContextKey("k:x"), to: text)
    let answer = PolicySet([("p", policy)]).decide(.publish, on: "*", in: context).isAllowed
    precondition(
        answer == matchesPlainly(Array(pattern.unicodeScalars), Array(text.unicodeScalars))
    )
}

/// `*` and `?` by the textbook's table: row by row, one column per scalar of the text.
private func matchesPlainly(_ pattern: [Unicode.Scalar], _ text: [Unicode.Scalar]) -> Bool {
    var row = [Bool](repeating: false, count: text.count + 1)
    row[0] = true
    for symbol in pattern {
        var next = [Bool](repeating: false, count: text.count + 1)
        next[0] = row[0] && symbol == "*"
        for column in text.indices {
            next[column + 1] =
                symbol == "*"
                ? row[column + 1] || next[column]
                : row[column] && (symbol == "?" || symbol == text[column])
        }
        row = next
    }
    return row[text.count]
}
