// AccessPolicy: compile policies, decide requests, explain decisions.

import AccessPolicy
import IoTTime

let document = try PolicyDocument(
    #"""
    {"Version": "2012-10-17", "Statement": [
      {"Sid": "own", "Effect": "Allow", "Action": "iot:Publish",
       "Resource": "arn:aws:iot:local:000000000000:topic/device/${iot:ClientId}/*"},
      {"Sid": "secret", "Effect": "Deny", "Action": "iot:*",
       "Resource": "arn:aws:iot:local:000000000000:topic/device/*/secret"}]}
    """#
)
let policies = PolicySet([("device", document)])
var context = AuthorizationContext(now: WallClock(seconds: 1_700_000_000))
context.set(.clientID, to: "lamp-1")

for topic in ["device/lamp-1/state", "device/lamp-2/state", "device/lamp-1/secret"] {
    let resource = "arn:aws:iot:local:000000000000:topic/" + topic
    let decision = policies.decide(.publish, on: resource, in: context)
    print("\(topic): \(decision.isAllowed ? "allowed" : "refused")")
}
let refused = "arn:aws:iot:local:000000000000:topic/device/lamp-1/secret"
print(policies.explain(.publish, on: refused, in: context))
