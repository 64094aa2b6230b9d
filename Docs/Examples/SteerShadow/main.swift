// DeviceShadow: what is desired, what is reported, and the difference.

import DeviceShadow
import IoTTime

let service = ShadowService(store: MemoryShadowStore())
var seconds: Int64 = 1_700_000_000

/// Updates the shadow of `lamp`, and prints what is published.
@MainActor
func update(_ document: String) async {
    seconds += 1
    let reaction = await service.handle(
        .update,
        thing: "lamp",
        payload: Array(document.utf8),
        at: WallClock(seconds: seconds)
    )
    for message in reaction.messages {
        print(message.topic, String(decoding: message.payload, as: UTF8.self))
    }
}

await update(#"{"state": {"desired": {"power": "on"}}, "clientToken": "console-1"}"#)
await update(#"{"state": {"reported": {"power": "on"}}, "clientToken": "lamp-1"}"#)
await update(#"{"state": {"desired": {"power": "off"}}, "version": 1}"#)  // a conflict
