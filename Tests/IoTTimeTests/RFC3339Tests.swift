import Foundation
import IoTTestSupport
import IoTTime
import Testing

@Suite("RFC 3339 text")
struct RFC3339Tests {
    @Test(
        "§5.8 examples and edges are read",
        arguments: [
            ("1985-04-12T23:20:50.52Z", 482_196_050_520),
            ("1996-12-19T16:39:57-08:00", 851_042_397_000),
            ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130),
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01t00:00:00z", 0),
            ("1969-12-31T23:59:59.9999Z", -1),
            ("2000-02-29T00:00:00-00:00", 951_782_400_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
            ("2026-03-01T13:00:00.25+01:00", 1_772_366_400_250),
            ("1990-12-31T23:59:60Z", 662_687_999_999),
            ("1990-12-31T15:59:60.123-08:00", 662_687_999_999),
        ] as [(String, Int64)]
    )
    func reads(text: String, milliseconds: Int64) throws {
        #expect(try WallClock(rfc3339: text).milliseconds == milliseconds)
    }

    @Test(
        "§5.6, §5.7 a broken rule is reported where its field starts",
        arguments: [
            ("", .truncated, 0), ("2026-03-01", .truncated, 10),
            ("2026-03-01T00:00:00", .truncated, 19), ("2026-03-01T00:00:00.", .truncated, 20),
            ("2026-03-01T00:00:00.Z", .unexpectedByte(0x5A), 20),
            ("2026-03-01 00:00:00Z", .unexpectedByte(0x20), 10),
            ("2026/03/01T00:00:00Z", .unexpectedByte(0x2F), 4),
            ("+026-03-01T00:00:00Z", .unexpectedByte(0x2B), 0),
            ("2026-00-01T00:00:00Z", .fieldOutOfRange, 5),
            ("2026-13-01T00:00:00Z", .fieldOutOfRange, 5),
            ("2026-02-29T00:00:00Z", .fieldOutOfRange, 8),
            ("1900-02-29T00:00:00Z", .fieldOutOfRange, 8),
            ("2026-04-31T00:00:00Z", .fieldOutOfRange, 8),
            ("2026-03-01T24:00:00Z", .fieldOutOfRange, 11),
            ("2026-03-01T00:60:00Z", .fieldOutOfRange, 14),
            ("2026-03-01T00:00:61Z", .fieldOutOfRange, 17),
            ("2026-03-01T00:00:60Z", .leapSecondMisplaced, 17),
            ("2026-03-31T23:59:60Z", .leapSecondMisplaced, 17),
            ("1990-12-31T23:59:60+01:00", .leapSecondMisplaced, 17),
            ("2026-03-01T00:00:00+24:00", .fieldOutOfRange, 20),
            ("2026-03-01T00:00:00+01:60", .fieldOutOfRange, 23),
            ("2026-03-01T00:00:00+0100", .unexpectedByte(0x30), 22),
            ("2026-03-01T00:00:00Z ", .trailingBytes, 20),
            ("0000-01-01T00:00:00+00:01", .yearOutOfRange, 0),
            ("9999-12-31T23:59:00-00:01", .yearOutOfRange, 0),
        ] as [(String, RFC3339Error.Violation, Int)]
    )
    func refuses(text: String, violation: RFC3339Error.Violation, offset: Int) {
        #expect(throws: RFC3339Error(violation, at: offset)) { try WallClock(rfc3339: text) }
    }

    @Test("§5.6 text is printed in UTC with the digits that were asked for")
    func prints() {
        let time = WallClock(milliseconds: 1_772_366_400_250)
        #expect(time.rfc3339() == "2026-03-01T12:00:00.250Z")
        #expect(time.rfc3339(fraction: .none) == "2026-03-01T12:00:00Z")
        #expect(WallClock.epoch.rfc3339() == "1970-01-01T00:00:00Z")
        #expect(WallClock.epoch.rfc3339(fraction: .milliseconds) == "1970-01-01T00:00:00.000Z")
        #expect(WallClock(milliseconds: -1).rfc3339() == "1969-12-31T23:59:59.999Z")
        #expect(WallClock(milliseconds: 253_402_300_800_000).rfc3339() == nil)
        #expect(WallClock(milliseconds: -62_167_219_200_001).rfc3339() == nil)
        #expect(WallClock.distantFuture.rfc3339() == nil)
        #expect(WallClock.distantPast.rfc3339() == nil)
    }

    @Test("every printed time reads back, and Foundation agrees on the date")
    func roundTrip() throws {
        var random = SplitMix64(seed: 3339)
        let formatter = ISO8601DateFormatter()
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        for _ in 0..<20_000 {
            let span = 253_402_300_800_000 + 62_167_219_200_000
            let value = Int64(random.below(span)) - 62_167_219_200_000
            let time = WallClock(milliseconds: value)
            let text = try #require(time.rfc3339())
            #expect(try WallClock(rfc3339: text) == time)
            // Foundation uses the Julian calendar before October 1582.
            if value > -12_219_292_800_000 {
                let date = Date(timeIntervalSince1970: Double(time.seconds))
                #expect(time.rfc3339(fraction: .none) == formatter.string(from: date))
            }
        }
    }
}
