internal import DeviceRegistration
internal import JSONDocument
internal import X509Verification

/// Digests that need no library; names of policies need nothing more here.
private struct SumDigest: CryptoProvider {
    func sha256(_ bytes: Span<UInt8>) -> [UInt8] {
        var sum: UInt8 = 0
        for i in bytes.indices { sum = sum &* 31 &+ bytes[i] }
        return [UInt8](repeating: sum, count: 32)
    }

    func validate(_ key: SubjectPublicKey, verifies: Bool) -> KeyProblem? { nil }

    func verify(
        _ signature: Span<UInt8>,
        over message: Span<UInt8>,
        algorithm: SignatureAlgorithm,
        key: SubjectPublicKey
    ) -> Bool { false }
}

/// Reads a template (the first octet chooses its kind) and puts three sets of values into it: harmless
/// ones, ones that would end a JSON string, and ones that would widen a policy.
public func fuzzProvisioningTemplate(_ bytes: UnsafeRawBufferPointer) {
    guard let first = bytes.first else { return }
    let text = [UInt8](bytes.dropFirst())
    let kind: ProvisioningTemplate.Kind =
        switch first & 3 {
        case 0: .jitp
        case 1: .fleet
        default: .bulk
        }
    let template: ProvisioningTemplate
    do throws(TemplateError) {
        template = try ProvisioningTemplate(text.span, kind: kind)
    } catch {
        check(error, text)
        return
    }
    evaluate(template, "a1", isHazard: false)
    evaluate(template, "\"},\u{100000}{\\", isHazard: false)
    evaluate(template, hazard, isHazard: true)
}

/// A value that no name and no policy may hold.
private let hazard = "kept-out-*-kept-out"

private func evaluate(_ template: ProvisioningTemplate, _ value: String, isHazard: Bool) {
    var values: [String: String] = [:]
    for name in template.parameterNames where !name.hasPrefix("AWS::") { values[name] = value }
    let plan: ProvisioningPlan
    do throws(TemplateError) {
        plan = try template.evaluate(values, crypto: SumDigest())
    } catch {
        check(error, template.source)
        return
    }
    if let thing = plan.thing {
        precondition((1...128).contains(thing.name.utf8.count))
        precondition(!thing.name.contains(hazard))
    }
    for policy in plan.policies {
        precondition(!policy.name.contains(hazard))
        guard case .document(let document) = policy.source else { continue }
        // A policy that is written and read again is the same tree.
        let text = document.description
        precondition((try? JSONValue(parsing: text)) == document)
        precondition(!isHazard || !text.contains(hazard))
    }
}

private func check(_ error: TemplateError, _ text: [UInt8]) {
    precondition((0...text.count).contains(error.offset))
    precondition(error.line >= 1 && error.column >= 1)
    _ = error.description
}
