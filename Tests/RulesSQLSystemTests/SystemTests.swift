import IoTTime
import RulesSQL
import RulesSQLSystem
import Testing

@Suite("rules SQL: the system's digests, zones and tool")
struct SystemTests {
    @Test(
        "zones come from the system's tables, behind their end from the rule in the footer",
        arguments: [
            ("America/Belize", 100_000_000, -21_600, "CST"),
            ("Europe/Oslo", 1_700_000_000_000, 3_600, "CET"),
            ("Europe/Oslo", 1_690_000_000_000, 7_200, "CEST"),
            ("Europe/Oslo", 4_087_000_000_000, 7_200, "CEST"),
            ("Europe/Oslo", 4_100_000_000_000, 3_600, "CET"),
            ("America/New_York", 4_086_000_000_000, -14_400, "EDT"),
            ("Australia/Sydney", 4_102_444_800_000, 39_600, "AEDT"),
            ("Asia/Tokyo", -1, 32_400, "JST"),
        ] as [(String, Int64, Int, String)]
    )
    func zones(name: String, moment: Int64, seconds: Int, abbreviation: String) {
        #expect(
            SystemTimeZones().offset(of: name, atMilliseconds: moment)
                == ZoneOffset(seconds: seconds, abbreviation: abbreviation)
        )
    }

    @Test(
        "names that lead out of the folder or are no zone are unknown",
        arguments: [
            "../../etc/passwd", "Europe/../Europe/Oslo", "/etc/passwd", "", "Nope/Zone", "Europe",
        ]
    )
    func unknownZones(name: String) {
        #expect(SystemTimeZones().offset(of: name, atMilliseconds: 0) == nil)
    }

    private func evaluate(_ sql: String) -> String {
        RulesTool.evaluate(
            sql,
            version: .v2016,
            topic: "a/b",
            payload: [],
            context: MessageContext(now: WallClock(milliseconds: 0))
        ).text
    }

    @Test(
        "time_to_epoch follows java.time, through gaps and overlaps of local time",
        arguments: [
            ("'2023-03-26 02:30 Europe/Oslo', 'yyyy-MM-dd HH:mm VV'", "1679794200000"),
            ("'2023-10-29 02:30 Europe/Oslo', 'yyyy-MM-dd HH:mm VV'", "1698539400000"),
            ("'20200229', 'yyyyMMdd'", "1582934400000"),
            ("'2021-02-29', 'yyyy-MM-dd'", "1614470400000"),
            ("'2020-01-01T24:00Z', 'yyyy-MM-dd''T''HH:mmX'", "1577923200000"),
            ("'1 Jan 70 12:05 AM', 'd MMM yy h:mm a'", "3155760300000"),
            ("'2020-060', 'yyyy-DDD'", "1582934400000"),
            ("'2020-04-03 09:45:18 PST', 'yyyy-MM-dd HH:mm:ss z'", "1585932318000"),
        ]
    )
    func timeToEpoch(arguments: String, expected: String) {
        #expect(evaluate("SELECT VALUE time_to_epoch(\(arguments))") == expected + "\n")
    }

    @Test("the tool renders errors with a caret, and says why a rule did not fire")
    func tool() {
        let wrong = RulesTool.check("SELECT a b", version: .v2016)
        #expect(wrong.exitCode == 2)
        #expect(wrong.message.hasSuffix("SELECT a b\n         ^\n"))
        let right = RulesTool.check("select a from 't'", version: .v2016)
        #expect(right.text == "SELECT a FROM 't'\n")
        let quiet = RulesTool.evaluate(
            "SELECT a FROM 't' WHERE a > 1",
            version: .v2016,
            topic: "t",
            payload: Array("{\"a\":1}".utf8),
            context: MessageContext(now: WallClock(milliseconds: 0))
        )
        #expect(quiet.exitCode == 1)
        #expect(quiet.message == "WHERE is not true\n  a > 1: false, because a is Int 1\n")
        #expect(RulesTool.explain("SELECT a", version: .v2016).text.contains("field a"))
    }

    @Test("random numbers are given out once each")
    func random() {
        var source = SystemRandom()
        var seen: Set<UInt64> = []
        for _ in 0..<1_000 { seen.insert(source.next()) }
        #expect(seen.count == 1_000)
    }
}
