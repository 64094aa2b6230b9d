public import RulesSQL

extension RuleEnvironment {
    /// Digests of libcrypto, the system's time zones and the system's random numbers.
    public static func system(zones: SystemTimeZones = SystemTimeZones()) -> RuleEnvironment {
        let random = RandomBox()
        return RuleEnvironment(digests: OpenSSLDigests(), zones: zones) { random.source.next() }
    }
}

/// Holds the source that a closure draws from.
private final class RandomBox {
    var source = SystemRandom()
}
