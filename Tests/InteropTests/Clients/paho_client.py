"""One scenario of paho-mqtt against a broker: paho_client.py PORT VERSION SCENARIO.

VERSION is 3.1, 3.1.1 or 5. Ends with status 0 and a line `ok …`, or with a traceback.
"""

import hashlib
import socket
import sys
import threading

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

VERSIONS = {"3.1": mqtt.MQTTv31, "3.1.1": mqtt.MQTTv311, "5": mqtt.MQTTv5}
PORT, VERSION, SCENARIO = int(sys.argv[1]), VERSIONS[sys.argv[2]], sys.argv[3]
TIMEOUT = 20
TAG = f"{SCENARIO}{sys.argv[2].replace('.', '')}"


class Client:
    """A connected client that collects what it gets."""

    def __init__(self, name, clean=True, expiry=0, will=None):
        arguments = {} if VERSION == mqtt.MQTTv5 else {"clean_session": clean}
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=f"{TAG}-{name}"[:23],
            protocol=VERSION,
            **arguments,
        )
        self.messages = []
        self.changed = threading.Condition()
        self.connected = threading.Event()
        self.acknowledged = {}
        self.flags = None
        self.client.max_inflight_messages_set(20)
        self.client.max_queued_messages_set(0)
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.on_subscribe = self._on_acknowledged
        self.client.on_unsubscribe = self._on_acknowledged
        if will:
            self.client.will_set(*will)
        if VERSION == mqtt.MQTTv5:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = expiry
            self.client.connect(
                "127.0.0.1", PORT, clean_start=clean, properties=properties, keepalive=30
            )
        else:
            self.client.connect("127.0.0.1", PORT, keepalive=30)
        self.client.loop_start()
        assert self.connected.wait(TIMEOUT), "no CONNACK"

    def _on_connect(self, client, userdata, flags, reason, properties):
        assert not reason.is_failure, reason
        self.flags = flags
        self.connected.set()

    def _on_message(self, client, userdata, message):
        with self.changed:
            self.messages.append(message)
            self.changed.notify_all()

    def _on_acknowledged(self, client, userdata, mid, reasons, properties):
        with self.changed:
            self.acknowledged[mid] = reasons
            self.changed.notify_all()

    def wait(self, count):
        with self.changed:
            done = self.changed.wait_for(lambda: len(self.messages) >= count, TIMEOUT)
        assert done, f"{len(self.messages)} of {count} messages"
        return self.messages

    def subscribe(self, topic, qos=0, options=None):
        if options is not None:
            result, mid = self.client.subscribe(topic, options=options)
        else:
            result, mid = self.client.subscribe(topic, qos)
        assert result == mqtt.MQTT_ERR_SUCCESS
        with self.changed:
            assert self.changed.wait_for(lambda: mid in self.acknowledged, TIMEOUT), "no SUBACK"
        return [reason.value for reason in self.acknowledged[mid]]

    def unsubscribe(self, topic):
        result, mid = self.client.unsubscribe(topic)
        assert result == mqtt.MQTT_ERR_SUCCESS
        with self.changed:
            assert self.changed.wait_for(lambda: mid in self.acknowledged, TIMEOUT), "no UNSUBACK"

    def publish(self, topic, payload, qos=0, retain=False, properties=None):
        info = self.client.publish(topic, payload, qos, retain, properties)
        info.wait_for_publish(TIMEOUT)
        assert info.is_published(), "not acknowledged"

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()

    def break_connection(self):
        """Ends without DISCONNECT."""
        self.client.loop_stop()
        self.client.socket().shutdown(socket.SHUT_RDWR)


def wildcards():
    subscriber, publisher = Client("s"), Client("p")
    assert subscriber.subscribe(f"{TAG}/+/c/#", 2) == [2]
    for qos in (0, 1, 2):
        publisher.publish(f"{TAG}/b/c", f"zero {qos}", qos)
        publisher.publish(f"{TAG}/b/c/d/e", f"deep {qos}", qos)
        publisher.publish(f"{TAG}/b/x", "not this", qos)
    got = [(m.topic, m.payload.decode(), m.qos, m.retain) for m in subscriber.wait(6)]
    want = [
        (f"{TAG}/b/c{tail}", f"{word} {qos}", qos, False)
        for qos in (0, 1, 2)
        for tail, word in (("", "zero"), ("/d/e", "deep"))
    ]
    for qos in (0, 1, 2):
        assert [g for g in got if g[2] == qos] == [w for w in want if w[2] == qos], got
    subscriber.unsubscribe(f"{TAG}/+/c/#")
    publisher.publish(f"{TAG}/b/c", "after", 1)
    assert subscriber.subscribe(f"{TAG}/end", 1) == [1]
    publisher.publish(f"{TAG}/end", "end", 1)
    assert subscriber.wait(7)[6].payload == b"end"
    subscriber.close()
    publisher.close()


def retained():
    publisher = Client("p")
    publisher.publish(f"{TAG}/a", "old", 1, retain=True)
    publisher.publish(f"{TAG}/a", "new", 1, retain=True)
    subscriber = Client("s")
    subscriber.subscribe(f"{TAG}/#", 1)
    message = subscriber.wait(1)[0]
    assert (message.payload, message.retain, message.qos) == (b"new", True, 1)
    publisher.publish(f"{TAG}/a", "", 1, retain=True)
    live = subscriber.wait(2)[1]
    assert (live.payload, live.retain) == (b"", False)
    late = Client("l")
    late.subscribe(f"{TAG}/#", 1)
    publisher.publish(f"{TAG}/b", "live", 1)
    assert late.wait(1)[0].payload == b"live"
    for client in (publisher, subscriber, late):
        client.close()


def will():
    subscriber = Client("s")
    subscriber.subscribe(f"{TAG}/#", 1)
    doomed = Client("d", will=(f"{TAG}/gone", b"broken", 1, False))
    doomed.break_connection()
    message = subscriber.wait(1)[0]
    assert (message.topic, message.payload, message.qos) == (f"{TAG}/gone", b"broken", 1)
    polite = Client("q", will=(f"{TAG}/gone", b"never", 1, False))
    polite.close()
    subscriber.client.publish(f"{TAG}/end", b"end", 1)
    assert subscriber.wait(2)[1].payload == b"end"
    subscriber.close()


def large():
    payload = bytes((i * 7 + i // 251) % 256 for i in range(1 << 20))
    subscriber, publisher = Client("s"), Client("p")
    subscriber.subscribe(f"{TAG}/x", 2)
    for qos in (0, 1, 2):
        publisher.publish(f"{TAG}/x", payload, qos)
    for message in subscriber.wait(3):
        assert hashlib.sha256(message.payload).digest() == hashlib.sha256(payload).digest()
    subscriber.close()
    publisher.close()


def ordered():
    subscriber, publisher = Client("s"), Client("p")
    for qos in (0, 1, 2):
        subscriber.subscribe(f"{TAG}/{qos}", qos)
    for number in range(1000):
        for qos in (0, 1, 2):
            publisher.client.publish(f"{TAG}/{qos}", str(number), qos)
    messages = subscriber.wait(3000)
    for qos in (0, 1, 2):
        got = [int(m.payload) for m in messages if m.topic.endswith(f"/{qos}")]
        assert got == list(range(1000)), f"QoS {qos}: {len(got)}"
    subscriber.close()
    publisher.close()


def offline():
    subscriber = Client("s", clean=False, expiry=300)
    subscriber.subscribe(f"{TAG}/#", 1)
    subscriber.break_connection()
    publisher = Client("p")
    for number in range(50):
        publisher.publish(f"{TAG}/n", str(number), 1)
    again = Client("s", clean=False, expiry=300)
    # MQTT 3.1 has no such flag.
    assert again.flags.session_present or VERSION == mqtt.MQTTv31
    assert [int(m.payload) for m in again.wait(50)] == list(range(50))
    again.close()
    publisher.close()


def version5():
    subscriber, publisher = Client("s"), Client("p")
    properties = Properties(PacketTypes.SUBSCRIBE)
    options = SubscribeOptions(qos=1, noLocal=True, retainAsPublished=True)
    properties.SubscriptionIdentifier = 7
    result, mid = subscriber.client.subscribe(f"{TAG}/#", options=options, properties=properties)
    assert result == mqtt.MQTT_ERR_SUCCESS
    with subscriber.changed:
        assert subscriber.changed.wait_for(lambda: mid in subscriber.acknowledged, TIMEOUT)
    subscriber.publish(f"{TAG}/own", "own", 1)
    sent = Properties(PacketTypes.PUBLISH)
    sent.ContentType = "text/plain"
    sent.ResponseTopic = "answers"
    sent.CorrelationData = b"\x00\x01"
    sent.PayloadFormatIndicator = 1
    sent.MessageExpiryInterval = 60
    sent.UserProperty = [("b", "2"), ("a", "1"), ("b", "1")]
    sent.TopicAlias = 3
    publisher.publish(f"{TAG}/x", "hello", 1, retain=True, properties=sent)
    message = subscriber.wait(1)[0]
    got = message.properties
    assert message.topic == f"{TAG}/x" and message.retain
    assert got.ContentType == "text/plain" and got.ResponseTopic == "answers"
    assert got.CorrelationData == b"\x00\x01" and got.PayloadFormatIndicator == 1
    assert got.UserProperty == [("b", "2"), ("a", "1"), ("b", "1")]
    assert got.SubscriptionIdentifier == [7] and got.MessageExpiryInterval in (59, 60)
    assert not hasattr(got, "TopicAlias")
    publisher.publish(f"{TAG}/x", "", 1, retain=True)
    subscriber.close()
    publisher.close()


globals()[SCENARIO]()
print(f"ok {SCENARIO} {sys.argv[2]}")
