/// A deterministic subscription workload: a port of this project's own generator, byte for byte.
///
/// 70 % exact filters, 20 % with `+`, 10 % with `#`, and 24 fixed ones that watch whole trees; the
/// topics are 80 % inside the names that exist, 10 % near misses, 10 % of odd depth.
public struct TopicWorkload: Sendable {
    /// One filter for each subscription; the position is the subscriber.
    public let filters: [String]
    /// Topics to publish to, nearly all different.
    public let topics: [String]
    /// Topics of which 512 come again and again.
    public let hotTopics: [String]
    /// A tenth of the subscriptions, in random order.
    public let churn: [Int]

    /// The number of matches, and the sum over them of (topic + 1)(subscription + 1) modulo 2⁶⁴,
    /// for 100,000 topics.
    public static let checks: [Int: (count: UInt64, sum: UInt64)] = [
        10_000: (455_793, 0x2710_f9b8_0a77),
        100_000: (447_490, 0x1_7005_a7c9_2541),
        1_000_000: (416_137, 0xba_82c8_2e89_dc7),
    ]

    private static let channels = ["temp", "hum", "gps", "batt", "vib", "door", "cam", "rssi"]
    private static let verbs = ["reboot", "ota", "set", "get", "ping", "lock"]
    private static let operations = ["update", "get", "delete"]
    private static let outcomes = ["delta", "accepted", "rejected"]
    private static let monitors =
        [
            "#", "+/+/+/+/+/+", "fleet/#", "dt/#", "cmd/+/+/+/ota/req",
            "$aws/things/+/shadow/update/accepted", "$aws/things/+/shadow/update/delta",
            "$aws/things/#",
        ] + (0..<16).map { "fleet/+/device/+/sensor/s\($0)" }

    private struct Sizes {
        let sites, devices, things, apps: Int

        init(_ subscriptions: Int) {
            sites = max(8, subscriptions / 1000)
            devices = max(16, subscriptions / 10)
            things = max(16, subscriptions / 10)
            apps = max(8, subscriptions / 10_000)
        }
    }

    /// Draws `subscriptions` filters and `topics` topics.
    public init(subscriptions: Int, topics topicCount: Int = 100_000) {
        var random = SplitMix64(seed: 0x9E37_79B9_7F4A_7C15 ^ UInt64(subscriptions))
        let sizes = Sizes(subscriptions)
        filters =
            Self.monitors
            + (0..<subscriptions - Self.monitors.count).map { _ in Self.filter(&random, sizes) }
        topics = (0..<topicCount).map { _ in Self.topic(&random, sizes) }
        let pool = (0..<512).map { _ in Self.topic(&random, sizes) }
        hotTopics = (0..<topicCount).map { _ in
            let draws = [random.below(512), random.below(512), random.below(512)]
            return pool[draws.min() ?? 0]
        }
        var order = Array(0..<subscriptions)
        for i in stride(from: subscriptions - 1, to: 0, by: -1) {
            order.swapAt(i, random.below(i + 1))
        }
        churn = Array(order[..<(subscriptions / 10)])
    }

    private static func filter(_ random: inout SplitMix64, _ sizes: Sizes) -> String {
        let kind = random.below(1000)
        let device = random.below(sizes.devices)
        let thing = random.below(sizes.things)
        let sensor = random.below(16)
        let app = random.below(sizes.apps)
        let deviceSite = device % sizes.sites
        let thingSite = thing % sizes.sites
        let channel = channels[random.below(8)]
        let verb = verbs[random.below(6)]
        switch kind {
        case ..<300: return "fleet/site\(deviceSite)/device/d\(device)/sensor/s\(sensor)"
        case ..<500:
            let operation = operations[random.below(3)]
            return "$aws/things/thing-\(thing)/shadow/\(operation)/\(outcomes[random.below(3)])"
        case ..<600: return "dt/app\(app)/site\(thingSite)/thing-\(thing)/\(channel)/v1"
        case ..<700: return "cmd/app\(app)/site\(thingSite)/thing-\(thing)/\(verb)/req"
        case ..<780: return "fleet/site\(deviceSite)/device/d\(device)/sensor/+"
        case ..<800: return "fleet/site\(deviceSite)/device/+/sensor/s\(sensor)"
        case ..<840: return "dt/+/site\(thingSite)/thing-\(thing)/+/v1"
        case ..<880: return "$aws/things/thing-\(thing)/shadow/+/accepted"
        case ..<890: return "+/site\(deviceSite)/device/d\(device)/sensor/s\(sensor)"
        case ..<900: return "fleet/+/device/d\(device)/sensor/+"
        case ..<950: return "$aws/things/thing-\(thing)/shadow/#"
        case ..<980: return "fleet/site\(deviceSite)/device/d\(device)/#"
        case ..<995: return "dt/app\(app)/site\(thingSite)/#"
        default: return "cmd/app\(app)/site\(thingSite)/#"
        }
    }

    private static func topic(_ random: inout SplitMix64, _ sizes: Sizes) -> String {
        let universe = random.below(100)
        let kind = random.below(100)
        var device = random.below(sizes.devices)
        var thing = random.below(sizes.things)
        let sensor = random.below(16)
        let app = random.below(sizes.apps)
        let deviceSite = device % sizes.sites
        let thingSite = thing % sizes.sites
        if universe >= 90 {
            let depth = 1 + random.below(12)
            let levels = [
                "fleet", "site\(deviceSite)", "device", "d\(device)", "sensor", "s\(sensor)",
                "raw", "x", "y", "z", "w", "q",
            ]
            return levels[..<depth].joined(separator: "/")
        }
        let channel = channels[random.below(8)]
        let verb = verbs[random.below(6)]
        if universe >= 80 {
            device += 10_000_000
            thing += 10_000_000
        }
        switch kind {
        case ..<45: return "fleet/site\(deviceSite)/device/d\(device)/sensor/s\(sensor)"
        case ..<70:
            let operation = operations[random.below(3)]
            return "$aws/things/thing-\(thing)/shadow/\(operation)/\(outcomes[random.below(3)])"
        case ..<90: return "dt/app\(app)/site\(thingSite)/thing-\(thing)/\(channel)/v1"
        default: return "cmd/app\(app)/site\(thingSite)/thing-\(thing)/\(verb)/req"
        }
    }

    /// Every mix of `a` and `+` over twelve levels: 4,096 filters that all match `a/a/…/a`.
    public static let blowUpFilters: [String] = (0..<4096).map { mixture($0, levels: 12) }

    /// Every mix of `a` and `+` over eleven levels with `zzz` behind: 2,048 filters, none of which
    /// matches `a/a/…/a`.
    public static let deadEndFilters: [String] = (0..<2048).map {
        mixture($0, levels: 11) + "/zzz"
    }

    /// `a/a/…/a`, twelve levels.
    public static let blowUpTopic = [String](repeating: "a", count: 12).joined(separator: "/")

    private static func mixture(_ number: Int, levels: Int) -> String {
        (0..<levels).map { number >> $0 & 1 == 1 ? "+" : "a" }.joined(separator: "/")
    }
}
