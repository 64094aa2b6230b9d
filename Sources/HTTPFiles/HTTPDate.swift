/// Times of HTTP, in whole seconds since 1970: RFC 9110 §5.6.7.
public enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Writes IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///
    /// - Parameter seconds: since 1970; clamped to the years 1970 to 9999.
    /// - Returns: 29 characters.
    public static func format(_ seconds: Int64) -> String {
        let clamped = min(max(seconds, 0), 253_402_300_799)
        let (day, time) = (clamped / 86_400, clamped % 86_400)
        let (year, month, date) = civil(day)
        return "\(days[Int(day % 7)]), \(padded(date)) \(months[month - 1]) \(padded(year, 4)) "
            + "\(padded(Int(time / 3_600))):\(padded(Int(time / 60 % 60))):"
            + "\(padded(Int(time % 60))) GMT"
    }

    /// Reads IMF-fixdate and the two obsolete forms.
    ///
    /// The name of the day is not compared with the date.
    /// - Parameters:
    ///   - text: the field's value.
    ///   - now: places the two digits of an RFC 850 year at most 50 years ahead.
    /// - Returns: seconds since 1970; `nil` for anything else.
    public static func parse(_ text: String, now: Int64) -> Int64? {
        let words = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        switch words.count {
        case 6 where words[5] == "GMT":
            guard words[0].hasSuffix(",") else { return nil }
            return seconds(words[3], words[2], words[1], words[4], yearDigits: 4)
        case 5:
            return seconds(words[4], words[1], words[2], words[3], yearDigits: 4)
        case 4 where words[3] == "GMT":
            let date = words[1].split(separator: "-").map(String.init)
            guard date.count == 3, let short = number(date[2], digits: 2...2) else { return nil }
            let current = civil(max(0, now) / 86_400).year
            var year = current / 100 * 100 + short
            if year > current + 50 { year -= 100 }
            return seconds("\(year)", date[1], date[0], words[2], yearDigits: 4)
        default:
            return nil
        }
    }

    private static func seconds(
        _ year: String,
        _ month: String,
        _ day: String,
        _ time: String,
        yearDigits: Int
    ) -> Int64? {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let year = number(year, digits: yearDigits...yearDigits),
            let month = months.firstIndex(of: month),
            let day = number(day, digits: 1...2), (1...31).contains(day), clock.count == 3,
            let hour = number(clock[0], digits: 2...2), hour < 24,
            let minute = number(clock[1], digits: 2...2), minute < 60,
            let second = number(clock[2], digits: 2...2), second <= 60
        else { return nil }
        let days = self.days(year, month + 1, day)
        guard civil(days).date == day || year < 1970 else { return nil }
        return days * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
    }

    private static func number(_ text: String, digits: ClosedRange<Int>) -> Int? {
        guard digits.contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(text)
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// Days since 1970-01-01 of a date, by eras of 400 years that begin in March.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = (y >= 0 ? y : y - 399) / 400
        let yearOfEra = y - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return Int64(era * 146_097 + dayOfEra - 719_468)
    }

    /// The date of a day since 1970-01-01.
    private static func civil(_ days: Int64) -> (year: Int, month: Int, date: Int) {
        let shifted = Int(days) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let date = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, date)
    }
}
