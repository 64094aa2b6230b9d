// JSONDocumentCodable: your own types from and to a tree.

import JSONDocument
import JSONDocumentCodable

struct Reading: Codable {
    var sensor: String
    var value: Double
}

let tree = try JSONValue(parsing: #"{"sensor": "t1", "value": 21.5}"#)
var reading = try JSONValueDecoder().decode(Reading.self, from: tree)
reading.value += 1
print(try JSONValueEncoder().encode(reading))

do {
    _ = try JSONValueDecoder().decode(Reading.self, from: ["sensor": 7])
} catch {
    print(error)
}
