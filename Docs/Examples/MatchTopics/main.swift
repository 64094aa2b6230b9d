// MQTTTopics: filters, names, and an index of subscriptions.

import MQTTTopics

let filter = try TopicFilter("fleet/+/telemetry/#")
print(filter.matches(try TopicName("fleet/truck7/telemetry/gps")))  // true
print(filter.matches(try TopicName("fleet/truck7/status")))  // false

var index = SubscriptionIndex<Int, String>(seed: UInt64.random(in: 0...UInt64.max))
try index.insert(SubscriptionFilter("fleet/+/telemetry/#"), 1, "dashboard")
try index.insert(SubscriptionFilter("fleet/truck7/telemetry/gps"), 2, "map")

let topic = try TopicName("fleet/truck7/telemetry/gps")
index.snapshot().forEachMatch(topic.view) { match in
    print("subscriber \(match.subscriber): \(match.options)")
}

do {
    _ = try TopicFilter("fleet/#/gps")
} catch {
    print(error)  // which rule, and at which byte
}
