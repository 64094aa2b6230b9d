#if Endpoint
@testable import CloudEndpoint
import DeviceShadow
import IoTTime
import Testing

@Suite("Shadow quotas")
struct ShadowQuotaTests {
    private let now = WallClock(seconds: 1_700_000_000)

    private func face(_ limits: CloudEndpoint.ShadowQuota) -> ShadowFace {
        ShadowFace(
            service: ShadowService(store: MemoryShadowStore()),
            database: nil,
            limits: limits
        )
    }

    private func code(
        _ face: ShadowFace,
        _ operation: ShadowTopic.Operation,
        _ thing: String,
        _ payload: String = "{\"state\":{},\"clientToken\":\"t\"}"
    ) -> Int {
        let reaction = face.serve(
            operation,
            thing: thing,
            name: nil,
            payload: Array(payload.utf8),
            at: now
        ) { _ in false }
        return reaction.result.status
    }

    @Test("shadow specification §7: a thing's eleventh request in flight is answered with 429")
    func requestsInFlight() {
        let face = face(.init(maximumRequestsInFlight: 10))
        for _ in 0..<9 { face.began("a") }
        #expect(code(face, .update, "a") == 200)
        face.began("a")
        #expect(code(face, .update, "a") == 429)
        #expect(code(face, .get, "a") == 429)
        #expect(code(face, .update, "b") == 200, "another thing does not wait")
        #expect(code(face, .update, "a", "{") == 400, "what is wrong is said first")
        face.ended("a")
        #expect(code(face, .update, "a") == 200)
        for _ in 0..<9 { face.ended("a") }
        #expect(!face.hasRequestsInFlight)
    }

    @Test("one shadow more than the limit is refused; those that exist live on")
    func shadowsInAll() {
        let face = face(.init(maximumShadows: 2))
        #expect(code(face, .update, "a") == 200)
        #expect(code(face, .update, "b") == 200)
        #expect(code(face, .update, "c") == 429)
        #expect(code(face, .update, "a") == 200)
        #expect(code(face, .get, "c", "") == 404)
        #expect(code(face, .delete, "b", "") == 200)
        #expect(code(face, .update, "c") == 429, "the version of a deleted one is remembered")
        face.sweep(at: now.adding(seconds: 172_801))
        #expect(code(face, .update, "c") == 200)
    }
}
#endif
