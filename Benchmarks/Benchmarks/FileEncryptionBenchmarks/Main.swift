import BenchmarkSupport
import FileEncryption
import Foundation
import IoTCYardstickFile

/// File encryption against a C program of the same passes, and against age where it is installed.
///
/// Files of 1 GiB live in /dev/shm (`IOT_BENCH_FOLDER` names another folder).
@main
enum FileEncryptionBenchmarks {
    static func main() throws {
        let program = BenchmarkProgram("file encryption")
        memory(program)
        let size = program.isSmoke ? 8 << 20 : 1 << 30
        try FileRuns(program, size: size).run()
        program.finish()
    }

    /// 256 KiB pieces from memory to memory on one thread.
    static func memory(_ program: BenchmarkProgram) {
        let identity = Identity.generate()
        guard let recipient = identity.recipient else { return }
        let plain = [UInt8](repeating: 7, count: 4 * 65_536)
        let file = (try? Encryptor.encrypt(plain.span, to: [recipient])) ?? []
        if (try? Decryptor.decrypt(file.span, with: [identity])) != plain {
            program.fail("round trip")
        }
        var target = [UInt8](repeating: 0, count: 65_552)
        iot_yard_encrypt_memory(plain, &target, 1)
        let sealed = target
        var opened = plain
        program.compare(
            "FileEncryption/encrypt 64 KiB chunk",
            count: 2_000,
            bar: 1 / 0.95,
            peer: (
                "C libsodium",
                { count in
                    UInt64(iot_yard_encrypt_memory(plain, &target, UInt64(count)))
                }
            ),
            ours: { count in
                guard var encryptor = try? Encryptor(.age, to: [recipient]) else { return 1 }
                let room = encryptor.outputBound(for: plain.count)
                let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: room)
                defer { buffer.deallocate() }
                for _ in 0..<max(1, count / 4) {
                    var output = OutputSpan(buffer: buffer, initializedCount: 0)
                    do { try encryptor.update(plain.span, into: &output) } catch { return 1 }
                }
                return 0
            }
        )
        let large = [UInt8](repeating: 7, count: 128 * 65_536)
        let whole = (try? Encryptor.encrypt(large.span, to: [recipient])) ?? []
        program.compare(
            "FileEncryption/decrypt 64 KiB chunk",
            count: 1_280,
            bar: 1 / 0.95,
            peer: (
                "C libsodium",
                { count in
                    UInt64(
                        bitPattern: Int64(iot_yard_decrypt_memory(sealed, &opened, UInt64(count)))
                    )
                }
            ),
            ours: { count in
                let piece = 4 * 65_552
                let room = Decryptor.outputBound(for: piece)
                let buffer = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: room)
                defer { buffer.deallocate() }
                for _ in 0..<max(1, count / 128) {
                    var decryptor = Decryptor(identities: [identity])
                    do {
                        for at in stride(from: 0, to: whole.count, by: piece) {
                            var output = OutputSpan(buffer: buffer, initializedCount: 0)
                            let end = min(at + piece, whole.count)
                            try decryptor.update(whole.span.extracting(at..<end), into: &output)
                        }
                        var output = OutputSpan(buffer: buffer, initializedCount: 0)
                        _ = try decryptor.finish(into: &output)
                    } catch { return 1 }
                }
                return 0
            }
        )
    }
}
