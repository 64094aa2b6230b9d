/// A lamp's shadow of 1 KB and updates of 100 bytes.
enum Workload {
    /// `desired` and `reported` with 1 024 bytes of text together; two settings wait for the device.
    static let document: [UInt8] = {
        var desired = [
            "\"power\":\"on\"", "\"brightness\":80", "\"color\":{\"r\":255,\"g\":180,\"b\":90}",
            "\"schedule\":[{\"at\":\"06:30\",\"scene\":\"dawn\"},{\"at\":\"22:00\",\"scene\":\"off\"}]",
            "\"reportEvery\":30", "\"firmware\":{\"version\":\"2.4.1\",\"channel\":\"stable\"}",
        ]
        var reported = desired
        reported[1] = "\"brightness\":75"
        reported[2] = "\"color\":{\"r\":255,\"g\":170,\"b\":90}"
        reported += [
            "\"temperature\":20.5", "\"humidity\":41", "\"rssi\":-61", "\"uptime\":86400",
            "\"network\":{\"ssid\":\"floor-3\",\"channel\":11,\"address\":\"192.0.2.17\"}",
            "\"power_usage\":{\"now\":7.25,\"today\":61.5,\"total\":18230.75}",
            "\"errors\":[]", "\"location\":{\"building\":\"north\",\"floor\":3,\"room\":\"3.14\"}",
        ]
        let room = 1_024 - length(desired) - length(reported)
        desired.append("\"note\":\"\(String(repeating: "n", count: max(0, (room - 19) / 2)))\"")
        reported.append(desired[desired.count - 1])
        return Array(update("desired", desired, "reported", reported).utf8)
    }()

    /// What the device says every half a minute: three values of the thirty, 100 bytes.
    static let updates: [[UInt8]] = (0..<4).map { index in
        var text =
            "{\"state\":{\"reported\":{\"temperature\":2\(index).5,\"power_usage\":{\"now\":"
            + "7.2\(index)},\"rssi\":-6\(index)}},\"clientToken\":\"\"}"
        let token = String(repeating: "t", count: max(0, 100 - text.utf8.count))
        text.removeLast(2)
        return Array((text + token + "\"}").utf8)
    }

    private static func update(
        _ first: String,
        _ a: [String],
        _ second: String,
        _ b: [String]
    ) -> String {
        "{\"state\":{\"\(first)\":{\(a.joined(separator: ","))},\"\(second)\":{"
            + b.joined(separator: ",") + "}}}"
    }

    private static func length(_ members: [String]) -> Int {
        2 + members.joined(separator: ",").utf8.count
    }
}
