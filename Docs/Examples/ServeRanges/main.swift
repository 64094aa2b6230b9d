// HTTPFiles: the decisions of a file server, for a server of your own.

import HTTPFiles

for field in ["bytes=0-499", "bytes=-100", "bytes=0-9,20-29", "bytes=2000-", "lines=1-2"] {
    switch ByteRangeSet(field, length: 1_000, limit: 16) {
    case .whole: print("\(field): 200, the whole file")
    case .parts(let ranges): print("\(field): 206, \(ranges)")
    case .unsatisfiable: print("\(field): 416")
    }
}

let conditions = Preconditions(ifNoneMatch: "\"v1\"")
print(conditions.evaluate(entityTag: "\"v1\"", modified: 1_700_000_000, now: 1_700_000_100))
print(conditions.evaluate(entityTag: "\"v2\"", modified: 1_700_000_000, now: 1_700_000_100))
print(HTTPDate.format(1_700_000_000))

// A path that leaves the folder is no path.
print(RequestPath("/v2/image.bin")?.components.count ?? 0, RequestPath("/../etc/passwd") == nil)
