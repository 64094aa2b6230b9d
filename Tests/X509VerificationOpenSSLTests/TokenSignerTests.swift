import Foundation
import IoTTestSupport
import IoTTime
import Testing
import X509Verification
import X509VerificationOpenSSL

/// A P-256 key in a PKCS #11 token, as far as a test needs it.
///
/// The module's functions are taken from its function list by their position. PKCS #11 v2.40
@safe
private final class TokenKey: CertificateSigner {
    private typealias Session = UInt
    private typealias Object = UInt
    @unsafe
    private struct Attribute {
        var type: UInt
        var value: UnsafeMutableRawPointer?
        var length: UInt
    }
    @unsafe
    private struct Mechanism {
        var type: UInt
        var parameter: UnsafeMutableRawPointer?
        var length: UInt
    }
    private struct TokenFailure: Error {
        var function: String
        var code: UInt
    }

    private let functions: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    private var session: Session = 0
    private var privateKey: Object = 0
    let publicKey: SubjectPublicKey
    let signatureAlgorithm = SignatureAlgorithm.ecdsa(.sha256)

    /// The function at a position of CK_FUNCTION_LIST, which starts with a two-octet version.
    private func function<F>(_ index: Int, as type: F.Type) -> F {
        unsafe unsafeBitCast(functions[index + 1], to: F.self)
    }

    private static func check(_ code: UInt, _ function: String) throws {
        if code != 0 { throw TokenFailure(function: function, code: code) }
    }

    init(module: String, pin: String) throws {
        typealias List =
            @convention(c) (
                UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutableRawPointer?>?>
            ) -> UInt
        let library = unsafe dlopen(module, RTLD_NOW)
        let symbol = unsafe dlsym(library, "C_GetFunctionList")
        var list: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        try Self.check(unsafe unsafeBitCast(symbol, to: List.self)(&list), "C_GetFunctionList")
        guard let list = unsafe list else {
            throw TokenFailure(function: "C_GetFunctionList", code: 0)
        }
        unsafe functions = list
        publicKey = try unsafe Self.generate(functions, pin, &session, &privateKey)
    }

    private static func generate(
        _ functions: UnsafeMutablePointer<UnsafeMutableRawPointer?>,
        _ pin: String,
        _ session: inout Session,
        _ privateKey: inout Object
    ) throws -> SubjectPublicKey {
        func function<F>(_ index: Int, as type: F.Type) -> F {
            unsafe unsafeBitCast(functions[index + 1], to: F.self)
        }
        typealias Initialize = @convention(c) (UnsafeMutableRawPointer?) -> UInt
        typealias Slots =
            @convention(c) (
                UInt8, UnsafeMutablePointer<UInt>?, UnsafeMutablePointer<UInt>
            ) -> UInt
        typealias Open =
            @convention(c) (
                UInt, UInt, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?,
                UnsafeMutablePointer<Session>
            ) -> UInt
        typealias Login = @convention(c) (Session, UInt, UnsafePointer<UInt8>, UInt) -> UInt
        try check(unsafe function(0, as: Initialize.self)(nil), "C_Initialize")
        var slots = [UInt](repeating: 0, count: 8)
        var count: UInt = 8
        try check(unsafe function(4, as: Slots.self)(1, &slots, &count), "C_GetSlotList")
        // CKF_RW_SESSION | CKF_SERIAL_SESSION
        try check(
            unsafe function(12, as: Open.self)(slots[0], 6, nil, nil, &session),
            "C_OpenSession"
        )
        let pinBytes = Array(pin.utf8)
        try check(
            unsafe function(18, as: Login.self)(session, 1, pinBytes, UInt(pinBytes.count)),
            "C_Login"
        )
        return try unsafe generatePair(functions, session, &privateKey)
    }

    private static func generatePair(
        _ functions: UnsafeMutablePointer<UnsafeMutableRawPointer?>,
        _ session: Session,
        _ privateKey: inout Object
    ) throws -> SubjectPublicKey {
        typealias Generate =
            @convention(c) (
                Session, UnsafeMutableRawPointer, UnsafeMutableRawPointer, UInt,
                UnsafeMutableRawPointer, UInt, UnsafeMutablePointer<Object>,
                UnsafeMutablePointer<Object>
            ) -> UInt
        typealias Read = @convention(c) (Session, Object, UnsafeMutableRawPointer, UInt) -> UInt
        let curve = DERWriter.objectIdentifier(
            try #require(ObjectIdentifier("1.2.840.10045.3.1.7"))
        )
        let parameters = UnsafeMutablePointer<UInt8>.allocate(capacity: curve.count)
        defer { unsafe parameters.deallocate() }
        unsafe parameters.initialize(from: curve, count: curve.count)
        // CKA_EC_PARAMS, CKM_EC_KEY_PAIR_GEN
        var template = unsafe Attribute(
            type: 0x180,
            value: parameters,
            length: UInt(curve.count)
        )
        var privateTemplate = unsafe template
        var mechanism = unsafe Mechanism(type: 0x1040, parameter: nil, length: 0)
        var publicObject: Object = 0
        let generate = unsafe unsafeBitCast(functions[59 + 1], to: Generate.self)
        try check(
            unsafe generate(
                session,
                &mechanism,
                &template,
                1,
                &privateTemplate,
                0,
                &publicObject,
                &privateKey
            ),
            "C_GenerateKeyPair"
        )
        // CKA_EC_POINT: an OCTET STRING around the point.
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: 128)
        defer { unsafe buffer.deallocate() }
        var point = unsafe Attribute(type: 0x181, value: buffer, length: 128)
        let read = unsafe unsafeBitCast(functions[24 + 1], to: Read.self)
        try check(unsafe read(session, publicObject, &point, 1), "C_GetAttributeValue")
        let octets = unsafe Array(UnsafeBufferPointer(start: buffer, count: Int(point.length)))
        return try SubjectPublicKey(
            der: DERWriter.sequence(
                DERWriter.sequence(
                    DERWriter.objectIdentifier(
                        try #require(ObjectIdentifier("1.2.840.10045.2.1"))
                    ),
                    curve
                ),
                DERWriter.bitString(Array(octets.dropFirst(2)))
            )
        )
    }

    func sign(_ message: [UInt8]) throws -> [UInt8] {
        typealias Start = @convention(c) (Session, UnsafeMutableRawPointer, Object) -> UInt
        typealias Sign =
            @convention(c) (
                Session, UnsafePointer<UInt8>, UInt, UnsafeMutablePointer<UInt8>,
                UnsafeMutablePointer<UInt>
            ) -> UInt
        // CKM_ECDSA over a digest made here.
        var mechanism = unsafe Mechanism(type: 0x1041, parameter: nil, length: 0)
        try Self.check(
            unsafe function(42, as: Start.self)(session, &mechanism, privateKey),
            "C_SignInit"
        )
        let digest = OpenSSLCrypto().sha256(message.span)
        var signature = [UInt8](repeating: 0, count: 64)
        var count: UInt = 64
        try Self.check(
            unsafe function(43, as: Sign.self)(session, digest, 32, &signature, &count),
            "C_Sign"
        )
        return DERWriter.sequence(
            DERWriter.integer(Array(signature[..<32])),
            DERWriter.integer(Array(signature[32...]))
        )
    }
}

@Suite("A key in a PKCS #11 token signs")
struct TokenSignerTests {
    private static let module = [
        "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    ].first { FileManager.default.fileExists(atPath: $0) }

    @Test("a request and a certificate signed in SoftHSM verify")
    func signs() throws {
        guard let module = Self.module else {
            print("pkcs11: SoftHSM is not on this machine, skipped")
            return
        }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("softhsm-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let configuration = folder.appendingPathComponent("softhsm2.conf")
        try "directories.tokendir = \(folder.path)\nobjectstore.backend = file\nlog.level = ERROR\n"
            .write(to: configuration, atomically: true, encoding: .utf8)
        unsafe setenv("SOFTHSM2_CONF", configuration.path, 1)
        let tool = SpawnedProcess()
        tool.executableURL = URL(fileURLWithPath: "/usr/bin/softhsm2-util")
        tool.arguments = [
            "--init-token", "--free", "--label", "test", "--pin", "1234", "--so-pin", "1234",
        ]
        tool.standardOutput = FileHandle.nullDevice
        try tool.run()
        tool.waitUntilExit()
        #expect(tool.terminationStatus == 0)

        let key = try TokenKey(module: module, pin: "1234")
        let request = try SigningRequestTemplate(
            subject: DistinguishedName([(.commonName, "in-token")])
        ).sign(with: key)
        #expect(request.refusal(crypto: OpenSSLCrypto()) == nil)
        let certificate = try CertificateTemplate(
            serialNumber: [3],
            issuer: request.subject,
            subject: request.subject,
            notBefore: WallClock(seconds: 0),
            notAfter: WallClock(seconds: 4_000_000_000),
            publicKey: key.publicKey
        ).sign(with: key)
        #expect(certificate.publicKey == key.publicKey)
        let isValid = certificate.withTBS { tbs in
            certificate.withSignature { signature in
                OpenSSLCrypto().verify(
                    signature,
                    over: tbs,
                    algorithm: .ecdsa(.sha256),
                    key: key.publicKey
                )
            }
        }
        #expect(isValid)
    }
}
