// RulesSQL and RulesSQLSystem: compile a statement once, evaluate it for each message.

import IoTTime
import RulesSQL
import RulesSQLSystem

let sql = """
    SELECT *, topic(2) AS deviceId, parse_time('yyyy-MM-dd', timestamp(), 'UTC') AS day
    FROM 'device/+/sensor/+/v1' WHERE temperature > 50 AND color <> 'red'
    """
let rule = try Program(parsing: sql, version: .v2016)
var evaluator = Evaluator(environment: .system())
let context = MessageContext(now: WallClock(seconds: 1_700_000_000), clientID: "lamp-7")

for payload in [#"{"temperature": 71.5, "color": "blue"}"#, #"{"temperature": 20}"#, "no JSON"] {
    var output: [UInt8] = []
    let outcome = evaluator.evaluate(
        rule,
        topic: "device/lamp-7/sensor/t1/v1".utf8Span.span,
        payload: Array(payload.utf8).span,
        context: context,
        into: &output
    )
    switch outcome {
    case .produced(let range): print(String(decoding: output[range], as: UTF8.self))
    case .failed(let error): print("failed: \(error)")
    default: print("not selected")
    }
}
