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

// Nothing outside of the folder is opened.
let outside = RequestPath("/../etc/passwd")
print(outside.flatMap { FileFolder(path: "/tmp").open($0.components) } == nil)
