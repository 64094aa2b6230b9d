import CBORCodec
import FirmwareManifest
import FirmwareManifestOpenSSL
import FirmwareManifestSodium
import IoTTestSupport
import Testing

@Suite("Installation")
struct InstallationTests {
    /// The proofs of one release of the fixture.
    struct Release {
        var events: [InstallEvent]
        init(_ f: Fixture, _ sequence: UInt64) throws {
            let image = Fixture.image(seed: sequence)
            let envelope = try f.sign(f.manifest(sequence, image: image, counter: sequence))
            let releases = try f.releases([envelope], version: sequence)
            let verified = try f.verify(envelope, releases: releases)
            events = [
                .begin([verified], releases: releases, f.device),
                .payload(try f.stream(image, nodes: f.update(image).1, verified)),
                .staged([try f.readBack(image, verified)]), .trial,
            ]
        }
    }

    @Test("replaying any event at any time changes nothing")
    func replay() throws {
        let f = try Fixture()
        let release = try Release(f, 2)
        var state = f.state
        var applied: [InstallEvent] = []
        for event in release.events + [.confirmed(running: .b)] {
            let next = try state.applying(event)
            #expect(next.revision == state.revision + 1)
            applied.append(event)
            for old in applied {
                // Refused, or applied already: in neither case does anything change.
                #expect(((try? next.applying(old)) ?? next) == next)
            }
            #expect(try DeviceState(next.encoded(using: f.crypto), using: f.crypto) == next)
            state = next
        }
        #expect(state.slot == .b && state.installation == nil)
        #expect(state.accepted[f.app]?.sequenceNumber == 2 && state.securityCounter == 2)
    }

    @Test("floors rise with the confirmation and with nothing before it")
    func floors() throws {
        let f = try Fixture()
        let release = try Release(f, 2)
        var state = f.state
        for event in release.events {
            state = try state.applying(event)
            #expect(state.accepted.isEmpty && state.securityCounter == 0)
            #expect(state.releaseVersion == 0 && state.timeFloor == f.state.timeFloor)
            #expect(state.slot == .a)
        }
        let booted = state.booting()
        #expect(booted.slot == .b)
        #expect(throws: FirmwareError(.invalidTransition)) {
            try booted.state.applying(.confirmed(running: .a))
        }
        state = try booted.state.applying(.confirmed(running: .b))
        #expect(state.releaseVersion == 2 && state.slot == .b)
    }

    @Test("random events: floors never fall, the slot changes only by a confirmed trial")
    func randomEvents() throws {
        let f = try Fixture()
        var events: [InstallEvent] = [
            .confirmed(running: .a), .confirmed(running: .b), .failed(.trialFailed), .trial,
            .failed(.superseded),
        ]
        for sequence in UInt64(1)...4 { events += try Release(f, sequence).events }
        var g = SplitMix64(seed: 7)
        var confirmed = 0
        for _ in 0..<40 {
            var state = f.state
            for _ in 0..<60 {
                let before = state
                if g.oneIn(5) {
                    state = state.booting().state
                    #expect(state.slot == before.slot)
                } else if let next = try? state.applying(g.pick(events)) {
                    state = next
                }
                #expect(state.securityCounter >= before.securityCounter)
                #expect(state.releaseVersion >= before.releaseVersion)
                for (component, floor) in before.accepted {
                    #expect(state.accepted[component]?.sequenceNumber ?? 0 >= floor.sequenceNumber)
                }
                if state.slot != before.slot {
                    confirmed += 1
                    if case .trial = before.installation?.phase {} else { Issue.record("no trial") }
                }
                #expect(state.installation?.target != state.slot)
            }
        }
        #expect(confirmed > 0)
    }

    @Test("an equal number passes with the same digest: at boot, and when an installation resumes")
    func equalSequence() throws {
        var f = try Fixture()
        try f.install(2)
        let same = try f.sign(f.manifest(2))
        _ = try f.verify(same)
        let atBoot = try same.verified(
            for: f.device,
            state: f.state,
            purpose: .boot,
            at: FirmwareTime(seconds: 1 << 39),
            using: f.crypto
        )
        #expect(atBoot.bootPlan.steps.count == 2 && atBoot.installPlan.steps.isEmpty)
    }

    @Test("try-each takes the branch of the slot that the update goes to")
    func tryEach() throws {
        var f = try Fixture()
        f.device.components[0].slot = 1
        var manifest = try f.manifest(1)
        func branch(_ slot: UInt64, _ uri: String) -> CommandSequence {
            var first = ParameterSet()
            first.componentSlot = slot
            var second = ParameterSet()
            second.uri = uri
            return CommandSequence([
                .overrideParameters(first), .condition(.componentSlot, .all),
                .overrideParameters(second),
            ])
        }
        manifest.install = .present(
            CommandSequence([
                .tryEach([branch(0, "zero"), branch(1, "one")], orNothing: false),
                .action(.fetch, []), .condition(.imageMatch, .all),
            ])
        )
        let verified = try f.verify(f.sign(manifest))
        #expect(verified.installPlan.payloads.map(\.uri) == ["one"])
        #expect(verified.installPlan.steps.count == 2)
    }

    @Test("bytes after a severed sequence are an error, also where it is only written again")
    func bytesAfterSeveredSequence() throws {
        let f = try Fixture()
        var author = EnvelopeAuthor(try f.manifest(1), severing: [.install], using: f.crypto)
        author.drop(.install)
        let bytes = AttackScenario.adding(
            label: 20,
            content: [0x82, 14, 0, 0],
            to: author.encoded()
        )
        let envelope = try Envelope(bytes)
        #expect(throws: FirmwareError(.cbor(.trailingBytes(1)), at: 3)) {
            try envelope.encodedAgain()
        }
    }

    @Test("an integrated payload is found by its name, a severed member comes back")
    func integrated() throws {
        let f = try Fixture()
        let image = Fixture.image()
        var update = try f.update(image).0
        update.uri = "#image"
        var author = EnvelopeAuthor(
            try f.manifest(1, components: [update]),
            severing: [.install],
            using: f.crypto
        )
        author.integratedPayloads["#image"] = image
        try author.sign(with: f.manifestSigners[0])
        let envelope = try Envelope(author.encoded())
        #expect(try envelope.encodedAgain() == envelope.bytes)
        let verified = try f.verify(envelope)
        let payload = try #require(verified.payload(f.app))
        #expect(verified.integratedPayload(of: payload) == image)
    }
}
