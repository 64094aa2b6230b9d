// SegmentTransfer: a file in segments over a line that breaks, each segment checked when it comes.

import FileEncryption
import FileTool
import SegmentTransfer

// The sender's side: any sealed file will do.
let identity = Identity.generate()
guard let recipient = identity.recipient else { preconditionFailure("a key has a public half") }
var options = SegmentedOptions()
options.isSealed = true
options.segmentSize = .kibibytes4
let plain = (0..<50_000).map { UInt8(truncatingIfNeeded: $0) }
let file = try Encryptor.encrypt(plain.span, as: .segmented(options), to: [recipient])

// What the file says of itself; no key is needed.
var discovery = OfferDiscovery()
while let range = discovery.nextRange {
    let bytes = Array(file[Int(range.lowerBound)..<min(file.count, Int(range.upperBound))])
    try discovery.receive(bytes, of: UInt64(file.count))
}
guard let offer = discovery.offer else { preconditionFailure("the file is sealed") }
let verifier = try SegmentVerifier(header: offer.header.span, identities: [identity])

/// One run of the receiver; gives the state to go on with.
func receive(resuming state: [UInt8]?, atMost limit: UInt64) throws -> [UInt8] {
    var receiver = try SegmentReceiver(
        offer,
        resuming: state,
        hash: SodiumSegmentHash(),
        authenticator: KeyedAuthenticator(verifier),
        segmentsPerSave: 2
    )
    print("\(receiver.receivedSegments) of \(receiver.segmentCount) segments are there")
    for index in receiver.receivedSegments..<min(limit, receiver.segmentCount) {
        let range = offer.layout.range(of: index)
        let segment = Array(file[Int(range.lowerBound)..<Int(range.upperBound)])
        _ = try receiver.receive(segment.span, segment: index)
        // A real receiver writes, syncs its file, and keeps the state; see FileTool.
        while let output = receiver.nextOutput() {
            if case .synchronize = output { receiver.didSynchronize() }
        }
    }
    print("\(receiver.receivedSegments) when the line broke")
    return receiver.state.encoded(using: SodiumSegmentHash())
}

let state = try receive(resuming: nil, atMost: 5)
_ = try receive(resuming: state, atMost: .max)
