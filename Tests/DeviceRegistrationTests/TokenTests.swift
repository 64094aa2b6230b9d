import DeviceRegistration
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

@Suite("Ownership and claim tokens")
struct TokenTests {
    private let now = TestRegistry.now

    private func pending() async throws -> (TestRegistry, Party, CertificateID) {
        let registry = TestRegistry()
        let device = try TestRegistry.device(by: try TestRegistry.authority())
        let record = try await registry.registrar.registerIssued(
            device.certificate,
            status: .pendingActivation,
            at: now
        ).get()
        return (registry, device, record.id)
    }

    @Test("256 random bits, used once, on the connection they were given out on")
    func singleUse() async throws {
        let (registry, _, id) = try await pending()
        let registrar = registry.registrar
        let token = await registrar.makeToken(
            .ownership,
            for: id,
            connection: "c1",
            using: registry.random,
            at: now
        )
        #expect(token.utf8.count == 64)
        func redeem(
            _ connection: String,
            _ purpose: TokenRecord.Purpose = .ownership
        ) async
            -> Result<CertificateID, TokenError>
        {
            await registrar.redeem(token, purpose, connection: connection, at: now)
        }
        #expect(await redeem("c2") == .failure(.otherConnection))
        #expect(await redeem("c1", .claim) == .failure(.unknown))
        #expect(await redeem("c1") == .success(id))
        #expect(await redeem("c1") == .failure(.unknown))
    }

    @Test("The store has no token, only a digest")
    func storedHashed() async throws {
        let (registry, _, id) = try await pending()
        let token = await registry.registrar.makeToken(
            .claim,
            for: id,
            connection: "c1",
            using: registry.random,
            at: now
        )
        let stored = registry.store.tokens(expiredBefore: .distantFuture, limit: 10)
        #expect(stored.count == 1)
        let digest = try #require(stored.first?.digest)
        #expect(digest.count == 32)
        let expected = OpenSSLCrypto().sha256((Array("claim".utf8) + [0] + Array(token.utf8)).span)
        #expect(digest == expected)
    }

    @Test("A token counts for one hour")
    func lifetime() async throws {
        for (offset, isGood) in [(3_600_000, true), (3_600_001, false)] as [(Int64, Bool)] {
            let (registry, _, id) = try await pending()
            let token = await registry.registrar.makeToken(
                .ownership,
                for: id,
                connection: "c",
                using: registry.random,
                at: now
            )
            let result = await registry.registrar.redeem(
                token,
                .ownership,
                connection: "c",
                at: now.adding(milliseconds: offset)
            )
            #expect(result == (isGood ? .success(id) : .failure(.expired)))
        }
    }

    @Test("What was not provisioned within the hour is deleted, what was stays")
    func sweep() async throws {
        for isActivated in [false, true] {
            let (registry, device, id) = try await pending()
            _ = await registry.registrar.makeToken(
                .ownership,
                for: id,
                connection: "c",
                using: registry.random,
                at: now
            )
            if isActivated { try await registry.apply(.activate, to: device) }
            #expect(await registry.registrar.sweep(at: now.adding(seconds: 3600)).isEmpty)
            let end = now.adding(milliseconds: 3_600_001)
            #expect(await registry.registrar.sweep(at: end) == (isActivated ? [] : [id]))
            #expect(registry.status(device) == (isActivated ? .active : nil))
            #expect(registry.store.tokens(expiredBefore: .distantFuture, limit: 1).isEmpty)
        }
    }

    @Test("Of many who use one token at once, one gets the certificate")
    func race() async throws {
        let (registry, _, id) = try await pending()
        let token = await registry.registrar.makeToken(
            .ownership,
            for: id,
            connection: "c",
            using: registry.random,
            at: now
        )
        let winners = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    await registry.registrar.redeem(
                        token,
                        .ownership,
                        connection: "c",
                        at: now
                    ) == .success(id)
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(winners == 1)
    }
}
