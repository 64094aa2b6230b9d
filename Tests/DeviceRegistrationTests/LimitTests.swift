import DeviceRegistration
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

@Suite("Limits of a registry, at the limit and one above")
struct LimitTests {
    private let now = TestRegistry.now

    @Test("The defaults")
    func defaults() {
        let limits = RegistrationLimits.default
        #expect(limits.pendingPerAuthority == 10_000)
        #expect(limits.newPerAuthority == 600)
        #expect(limits.registrationWindow == .seconds(60))
        #expect(limits.eventInterval == .seconds(60))
        #expect(limits.pendingLifetime == .seconds(604_800))
        #expect(limits.chainBytes == 65_536)
        #expect(limits.chainCertificates == 10)
        #expect(limits.tokenLifetime == .seconds(3_600))
    }

    /// Devices of one key, as keys cost more than certificates.
    private func devices(_ authority: Party, _ range: Range<Int>) throws -> [Party] {
        let key = try OpenSSLPrivateKey.generate(.ec(.p256))
        return try range.map { number in
            try TestRegistry.device(
                by: authority,
                serial: [3, UInt8(number >> 8), UInt8(number & 255)],
                key: key
            )
        }
    }

    @Test("600 new certificates of one CA within a minute, and no 601st")
    func rate() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        let other = try TestRegistry.authority("Other")
        try await registry.add(authority)
        try await registry.add(other)
        let devices = try devices(authority, 0..<602)
        // Ten in a second, so that the window fills within a minute.
        for (index, device) in devices[..<600].enumerated() {
            let time = now.adding(milliseconds: Int64(index) * 99)
            #expect(await registry.admit([device], at: time).word == "pending+event")
        }
        let last = now.adding(milliseconds: 59_999)
        let refused = await registry.admit([devices[600]], at: last)
        #expect(refused.word == "registration_rate_exceeded")
        #expect(refused.refusal?.authority == registry.id(authority))
        #expect(registry.status(devices[600]) == nil)
        #expect(
            await registry.admit([try self.devices(other, 0..<1)[0]], at: last).word
                == "pending+event"
        )
        // What is known is not new.
        #expect(await registry.admit([devices[0]], at: last).word == "pending")
        // The first one leaves the window.
        let next = now.adding(milliseconds: 60_000)
        #expect(await registry.admit([devices[600]], at: next).word == "pending+event")
        #expect(await registry.admit([devices[601]], at: next).word == "registration_rate_exceeded")
    }

    @Test("So many pending certificates of one CA, and not one more", arguments: [1, 5])
    func pending(_ limit: Int) async throws {
        let registry = TestRegistry { $0.limits.pendingPerAuthority = limit }
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        let devices = try devices(authority, 0..<limit + 1)
        for device in devices[..<limit] {
            #expect(await registry.admit([device]).word == "pending+event")
        }
        #expect(await registry.admit([devices[limit]]).word == "too_many_pending")
        try await registry.apply(.activate, to: devices[0])
        #expect(await registry.admit([devices[limit]]).word == "pending+event")
    }

    @Test("10,000 pending certificates of one CA in the store, and no 10,001st")
    func pendingDefault() async throws {
        let store = InMemoryRegistryStore()
        let authority = try TestRegistry.authority()
        let id = try #require(CertificateID(String(repeating: "a", count: 64)))
        func insert(_ number: Int) throws -> CertificateInsertion {
            let text = String(number, radix: 16)
            let padded = String(repeating: "0", count: 64 - text.count) + text
            let record = CertificateRecord(
                id: try #require(CertificateID(padded)),
                tbsDigest: Array(padded.utf8),
                issuerSerialNumber: IssuerSerialNumber(issuer: [], serialNumber: Array(text.utf8)),
                authority: id,
                certificate: authority.certificate,
                issuers: [],
                origin: .firstConnection,
                mode: .default,
                createdAt: now,
                status: .pendingActivation,
                lastModified: now,
                lastEventAt: nil,
                transferAccount: nil,
                revision: .first
            )
            let limit = RegistrationLimits.default.pendingPerAuthority
            return store.insert(
                record,
                quota: RegistrationQuota(
                    authority: id,
                    maximumPending: limit,
                    maximumNew: .max,
                    since: now
                )
            )
        }
        for number in 0..<10_000 {
            guard case .inserted = try insert(number) else {
                Issue.record("\(number) was refused")
                return
            }
        }
        guard case .tooManyPending = try insert(10_000) else {
            Issue.record("one too many")
            return
        }
    }

    @Test("One event of a certificate per minute")
    func events() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        let device = try TestRegistry.device(by: authority)
        #expect(await registry.admit([device]).word == "pending+event")
        #expect(
            await registry.admit([device], at: now.adding(milliseconds: 59_999)).word == "pending"
        )
        let second = await registry.admit([device], at: now.adding(seconds: 60))
        #expect(second.event?.timestamp == now.adding(seconds: 60))
        #expect(second.event?.registeredAt == now)
        #expect(await registry.admit([device], at: now.adding(seconds: 119)).word == "pending")
        #expect(
            await registry.admit([device], at: now.adding(seconds: 120)).word == "pending+event"
        )
    }

    @Test("A certificate may wait 7 days, then it is unknown again")
    func pendingLifetime() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        let device = try TestRegistry.device(by: authority)
        let week = now.adding(seconds: 7 * TestRegistry.day)
        _ = await registry.admit([device])
        _ = await registry.admit([device], at: week)
        #expect(registry.store.certificate(registry.id(device))?.createdAt == now)
        #expect(await registry.registrar.sweep(at: week).isEmpty)
        let later = week.adding(milliseconds: 1)
        let late = await registry.registrar.apply(.activate, to: registry.id(device), at: later)
        #expect(throws: TransitionError.notFound) { try late.get() }
        #expect(await registry.admit([device], at: later).word == "pending+event")
        #expect(registry.store.certificate(registry.id(device))?.createdAt == later)
        #expect(await registry.registrar.sweep(at: later).isEmpty)
        let end = later.adding(seconds: 7 * TestRegistry.day).adding(milliseconds: 1)
        #expect(await registry.registrar.sweep(at: end) == [registry.id(device)])
        #expect(registry.status(device) == nil)
    }

    @Test("An activated certificate does not lapse")
    func activatedStays() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        let device = try TestRegistry.device(by: authority)
        _ = await registry.admit([device])
        try await registry.apply(.activate, to: device)
        let later = now.adding(seconds: 8 * TestRegistry.day)
        #expect(await registry.registrar.sweep(at: later).isEmpty)
        #expect(await registry.admit([device], at: later).word == "admitted")
    }
}
