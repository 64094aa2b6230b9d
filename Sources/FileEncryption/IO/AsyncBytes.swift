/// The encryption of an asynchronous sequence of byte arrays, piece by piece.
///
/// Each element holds what one or more elements of the base completed. A task that is cancelled
/// ends with `CancellationError`.
public struct EncryptedBytes<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Base.Element == [UInt8] {
    /// A piece of the file.
    public typealias Element = [UInt8]

    private let base: Base
    private let format: FileFormat
    private let recipients: [Recipient]

    /// Encrypts `base` to `recipients` when it is iterated; each iteration draws a new file key.
    public init(_ base: Base, as format: FileFormat = .age, to recipients: [Recipient]) {
        self.base = base
        self.format = format
        self.recipients = recipients
    }

    /// Starts a new file.
    public func makeAsyncIterator() -> Iterator {
        Iterator(base: base.makeAsyncIterator(), format: format, recipients: recipients)
    }

    /// Writes one file.
    public struct Iterator: AsyncIteratorProtocol {
        private var base: Base.AsyncIterator
        private let work: Work

        // An encryptor is not copyable, an iterator is: they share it.
        private final class Work {
            var encryptor: Encryptor?
            var isFinished = false
        }
        private let format: FileFormat
        private let recipients: [Recipient]

        init(base: Base.AsyncIterator, format: FileFormat, recipients: [Recipient]) {
            self.base = base
            self.format = format
            self.recipients = recipients
            work = Work()
        }

        /// The next piece; `nil` after the file's end.
        public mutating func next() async throws -> [UInt8]? {
            guard !work.isFinished else { return nil }
            if work.encryptor == nil { work.encryptor = try Encryptor(format, to: recipients) }
            while let plain = try await base.next() {
                try Task.checkCancellation()
                var piece: [UInt8] = []
                let bound = work.encryptor?.outputBound(for: plain.count) ?? 0
                try piece.appendOutput(bound) { (output) throws(EncryptionError) in
                    try work.encryptor?.update(plain.span, into: &output)
                }
                if !piece.isEmpty { return piece }
            }
            work.isFinished = true
            var piece: [UInt8] = []
            let bound = work.encryptor?.outputBound(for: 0) ?? 0
            try piece.appendOutput(bound) { (output) throws(EncryptionError) in
                try work.encryptor?.finish(into: &output)
            }
            return piece
        }
    }
}

/// The decryption of an asynchronous sequence of byte arrays, chunk by authentic chunk.
///
/// The plaintext is whole only when the sequence ends without an error.
public struct DecryptedBytes<Base: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Base.Element == [UInt8] {
    /// A piece of the plaintext.
    public typealias Element = [UInt8]

    private let base: Base
    private let identities: [Identity]
    private let policy: DecryptionPolicy

    /// Decrypts `base` when it is iterated.
    public init(
        _ base: Base,
        with identities: [Identity],
        policy: DecryptionPolicy = .default
    ) {
        self.base = base
        self.identities = identities
        self.policy = policy
    }

    /// Starts reading.
    public func makeAsyncIterator() -> Iterator {
        Iterator(
            base: base.makeAsyncIterator(),
            decryptor: Decryptor(identities: identities, policy: policy)
        )
    }

    /// Reads one file.
    public struct Iterator: AsyncIteratorProtocol {
        private var base: Base.AsyncIterator
        private let work: Work

        private final class Work {
            var decryptor: Decryptor
            var isFinished = false

            init(_ decryptor: consuming Decryptor) { self.decryptor = decryptor }
        }

        init(base: Base.AsyncIterator, decryptor: consuming Decryptor) {
            self.base = base
            work = Work(decryptor)
        }

        /// The next piece; `nil` after the file's verified end.
        public mutating func next() async throws -> [UInt8]? {
            guard !work.isFinished else { return nil }
            while let cipher = try await base.next() {
                try Task.checkCancellation()
                var piece: [UInt8] = []
                try piece.appendOutput(Decryptor.outputBound(for: cipher.count)) {
                    (output) throws(DecryptionError) in
                    try work.decryptor.update(cipher.span, into: &output)
                }
                if !piece.isEmpty { return piece }
            }
            work.isFinished = true
            var piece: [UInt8] = []
            try piece.appendOutput(Decryptor.outputBound(for: 0)) {
                (output) throws(DecryptionError) in
                _ = try work.decryptor.finish(into: &output)
            }
            return piece.isEmpty ? nil : piece
        }
    }
}
