import DeviceRegistration
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

@Suite("Limits of what a client presents")
struct ChainLimitTests {
    private let now = TestRegistry.now

    @Test("ten certificates in a chain, and no eleventh, whatever they are")
    func certificates() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        let device = try TestRegistry.device(by: authority)
        let others = Array(repeating: authority.der, count: 10)
        let tooMany = await registry.registrar.admit(
            [device.der] + others,
            serverName: nil,
            at: now
        )
        #expect(tooMany.word == "budget_exceeded")
        #expect(tooMany.refusal?.reason == .tooManyCertificates(limit: 10))
        #expect(registry.status(device) == nil)
        let most = await registry.registrar.admit(
            [device.der] + others.dropLast(),
            serverName: nil,
            at: now
        )
        #expect(most.word == "pending+event")
    }

    @Test("65,536 bytes of certificates, and not one more")
    func bytes() async throws {
        let registry = TestRegistry()
        let authority = try TestRegistry.authority()
        try await registry.add(authority)
        let device = try TestRegistry.device(by: authority)
        // What cannot be read is ignored, and counts all the same.
        let rest = [UInt8](repeating: 0x30, count: 65_536 - device.der.count)
        let tooMuch = await registry.registrar.admit(
            [device.der, rest + [0]],
            serverName: nil,
            at: now
        )
        #expect(tooMuch.word == "oversize")
        #expect(tooMuch.refusal?.reason == .chainTooLarge(limit: 65_536))
        #expect(registry.status(device) == nil)
        let most = await registry.registrar.admit([device.der, rest], serverName: nil, at: now)
        #expect(most.word == "pending+event")
    }
}
