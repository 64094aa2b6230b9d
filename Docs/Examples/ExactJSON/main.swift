// JSONDocument: check once, read numbers as they are written, copy members as they are.

import JSONDocument

/// Reads members of a text, and writes it anew with one more.
///
/// A view borrows the text, so it lives in a function and not in a global variable.
func enrich(_ text: [UInt8]) throws(JSONError) -> [UInt8] {
    var reader = JSONReader()
    let view = try reader.parse(text.span)
    print(view["temperature"]?.number?.decimal ?? 0)
    print(view["id"]?.number?.int64 ?? 0)  // beyond what a Double holds

    var writer = JSONWriter()
    writer.beginObject()
    writer.spliceMembers(of: view, except: ["color"])
    writer.name("requestId")
    writer.write(17)
    writer.endObject()
    return writer.finish()
}

let text = Array(#"{"temperature": 51.250, "color": "red", "id": 9007199254740993}"#.utf8)
print(String(decoding: try enrich(text), as: UTF8.self))

do {
    _ = try JSONValue(parsing: #"{"a": 1, "a": 2,}"#)
} catch {
    print("line \(error.line), column \(error.column): \(error.violation)")
}
