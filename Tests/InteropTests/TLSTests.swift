#if Endpoint
import AccessPolicy
import CloudEndpoint
import Foundation
import IoTTime
import Logging
import Synchronization
import Testing
import X509Verification
import X509VerificationOpenSSL

/// Remembers what an admission said.
private final class RecordingAdmission: CertificateAdmission {
    private let inner: TrustedAuthorities
    private let codes = Mutex<[String]>([])
    private let isRevoked = Mutex(false)
    private let lifetime = Mutex<Int64?>(nil)

    init(_ inner: TrustedAuthorities) { self.inner = inner }

    var changes: ChangeSignal { inner.changes }

    /// Verdicts are good for some seconds at most; `nil`: as long as the certificate.
    func limit(seconds: Int64?) { lifetime.withLock { $0 = seconds } }

    /// Refuses everything from now on.
    func revoke() {
        isRevoked.withLock { $0 = true }
        changes.notify()
    }

    /// Codes of the refusals so far.
    var refusals: [String] { codes.withLock { $0 } }

    func admit(
        _ chain: [[UInt8]],
        serverName: String?,
        at now: WallClock
    ) async -> AdmissionVerdict {
        let verdict = record(inner.admit(chain, serverName: serverName, at: now))
        guard let seconds = lifetime.withLock({ $0 }), case .admitted(let admitted) = verdict
        else { return verdict }
        return .admitted(
            AdmittedCertificate(
                certificate: admitted.certificate,
                intermediates: admitted.intermediates,
                facts: admitted.facts,
                validUntil: WallClock(milliseconds: now.milliseconds + seconds * 1_000)
            )
        )
    }

    func recheck(_ certificate: AdmittedCertificate, at now: WallClock) async -> AdmissionVerdict {
        record(inner.recheck(certificate, at: now))
    }

    private func record(_ verdict: AdmissionVerdict) -> AdmissionVerdict {
        let verdict =
            isRevoked.withLock { $0 }
            ? .refused(AdmissionRefusal(code: "revoked", description: "by the test")) : verdict
        if case .refused(let refusal) = verdict { codes.withLock { $0.append(refusal.code) } }
        return verdict
    }
}

/// Mutual TLS with Debian's openssl and mosquitto_pub.
@Suite("Mutual TLS", .enabled(if: Program.isInstalled(Program.mosquittoPub, for: "mosquitto")))
struct TLSTests {
    private let authority: TestAuthority
    private let admission: RecordingAdmission

    init() throws {
        authority = try TestAuthority()
        admission = RecordingAdmission(
            TrustedAuthorities(anchors: [TrustAnchor(authority.certificate)])
        )
    }

    private func publish(
        _ port: Int,
        _ device: TestAuthority.Issued?,
        _ more: [String] = []
    ) async throws -> ChildProcess.Result {
        let identity = device.map { ["--cert", $0.certificateFile, "--key", $0.keyFile] } ?? []
        return try await ChildProcess.run(
            Program.mosquittoPub,
            [
                "-h", "localhost", "-p", "\(port)", "--cafile", authority.certificateFile, "-V",
                "mqttv5", "-q", "1", "-t", "a/b", "-m", "x",
            ] + identity + more
        )
    }

    private func withTLS(
        _ clients: TLSServer.ClientCertificates = .required,
        _ body: (Int) async throws -> Void
    ) async throws {
        let directory = PolicyDirectory(
            auditLogger: Logger(label: "audit") { _ in
                SwiftLogNoOpLogHandler()
            }
        )
        directory.setPolicy(
            "all",
            try PolicyDocument(
                """
                {"Version": "2012-10-17",
                 "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}
                """
            )
        )
        directory.attach("all", to: PolicyDirectory.everyCertificate)
        try await withEndpoint {
            try $0.listenSecurely(
                authority,
                clients: clients,
                policies: directory,
                admission: admission
            )
        } _: {
            try await body($0)
        }
    }

    @Test(
        "a certificate of the authority is in, with keys of every kind that devices have",
        arguments: [
            OpenSSLPrivateKey.Kind.ec(.p256), .ec(.p384), .ec(.p521), .rsa(bits: 2048),
        ]
    )
    func accepted(kind: OpenSSLPrivateKey.Kind) async throws {
        let device = try authority.issue("lamp", kind: kind)
        try await withTLS { port in
            for version in ["tlsv1.2", "tlsv1.3"] {
                let result = try await publish(port, device, ["--tls-version", version])
                #expect(result.status == 0, "\(result.errors)")
            }
        }
        #expect(admission.refusals.isEmpty)
    }

    @Test("an expired, a future and a foreign certificate are refused, each with its reason")
    func refused() async throws {
        let other = try TestAuthority("Another authority")
        let foreign = try other.issue("lamp")
        let expired = try authority.issue("old", from: -7_200, until: -3_600)
        let future = try authority.issue("new", from: 3_600, until: 7_200)
        try await withTLS { port in
            for device in [expired, future, foreign] {
                let result = try await publish(port, device)
                #expect(result.status != 0)
            }
            let result = try await publish(port, nil)
            #expect(result.status != 0)
        }
        #expect(Set(admission.refusals).count == 3, "\(admission.refusals)")
        withExtendedLifetime(other) {}
    }

    @Test("without a certificate a client is anonymous where certificates are optional")
    func optional() async throws {
        try await withTLS(.optional) { port in
            let result = try await publish(port, nil)
            #expect(result.status != 0)
            #expect(result.errors.lowercased().contains("not authorized"), "\(result.errors)")
        }
        #expect(admission.refusals.isEmpty)
    }

    @Test("the protocols of ALPN: x-amzn-mqtt-ca and mqtt lead to MQTT")
    func applicationProtocol() async throws {
        let device = try authority.issue("lamp")
        try await withTLS { port in
            for name in ["x-amzn-mqtt-ca", "mqtt"] {
                let result = try await publish(port, device, ["--tls-alpn", name])
                #expect(result.status == 0, "\(result.errors)")
            }
        }
    }

    @Test(
        "a resumed session of a certificate that was revoked since is refused at CONNECT",
        .enabled(if: Program.isInstalled(Program.python, for: "TLS sessions")),
        arguments: ["1.2", "1.3"]
    )
    func resumed(version: String) async throws {
        _ = try authority.issue("lamp")
        try await withTLS { port in
            let script = Program.root.appendingPathComponent(
                "Tests/InteropTests/Clients/resumed_client.py"
            )
            let child = try ChildProcess(
                Program.python,
                [script.path, "\(port)", authority.folder.path, version]
            )
            let isResumed = try await child.waitForOutput("resumed", seconds: 60)
            admission.revoke()
            let result = await child.wait()
            #expect(isResumed)
            #expect(result.status == 0, "\(result.errors)")
        }
        #expect(admission.refusals.contains("revoked"))
    }

    @Test("a certificate that is revoked, or that expires, ends its live connection")
    func liveRevocation() async throws {
        let long = try authority.issue("lamp")
        let short = try authority.issue("old")
        try await withTLS { port in
            func subscribe(_ device: TestAuthority.Issued) async throws -> ChildProcess {
                let child = try ChildProcess(
                    "/usr/bin/stdbuf",
                    [
                        "-oL", Program.mosquittoSub, "-d", "-h", "localhost", "-p", "\(port)",
                        "--cafile", authority.certificateFile, "-V", "mqttv5", "-t", "a", "-W",
                        "120", "-i", device.id, "--cert", device.certificateFile, "--key",
                        device.keyFile,
                    ]
                )
                let isSubscribed = try await child.waitForOutput("Subscribed (mid", seconds: 60)
                #expect(isSubscribed)
                return child
            }
            // Counted from the handshake, so that a slow machine changes nothing.
            admission.limit(seconds: 15)
            let first = try await subscribe(short)
            let isExpired = try await first.waitForOutput("Received DISCONNECT (135)", seconds: 120)
            #expect(isExpired, "\(String(decoding: first.output, as: UTF8.self))")
            admission.limit(seconds: nil)
            let second = try await subscribe(long)
            admission.revoke()
            let isRevoked = try await second.waitForOutput(
                "Received DISCONNECT (135)",
                seconds: 120
            )
            #expect(isRevoked)
            for child in [first, second] {
                child.signal(SIGKILL)
                _ = await child.wait()
            }
        }
        #expect(admission.refusals.contains("revoked"))
    }

    @Test(
        "so many handshakes at a time, and not one more; one that says nothing ends in time",
        .enabled(if: Program.isInstalled(Program.python, for: "handshakes"))
    )
    func handshakeLimits() async throws {
        let script = Program.root.appendingPathComponent(
            "Tests/InteropTests/Clients/handshake_client.py"
        )
        try await withEndpoint {
            try $0.listenSecurely(authority, clients: .required, admission: admission)
            $0.maximumHandshakes = 5
            $0.tlsHandshakeTimeout = .seconds(4)
        } _: { port in
            let result = try await ChildProcess.run(
                Program.python,
                [script.path, "\(port)", "5", "4"]
            )
            #expect(result.status == 0, "\(result.errors)")
        }
    }

    @Test("TLS 1.1 is refused")
    func oldVersion() async throws {
        try await withTLS { port in
            let result = try await ChildProcess.run(
                "/usr/bin/openssl",
                [
                    "s_client", "-connect", "localhost:\(port)", "-tls1_1", "-cipher",
                    "ALL@SECLEVEL=0",
                ]
            )
            #expect(result.status != 0)
        }
    }
}

/// MQTT over WebSocket with paho-mqtt.
@Suite("MQTT over WebSocket")
struct WebSocketTests {
    private static let client = Program.root
        .appendingPathComponent("Tests/InteropTests/Clients/websocket_client.py").path

    @Test(
        "[MQTT-6.0.0-1] publish and subscribe, with and without TLS",
        .enabled(if: Program.isInstalled(Program.python, for: "paho-mqtt")),
        arguments: [false, true]
    )
    func roundTrip(isSecure: Bool) async throws {
        let authority = try TestAuthority()
        try await withEndpoint {
            if isSecure {
                try $0.listenSecurely(authority, clients: .none, transport: .webSocket)
            } else {
                $0.listeners = [.init(port: 0, transport: .webSocket)]
            }
        } _: { port in
            let result = try await ChildProcess.run(
                Program.python,
                [Self.client, "\(port)", isSecure ? authority.certificateFile : "-"]
            )
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output == "ok\n")
        }
    }
}
#endif
