"""Device SDKs against the shadow service: shadow_client.py PORT FOLDER CLIENT [SHADOW].

FOLDER holds ca.pem, lamp.pem and lamp.key. CLIENT is v2 (awsiotsdk, MQTT 5), v1 (awsiotsdk, MQTT
3.1.1) or python (AWSIoTPythonSDK). With SHADOW it is that named shadow, else the classic one.
"""

import json
import sys
import threading

PORT, FOLDER, CLIENT = int(sys.argv[1]), sys.argv[2], sys.argv[3]
SHADOW = sys.argv[4] if len(sys.argv) > 4 else None
THING = "lamp"
TIMEOUT = 60
CA, CERTIFICATE, KEY = f"{FOLDER}/ca.pem", f"{FOLDER}/lamp.pem", f"{FOLDER}/lamp.key"


class Inbox:
    """What came in on a stream."""

    def __init__(self):
        self.items = []
        self.changed = threading.Condition()

    def __call__(self, item, *_):
        with self.changed:
            self.items.append(item)
            self.changed.notify_all()

    def wait(self, count):
        with self.changed:
            done = self.changed.wait_for(lambda: len(self.items) >= count, TIMEOUT)
            assert done, f"{len(self.items)} of {count}"
            return self.items


def v2():
    import awsiot
    from awscrt import mqtt5, mqtt_request_response
    from awsiot import iotshadow, mqtt5_client_builder

    connected, stopped = threading.Event(), threading.Event()
    client = mqtt5_client_builder.mtls_from_path(
        endpoint="localhost", port=PORT, cert_filepath=CERTIFICATE, pri_key_filepath=KEY,
        ca_filepath=CA, client_id=f"{THING}-v2",
        on_lifecycle_connection_success=lambda _: connected.set(),
        on_lifecycle_connection_failure=lambda data: print(data.exception, file=sys.stderr),
        on_lifecycle_stopped=lambda _: stopped.set(),
    )
    client.start()
    assert connected.wait(TIMEOUT), "not connected"
    shadow = iotshadow.IotShadowClientV2(
        client,
        mqtt_request_response.ClientOptions(
            max_request_response_subscriptions=5, max_streaming_subscriptions=5,
            operation_timeout_in_seconds=TIMEOUT,
        ),
    )
    named = {"shadow_name": SHADOW} if SHADOW else {}
    infix = "Named" if SHADOW else ""

    def request(operation, **arguments):
        kind = getattr(iotshadow, f"{operation}{infix}ShadowRequest")
        method = getattr(shadow, f"{operation.lower()}_{'named_' if SHADOW else ''}shadow")
        return method(kind(thing_name=THING, **named, **arguments)).result(TIMEOUT)

    def refused(code, operation, **arguments):
        try:
            request(operation, **arguments)
        except awsiot.V2ServiceException as error:
            assert error.modeled_error.code == code, vars(error.modeled_error)
        else:
            raise AssertionError(f"{operation} was accepted")

    def stream(name, method):
        inbox, subscribed = Inbox(), threading.Event()
        kind = getattr(iotshadow, f"{infix}Shadow{name}SubscriptionRequest")
        prefix = f"create_{'named_' if SHADOW else ''}shadow_"
        operation = getattr(shadow, prefix + method)(
            kind(thing_name=THING, **named),
            awsiot.ServiceStreamOptions(
                incoming_event_listener=inbox,
                subscription_status_listener=lambda event: subscribed.set(),
            ),
        )
        operation.open()
        assert subscribed.wait(TIMEOUT), "the stream is not subscribed"
        return inbox, operation

    refused(404, "Get")
    deltas, first = stream("DeltaUpdated", "delta_updated_stream")
    documents, second = stream("Updated", "updated_stream")
    state = iotshadow.ShadowState
    answer = request("Update", state=state(desired={"power": "on", "level": 7}))
    assert answer.version == 1 and answer.state.desired == {"power": "on", "level": 7}
    assert deltas.wait(1)[0].state == {"power": "on", "level": 7}
    snapshot = documents.wait(1)[0]
    assert snapshot.previous is None or snapshot.previous.state is None
    assert snapshot.current.state.desired == {"power": "on", "level": 7}
    answer = request("Update", state=state(reported={"power": "on"}))
    assert answer.version == 2
    assert deltas.wait(2)[1].state == {"level": 7}
    refused(409, "Update", state=state(reported={"level": 1}), version=1)
    answer = request("Update", state=state(reported={"level": 7}), version=2)
    assert answer.version == 3
    answer = request("Get")
    assert answer.version == 3 and answer.state.delta is None
    assert answer.state.reported == {"power": "on", "level": 7}
    assert documents.wait(3)[2].previous.version == 2
    answer = request("Delete")
    assert answer.version == 3
    refused(404, "Get")
    assert len(deltas.items) == 2
    del first, second
    client.stop()
    assert stopped.wait(TIMEOUT)


def v1():
    from awscrt import mqtt
    from awsiot import iotshadow, mqtt_connection_builder

    connection = mqtt_connection_builder.mtls_from_path(
        endpoint="localhost", port=PORT, cert_filepath=CERTIFICATE, pri_key_filepath=KEY,
        ca_filepath=CA, client_id=f"{THING}-v1", clean_session=True,
    )
    connection.connect().result(TIMEOUT)
    shadow = iotshadow.IotShadowClient(connection)
    accepted, rejected, deltas = Inbox(), Inbox(), Inbox()
    qos = mqtt.QoS.AT_LEAST_ONCE

    def subscribe(method, kind, inbox):
        future, _ = getattr(shadow, method)(kind(thing_name=THING), qos, inbox)
        future.result(TIMEOUT)

    update = iotshadow.UpdateShadowSubscriptionRequest
    subscribe("subscribe_to_update_shadow_accepted", update, accepted)
    subscribe("subscribe_to_update_shadow_rejected", update, rejected)
    subscribe(
        "subscribe_to_shadow_delta_updated_events",
        iotshadow.ShadowDeltaUpdatedSubscriptionRequest, deltas,
    )

    def publish(token, **arguments):
        shadow.publish_update_shadow(
            iotshadow.UpdateShadowRequest(thing_name=THING, client_token=token, **arguments), qos
        ).result(TIMEOUT)

    publish("one", state=iotshadow.ShadowState(desired={"power": "on"}))
    assert accepted.wait(1)[0].client_token == "one"
    assert deltas.wait(1)[0].state == {"power": "on"}
    publish("two", state=iotshadow.ShadowState(reported={"power": "off"}), version=7)
    error = rejected.wait(1)[0]
    assert (error.code, error.client_token) == (409, "two")
    connection.disconnect().result(TIMEOUT)


def python():
    from AWSIoTPythonSDK.MQTTLib import AWSIoTMQTTShadowClient

    def connect(name):
        client = AWSIoTMQTTShadowClient(f"{THING}-{name}")
        client.configureEndpoint("localhost", PORT)
        client.configureCredentials(CA, KEY, CERTIFICATE)
        client.configureConnectDisconnectTimeout(TIMEOUT)
        client.configureMQTTOperationTimeout(TIMEOUT)
        assert client.connect()
        return client, client.createShadowHandlerWithName(THING, True)

    client, shadow = connect("python")
    # The SDK takes no delta of a version whose update it made itself.
    other, app = connect("app")
    inbox, deltas = Inbox(), Inbox()

    def answer(payload, status, token):
        inbox((status, json.loads(payload) if status != "timeout" else None))

    shadow.shadowRegisterDeltaCallback(lambda payload, status, token: deltas(json.loads(payload)))
    shadow.shadowGet(answer, TIMEOUT)
    status, body = inbox.wait(1)[0]
    assert (status, body["code"]) == ("rejected", 404), (status, body)
    app.shadowUpdate(json.dumps({"state": {"desired": {"power": "on"}}}), answer, TIMEOUT)
    status, body = inbox.wait(2)[1]
    assert (status, body["version"]) == ("accepted", 1), (status, body)
    assert deltas.wait(1)[0]["state"] == {"power": "on"}
    shadow.shadowGet(answer, TIMEOUT)
    status, body = inbox.wait(3)[2]
    assert status == "accepted" and body["state"]["delta"] == {"power": "on"}, body
    shadow.shadowDelete(answer, TIMEOUT)
    status, body = inbox.wait(4)[3]
    assert (status, body["version"]) == ("accepted", 1), (status, body)
    client.disconnect()
    other.disconnect()


{"v2": v2, "v1": v1, "python": python}[CLIENT]()
print("ok")
