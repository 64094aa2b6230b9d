import DeviceRegistration
import Testing
import X509Verification
import X509VerificationOpenSSL

@Suite("Certificate states and their steps")
struct CertificateStatusTests {
    /// What the guide's table allows, written down a second time; revocation of a certificate on its way
    /// is our addition.
    private static let updates: [CertificateStatus: Set<CertificateStatus>] = [
        .active: [.active, .inactive, .revoked],
        .inactive: [.active, .inactive, .revoked],
        .registerInactive: [.active, .inactive, .revoked],
        .revoked: [.revoked],
        .pendingActivation: [.active, .inactive, .revoked],
        .pendingTransfer: [.revoked],
    ]

    @Test(
        "UpdateCertificate: from every state to every state",
        arguments: CertificateStatus.allCases
    )
    func updates(_ from: CertificateStatus) {
        for target in CertificateStatus.allCases {
            let result = StatusChange.update(target).applied(to: from)
            if Self.updates[from, default: []].contains(target) {
                #expect(result == .success(target))
            } else if [.pendingTransfer, .pendingActivation, .registerInactive].contains(target) {
                #expect(result == .failure(.invalidTarget(target)))
            } else {
                #expect(result == .failure(.notAllowed(from: from, to: target)))
            }
        }
    }

    @Test("Activation starts from PENDING_ACTIVATION alone")
    func activation() {
        for status in CertificateStatus.allCases {
            let result = StatusChange.activate.applied(to: status)
            if status == .pendingActivation {
                #expect(result == .success(.active))
            } else {
                #expect(result == .failure(.notAllowed(from: status, to: .active)))
            }
        }
    }

    @Test("Transfers start from an inactive certificate and end once")
    func transfers() {
        for status in CertificateStatus.allCases {
            let isInactive = status == .inactive || status == .registerInactive
            let start = StatusChange.transfer(account: "1").applied(to: status)
            #expect((try? start.get()) == (isInactive ? .pendingTransfer : nil))
            for (change, end) in [
                (StatusChange.cancelTransfer, CertificateStatus.inactive),
                (.rejectTransfer, .inactive), (.acceptTransfer(setAsActive: true), .active),
                (.acceptTransfer(setAsActive: false), .inactive),
            ] {
                let result = change.applied(to: status)
                if status == .pendingTransfer {
                    #expect(result == .success(end))
                } else {
                    #expect(result == .failure(.transferAlreadyCompleted))
                }
            }
        }
    }

    @Test("No sequence of steps leads out of REVOKED")
    func revokedIsTheEnd() {
        let changes: [StatusChange] =
            CertificateStatus.allCases.map { .update($0) } + [
                .activate, .transfer(account: "1"), .cancelTransfer, .rejectTransfer,
                .acceptTransfer(setAsActive: true),
            ]
        for change in changes {
            if case .success(let status) = change.applied(to: .revoked) {
                #expect(status == .revoked)
            }
        }
    }

    @Test("certificateId: 64 hexadecimal digits, 0x in front or not")
    func identifiers() {
        let digits = String(repeating: "0aF9", count: 16)
        #expect(CertificateID(digits)?.rawValue == digits.lowercased())
        #expect(CertificateID("0x" + digits)?.rawValue == digits.lowercased())
        #expect(CertificateID("0X" + digits)?.rawValue == digits.lowercased())
        for wrong in ["", String(digits.dropLast()), digits + "0", "0x" + digits + "0", "0x"] {
            #expect(CertificateID(wrong) == nil)
        }
        #expect(CertificateID(String(repeating: "g", count: 64)) == nil)
        #expect(CertificateID(String(repeating: "\u{FF10}", count: 64)) == nil)
    }

    @Test("A registered certificate is changed by compare-and-set on its revision")
    func compareAndSet() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        let device = try TestRegistry.device(by: authority)
        #expect(await registry.admit([device]).word == "pending+event")
        let seen = try #require(registry.store.certificate(registry.id(device)))
        try await registry.apply(.activate, to: device)
        // Writing the record that was read before changes nothing.
        #expect(registry.store.replace(seen) == nil)
        #expect(registry.store.remove(seen) == false)
        #expect(registry.status(device) == .active)
        let late = await registry.registrar.apply(
            .update(.inactive),
            to: registry.id(device),
            expected: seen.revision,
            at: TestRegistry.now
        )
        #expect(throws: TransitionError.changedMeanwhile) { try late.get() }
    }

    @Test("REVOKED never loses a race against activations")
    func revocationWins() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        for round in 0..<20 {
            let device = try TestRegistry.device(by: authority, serial: [1, UInt8(round)])
            #expect(await registry.admit([device]).word == "pending+event")
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        let change: StatusChange =
                            switch task {
                            case 3: .update(.revoked)
                            case 5: .update(.active)
                            default: .activate
                            }
                        _ = await registry.registrar.apply(
                            change,
                            to: registry.id(device),
                            at: TestRegistry.now
                        )
                    }
                }
            }
            #expect(registry.status(device) == .revoked)
            #expect(await registry.admit([device]).word == "certificate_revoked")
        }
    }

    @Test("Deleting needs a certificate that is not active and has nothing attached")
    func removal() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        let device = try TestRegistry.device(by: authority)
        let id = registry.id(device)
        let registrar = registry.registrar
        #expect(await registrar.removeCertificate(id) == .notFound)
        _ = await registry.admit([device])
        try await registry.apply(.activate, to: device)
        #expect(await registrar.removeCertificate(id) == .stillActive)
        let change = try await registry.apply(.update(.inactive), to: device)
        #expect(change.endsConnections)
        let policies = CertificateAttachments(hasPolicies: true, hasThings: false)
        let things = CertificateAttachments(hasPolicies: false, hasThings: true)
        #expect(await registrar.removeCertificate(id, attachments: policies) == .attached)
        #expect(
            await registrar.removeCertificate(id, attachments: things, force: true) == .attached
        )
        let transfer = await registrar.apply(
            .transfer(account: "2"),
            to: id,
            attachments: policies,
            at: TestRegistry.now
        )
        #expect(throws: TransitionError.attached) { try transfer.get() }
        #expect(
            await registrar.removeCertificate(id, attachments: policies, force: true) == nil
        )
        #expect(registry.status(device) == nil)
    }
}
