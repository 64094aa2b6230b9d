public import RulesSQL
internal import Synchronization

/// The time zones of the system's database (`/usr/share/zoneinfo`), read when first asked for.
public final class SystemTimeZones: TimeZoneProvider {
    private let folder: String
    private let cache = Mutex<[String: ZoneTable?]>([:])
    /// Zones that are kept; names that a payload makes up must not fill the memory.
    private static let cacheLimit = 1_024

    /// The zones below a folder.
    public init(folder: String = "/usr/share/zoneinfo") { self.folder = folder }

    /// What a zone says at a moment; `nil` for a name that the database does not have.
    public func offset(of zone: String, atMilliseconds milliseconds: Int64) -> ZoneOffset? {
        guard Self.isName(zone) else { return nil }
        let path = folder + "/" + zone
        let table = cache.withLock { cache in
            if let known = cache[zone] { return known }
            let table = SystemFile.read(path, limit: 1 << 18).flatMap { ZoneTable($0) }
            if cache.count < Self.cacheLimit { cache[zone] = .some(table) }
            return table
        }
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return table?.offset(at: rest < 0 ? seconds - 1 : seconds)
    }

    /// `Area/City`: parts of letters, digits, `_`, `-` and `+`, none of them leading out of the
    /// folder.
    private static func isName(_ zone: String) -> Bool {
        guard (1...64).contains(zone.utf8.count) else { return false }
        var isStart = true
        for byte in zone.utf8 {
            switch byte {
            case 0x41...0x5A, 0x61...0x7A: isStart = false
            case 0x30...0x39, 0x2B, 0x2D, 0x5F: if isStart { return false }
            case 0x2F:
                if isStart { return false }
                isStart = true
            default: return false
            }
        }
        return !isStart
    }
}
