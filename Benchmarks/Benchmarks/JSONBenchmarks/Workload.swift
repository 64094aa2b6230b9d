import BenchmarkSupport

/// The texts under measurement, made by rule.
enum Workload {
    /// A telemetry message of 200 bytes.
    static let telemetry = Array(
        #"{"deviceId":"pump-0017","timestamp":1735689600123,"temperature":51.25,"humidity":43,"color":"blue","battery":3.71,"ok":true,"seq":90210,"fw":"2.4.1","site":"hall-3/bay-12","err":null,"rssi":-67,"uptime":864000}"#
            .utf8.prefix(512)
    )

    /// A shadow-like document of about 1 KB.
    static let shadow: [UInt8] = {
        var text = #"{"state":{"desired":{"#
        for i in 0..<8 { text += #""setting\#(i)":{"value":\#(i * 37).5,"unit":"C"},"# }
        text += #""mode":"auto"},"reported":{"#
        for i in 0..<16 { text += #""reading\#(i)":\#(Double(i) * 12.25),"# }
        text +=
            #""labels":["alpha","beta","gamma","delta"],"online":true,"note":"pump \"A\" 20 \u00b0C"}},"#
        text +=
            #""version":42,"timestamp":1735689600,"clientToken":"c1d2e3f4-0000-4000-8000-123456789abc"}"#
        return Array(text.utf8)
    }()

    /// Telemetry messages that differ in the lengths of what they hold.
    static func telemetryArray(bytes: Int) -> [UInt8] {
        var random = Generator(state: 7)
        var text = Array("[".utf8)
        while text.count < bytes {
            if text.count > 1 { text.append(0x2C) }
            let id = random.below(100_000)
            let line =
                #"{"deviceId":"sensor-\#(id)","timestamp":\#(1_735_689_600_000 + random.below(1_000_000_000)),"#
                + #""temperature":\#(random.below(100)).\#(random.below(1000)),"humidity":\#(random.below(101)),"#
                + #""ok":\#(random.below(2) == 0),"status":"\#(words[random.below(words.count)])","#
                + #""tags":["\#(words[random.below(words.count)])","\#(words[random.below(words.count)])"],"#
                + #""position":{"lat":\#(random.below(90)).\#(random.below(1_000_000)),"lon":-\#(random.below(180)).\#(random.below(1_000_000))}}"#
            text += line.utf8
        }
        text.append(0x5D)
        return text
    }

    /// The same with line breaks and blanks.
    static func indented(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var depth = 0
        var inString = false
        var escaped = false
        func lineBreak() -> [UInt8] { [0x0A] + [UInt8](repeating: 0x20, count: depth * 2) }
        for byte in text {
            if inString {
                result.append(byte)
                if escaped {
                    escaped = false
                } else if byte == 0x5C {
                    escaped = true
                } else if byte == 0x22 {
                    inString = false
                }
                continue
            }
            switch byte {
            case 0x22: inString = true; result.append(byte)
            case 0x7B, 0x5B: depth += 1; result.append(byte); result += lineBreak()
            case 0x7D, 0x5D: depth -= 1; result += lineBreak(); result.append(byte)
            case 0x2C: result.append(byte); result += lineBreak()
            case 0x3A: result += [0x3A, 0x20]
            default: result.append(byte)
            }
        }
        return result
    }

    /// Sentences in several scripts, with some escapes.
    static func prose(bytes: Int) -> [UInt8] {
        var random = Generator(state: 11)
        let parts = [
            "The quick brown fox jumps over the lazy dog and runs away. ", "Größe und Übermaß. ",
            "温度が高すぎます。", "Датчик вышел из строя. ", "alarm 🔥 cleared ✅ ",
            #"line\nbreak \"quoted\" "#,
            "plain words that go on for a while without anything special in them at all, ",
        ]
        var text = Array("[".utf8)
        while text.count < bytes {
            if text.count > 1 { text.append(0x2C) }
            text += #"{"id":\#(random.below(1 << 40)),"text":""#.utf8
            for _ in 0..<1 + random.below(4) { text += parts[random.below(parts.count)].utf8 }
            text += #""}"#.utf8
        }
        text.append(0x5D)
        return text
    }

    private static let words = [
        "ok", "warning", "running", "stopped", "calibrating", "idle", "maintenance-required", "x",
    ]
}

/// The splitmix64 sequence.
struct Generator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() >> 33) % bound }
}
