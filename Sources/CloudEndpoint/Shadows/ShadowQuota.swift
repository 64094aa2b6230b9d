#if Endpoint
extension CloudEndpoint {
    /// How much the shadow service lets its clients take; beyond it a request is answered with 429.
    public struct ShadowQuota: Hashable, Sendable {
        /// Shadows in all, the remembered versions of deleted ones among them.
        ///
        /// Default: 1,000,000.
        public var maximumShadows: Int
        /// Requests of one thing that may wait for the disk.
        ///
        /// Default: 10, as at the reference.
        public var maximumRequestsInFlight: Int

        /// Limits; each has a default.
        public init(maximumShadows: Int = 1_000_000, maximumRequestsInFlight: Int = 10) {
            self.maximumShadows = maximumShadows
            self.maximumRequestsInFlight = maximumRequestsInFlight
        }
    }
}
#endif
