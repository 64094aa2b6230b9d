// HTTPRangeClient: part of a file of a web server.
//
//     FetchRange http://127.0.0.1:8080/files/image.bin

import HTTPRangeClient

let url = CommandLine.arguments.dropFirst().first ?? "http://127.0.0.1:1/nothing"
let client = RangeClient(timeout: 5)
do {
    let file = try HTTPLocation(url)
    guard let first = try client.fetch(file, range: 0..<4_096, limit: 4_096) else {
        print("there is no such file")
        throw HTTPRangeError(.unreachable)
    }
    print("\(first.bytes.count) of \(first.length) bytes, tag \(first.entityTag ?? "none")")
    // Later, only while it is still the same file:
    let next = try client.fetch(file, range: 4_096..<8_192, matching: first.entityTag, limit: 4_096)
    print("\(next?.bytes.count ?? 0) more")
} catch let error as HTTPRangeError {
    print("\(url): \(error)")
}
