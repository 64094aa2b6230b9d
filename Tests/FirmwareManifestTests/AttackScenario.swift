import FirmwareManifest
import Testing

/// One row of the table of attacks: what is done, and the code it must end with.
struct AttackScenario: Sendable, CustomTestStringConvertible {
    let number: Int
    let name: String
    let expected: FirmwareError.Code
    let run: @Sendable () throws -> Void

    init(
        _ number: Int,
        _ name: String,
        _ expected: FirmwareError.Code,
        _ run: @escaping @Sendable () throws -> Void
    ) {
        self.number = number
        self.name = name
        self.expected = expected
        self.run = run
    }

    var testDescription: String { "#\(number) \(name): \(expected.rawValue)" }

    static let all = envelopeAttacks + trustAttacks + payloadAttacks

    /// Rows that do not apply to this module, and why.
    static let notApplicable: [Int: String] = [
        19: "manifests have no dependencies here: the label is refused (see #18)",
        56:
            "AEAD belongs to the file encryption; flips, reorder and drops of what is transported are #2",
        58: "key commitment belongs to the file encryption",
        65: "there are no downgrade tokens; floors are lowered by a root only (#14)",
        71: "no certificates: keys are pinned by the root",
        72: "no transparency log",
        73: "no transparency log; a node of another tree is part of #2",
        78: "reports are sent by the job service",
    ]
}
