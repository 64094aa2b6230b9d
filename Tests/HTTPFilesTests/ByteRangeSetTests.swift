import Testing

@testable import HTTPFiles

@Suite("RFC 9110 §14 Range requests")
struct ByteRangeSetTests {
    private func decide(_ field: String?, _ length: UInt64 = 1_000, limit: Int = 4) -> ByteRangeSet
    {
        ByteRangeSet(field, length: length, limit: limit)
    }

    @Test(
        "§14.1.2 one range",
        arguments: [
            ("bytes=0-499", 0..<500), ("bytes=500-999", 500..<1_000), ("bytes=999-", 999..<1_000),
            ("bytes=-1", 999..<1_000), ("bytes=-5000", 0..<1_000), ("bytes=0-0", 0..<1),
            ("bytes=0-99999999999999999999999", 0..<1_000), ("BYTES=1-2", 1..<3),
            ("bytes= 1-2 ,", 1..<3), ("bytes=,,\t1-2", 1..<3),
            ("bytes=0-18446744073709551615", 0..<1_000),
        ] as [(String, Range<UInt64>)]
    )
    func single(field: String, range: Range<UInt64>) {
        #expect(decide(field) == .parts([range]))
    }

    @Test(
        "§14.2 a field that is no byte range is ignored",
        arguments: [
            nil, "", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=2-1", "items=0-1",
            "bytes=1", "bytes=1-2-3", "bytes=0x1-2", "bytes=+1-2", "bytes=1 - 2", "bytes 1-2",
            "bytes=0-1,x", "bytes=0-0,1-1,2-2,3-3,4-4", "bytes=\u{0661}-",
        ]
    )
    func ignored(field: String?) { #expect(decide(field) == .whole) }

    @Test(
        "§15.5.17 no range within the file",
        arguments: ["bytes=1000-", "bytes=1000-1001,-0", "bytes=-0", "bytes=99999999999999999999-"]
    )
    func unsatisfiable(field: String) { #expect(decide(field) == .unsatisfiable) }

    @Test("§15.3.7.2 several ranges keep the request's order, those outside are left out")
    func several() {
        #expect(decide("bytes=900-999,0-9,2000-") == .parts([900..<1_000, 0..<10]))
        #expect(decide("bytes=0-0,1-1,2-2,3-3") == .parts([0..<1, 1..<2, 2..<3, 3..<4]))
    }

    @Test("§14.2 ranges that overlap never give a byte twice")
    func overlapping() {
        #expect(decide("bytes=0-,0-,0-,0-") == .parts([0..<1_000]))
        #expect(decide("bytes=500-700,0-10,600-800") == .parts([0..<11, 500..<801]))
    }

    @Test("§14.1.2 an empty file")
    func empty() {
        #expect(decide("bytes=0-", 0) == .unsatisfiable)
        #expect(decide("bytes=-5", 0) == .whole)
        #expect(decide("bytes=-0", 0) == .unsatisfiable)
    }

    @Test("any field: parts lie within the file, are not empty and do not overlap")
    func properties() {
        var seed = UInt64(1)
        func next(_ bound: UInt64) -> UInt64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (seed >> 33) % bound
        }
        let pieces = ["0", "1", "9", "99", "-", "-", ",", " ", "bytes=", "18446744073709551615"]
        for _ in 0..<20_000 {
            let field = "bytes=" + (0..<next(12)).map { _ in pieces[Int(next(10))] }.joined()
            let length = next(3) == 0 ? UInt64.max : next(120)
            guard case .parts(let parts) = decide(field, length) else { continue }
            #expect(!parts.isEmpty && parts.allSatisfy { !$0.isEmpty && $0.upperBound <= length })
            for (index, part) in parts.enumerated() {
                #expect(!parts[..<index].contains { $0.overlaps(part) })
            }
        }
    }
}

@Suite("RFC 9110 §5.6.7 Dates")
struct HTTPDateTests {
    @Test("one time, three forms")
    func forms() {
        let now: Int64 = 1_700_000_000
        #expect(HTTPDate.format(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.parse("Sun, 06 Nov 1994 08:49:37 GMT", now: now) == 784_111_777)
        #expect(HTTPDate.parse("Sunday, 06-Nov-94 08:49:37 GMT", now: now) == 784_111_777)
        #expect(HTTPDate.parse("Sun Nov  6 08:49:37 1994", now: now) == 784_111_777)
        #expect(HTTPDate.format(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(HTTPDate.format(951_782_400) == "Tue, 29 Feb 2000 00:00:00 GMT")
    }

    @Test("each day for 400 years reads back")
    func roundTrip() {
        for day in stride(from: Int64(0), to: 146_097, by: 7) {
            let time = day * 86_400 + day % 86_400
            #expect(HTTPDate.parse(HTTPDate.format(time), now: 0) == time)
        }
    }

    @Test(
        "what is no date",
        arguments: [
            "", "yesterday", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 6 Nov 1994 8:49:37 GMT",
            "Sun 06 Nov 1994 08:49:37 GMT",
        ]
    )
    func refused(text: String) { #expect(HTTPDate.parse(text, now: 0) == nil) }
}

@Suite("RFC 9110 §13 Conditional requests")
struct PreconditionsTests {
    private let tag = "\"a-b\""
    private let modified: Int64 = 784_111_777
    private let date = "Sun, 06 Nov 1994 08:49:37 GMT"
    private let before = "Sun, 06 Nov 1994 08:49:36 GMT"

    private func evaluate(
        _ conditions: Preconditions,
        after seconds: Int64 = 100
    ) -> Preconditions.Decision {
        conditions.evaluate(entityTag: tag, modified: modified, now: modified + seconds)
    }

    @Test("§13.1.1 If-Match compares strongly and precedes If-Unmodified-Since")
    func ifMatch() {
        #expect(evaluate(.init(ifMatch: "\"x\", \"a-b\"")) == .proceed(usesRange: true))
        #expect(evaluate(.init(ifMatch: "*")) == .proceed(usesRange: true))
        #expect(evaluate(.init(ifMatch: "W/\"a-b\"")) == .failed)
        #expect(evaluate(.init(ifMatch: "\"x\"")) == .failed)
        #expect(
            evaluate(.init(ifMatch: tag, ifUnmodifiedSince: before)) == .proceed(usesRange: true)
        )
        #expect(evaluate(.init(ifUnmodifiedSince: before)) == .failed)
        #expect(evaluate(.init(ifUnmodifiedSince: date)) == .proceed(usesRange: true))
    }

    @Test("§13.1.2 If-None-Match compares weakly and precedes If-Modified-Since")
    func ifNoneMatch() {
        #expect(evaluate(.init(ifNoneMatch: "W/\"a-b\"")) == .notModified)
        #expect(evaluate(.init(ifNoneMatch: "\"x\",\"a-b\"")) == .notModified)
        #expect(evaluate(.init(ifNoneMatch: "*")) == .notModified)
        #expect(
            evaluate(.init(ifNoneMatch: "\"x\"", ifModifiedSince: date))
                == .proceed(usesRange: true)
        )
        #expect(evaluate(.init(ifModifiedSince: date)) == .notModified)
        #expect(evaluate(.init(ifModifiedSince: before)) == .proceed(usesRange: true))
        #expect(evaluate(.init(ifModifiedSince: "never")) == .proceed(usesRange: true))
    }

    @Test("§13.1.5 If-Range takes a strong tag, or a date that tells two states apart")
    func ifRange() {
        #expect(evaluate(.init(ifRange: tag)) == .proceed(usesRange: true))
        #expect(evaluate(.init(ifRange: "W/" + tag)) == .proceed(usesRange: false))
        #expect(evaluate(.init(ifRange: "\"x\"")) == .proceed(usesRange: false))
        #expect(evaluate(.init(ifRange: date)) == .proceed(usesRange: true))
        #expect(evaluate(.init(ifRange: date), after: 1) == .proceed(usesRange: false))
        #expect(evaluate(.init(ifRange: before)) == .proceed(usesRange: false))
    }
}
