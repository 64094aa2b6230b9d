"""MQTT 5.0 features, one after the other, with paho-mqtt: features_client.py PORT FEATURE.

The broker holds clients to a keep alive of 60 s and packets of 4,000 bytes. Ends with status 0 and a
line `ok …`, or with a traceback.
"""

import os
import socket
import sys
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

PORT, FEATURE = int(sys.argv[1]), sys.argv[2]
TIMEOUT = 20


def properties(packet, **values):
    result = Properties(packet)
    for name, value in values.items():
        setattr(result, name, value)
    return result


class Client:
    def __init__(self, name, clean=True, will=None, will_properties=None, keepalive=30, **connect):
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5
        )
        self.messages, self.connack, self.reason = [], None, None
        self.changed = threading.Condition()
        self.answers = {}
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        self.client.on_subscribe = self._on_subscribe
        self.client.on_disconnect = self._on_disconnect
        if will:
            self.client.will_set(*will, properties=will_properties)
        self.client.connect(
            "127.0.0.1",
            PORT,
            clean_start=clean,
            keepalive=keepalive,
            properties=properties(PacketTypes.CONNECT, **connect),
        )
        self.client.loop_start()
        self.until(lambda: self.connack is not None)

    def until(self, condition):
        with self.changed:
            assert self.changed.wait_for(condition, TIMEOUT), f"{FEATURE}: nothing came"

    def _note(self, body):
        with self.changed:
            body()
            self.changed.notify_all()

    def _on_connect(self, client, userdata, flags, reason, received):
        self._note(lambda: setattr(self, "connack", (flags, reason, received)))

    def _on_message(self, client, userdata, message):
        self._note(lambda: self.messages.append((message, time.monotonic())))

    def _on_subscribe(self, client, userdata, mid, reasons, received):
        self._note(lambda: self.answers.__setitem__(mid, [reason.value for reason in reasons]))

    def _on_disconnect(self, client, userdata, flags, reason, received):
        self._note(lambda: setattr(self, "reason", reason))

    def subscribe(self, filters, **values):
        received = properties(PacketTypes.SUBSCRIBE, **values) if values else None
        mid = self.client.subscribe(filters, properties=received)[1]
        self.until(lambda: mid in self.answers)
        return self.answers[mid]

    def publish(self, topic, payload, qos=0, retain=False, **values):
        self.client.publish(
            topic, payload, qos, retain, properties(PacketTypes.PUBLISH, **values)
        ).wait_for_publish(TIMEOUT)

    def get(self, count):
        self.until(lambda: len(self.messages) >= count)
        return [message for message, _ in self.messages]

    def messages_of(self, qos):
        return [message for message, _ in self.messages if message.qos == qos]

    def end(self, **values):
        received = properties(PacketTypes.DISCONNECT, **values) if values else None
        self.client.disconnect(properties=received)
        self.client.loop_stop()

    def break_off(self):
        """Ends the connection without DISCONNECT."""
        # The client would connect again.
        self.client.on_disconnect = None
        sock = self.client.socket()
        self.client._sock = None
        sock.shutdown(socket.SHUT_RDWR)
        self.client.loop_stop()


def plain(qos=2, **values):
    return SubscribeOptions(qos=qos, **values)


def overlapping():
    client = Client("o")
    client.subscribe([("over/#", plain(1))], SubscriptionIdentifier=1)
    client.subscribe([("over/+", plain(2))], SubscriptionIdentifier=2)
    client.publish("over/x", b"1", 2)
    client.publish("over/end", b"2", 1)
    first, second = client.get(2)
    assert (first.qos, second.qos) == (2, 1)
    assert sorted(first.properties.SubscriptionIdentifier) == [1, 2]


def user_properties():
    client = Client("u")
    client.subscribe([("user/#", plain())])
    pairs = [("b", "1"), ("a", "2"), ("b", "1"), ("", "")]
    for qos in range(3):
        client.publish(
            "user/x", b"", qos, UserProperty=pairs, ContentType="t", PayloadFormatIndicator=1,
            ResponseTopic="r", CorrelationData=b"\0\1",
        )
    for message in client.get(3):
        assert message.properties.UserProperty == pairs
        assert message.properties.ContentType == "t"
        assert message.properties.PayloadFormatIndicator == 1
        assert message.properties.ResponseTopic == "r"
        assert message.properties.CorrelationData == b"\0\1"


def expiry():
    Client("e", SessionExpiryInterval=100).subscribe([("exp/#", plain())])
    late = Client("e", clean=False, SessionExpiryInterval=100)
    late.end()
    sender = Client("s")
    sender.publish("exp/short", b"", 1, MessageExpiryInterval=1)
    sender.publish("exp/long", b"", 2, MessageExpiryInterval=60)
    time.sleep(2.2)
    back = Client("e", clean=False, SessionExpiryInterval=0)
    back.get(1)
    time.sleep(0.3)
    assert [m.topic for m in back.get(1)] == ["exp/long"]
    assert back.get(1)[0].properties.MessageExpiryInterval in (57, 58)


def session_expiry():
    def present(**values):
        client = Client("x", clean=False, **values)
        return client, client.connack[0].session_present

    Client("x").end()
    first, was_there = present(SessionExpiryInterval=2)
    assert not was_there
    first.end()
    second, was_there = present(SessionExpiryInterval=1)
    assert was_there
    second.end(SessionExpiryInterval=5)
    time.sleep(2.5)
    third, was_there = present(SessionExpiryInterval=1)
    assert was_there
    third.end(SessionExpiryInterval=0)
    fourth, was_there = present(SessionExpiryInterval=1)
    assert not was_there
    fourth.end()
    time.sleep(1.5)
    assert not present()[1]


def will_delay():
    watcher = Client("w")
    watcher.subscribe([("gone/#", plain())])
    doomed = Client(
        "d",
        SessionExpiryInterval=60,
        will=("gone/d", b"", 1, False),
        will_properties=properties(PacketTypes.WILLMESSAGE, WillDelayInterval=2),
    )
    doomed.break_off()
    began = time.monotonic()
    watcher.get(1)
    waited = watcher.messages[0][1] - began
    assert 1.9 <= waited <= 3.0, waited
    saved = Client(
        "d2",
        SessionExpiryInterval=60,
        will=("gone/d2", b"", 1, False),
        will_properties=properties(PacketTypes.WILLMESSAGE, WillDelayInterval=1),
    )
    saved.break_off()
    Client("d2", clean=False, SessionExpiryInterval=60)
    time.sleep(2)
    assert len(watcher.messages) == 1


def shared():
    members = [Client(f"m{number}") for number in range(3)]
    for member in members:
        member.subscribe([("$share/group/work/+", plain())])
    sender = Client("s")
    for number in range(30):
        sender.publish(f"work/{number}", b"", 1)
    deadline = time.monotonic() + TIMEOUT
    while sum(len(m.messages) for m in members) < 30 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.2)
    assert sorted(len(m.messages) for m in members) == [10, 10, 10]


def retain_handling():
    sender = Client("s")
    for topic in ("kept/a", "kept/b"):
        sender.publish(topic, b"1", 1, True)
    reader = Client("r")

    def count(**values):
        before = len(reader.messages)
        reader.subscribe([("kept/#", plain(**values))])
        time.sleep(0.3)
        return len(reader.messages) - before

    assert count(retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND) == 0
    assert count(retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB) == 0
    assert count(retainHandling=SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE) == 2
    reader.client.unsubscribe("kept/#")
    assert count(retainHandling=SubscribeOptions.RETAIN_SEND_IF_NEW_SUB) == 2
    assert all(message.retain for message in reader.get(4))
    reader.subscribe([("live/#", plain(retainAsPublished=True)), ("live2/#", plain())])
    for topic in ("live/x", "live2/x"):
        sender.publish(topic, b"1", 1, True)
    assert [m.retain for m in reader.get(6)[4:]] == [True, False]
    for topic in ("kept/a", "kept/b", "live/x", "live2/x"):
        sender.publish(topic, b"", 1, True)


def no_local():
    client = Client("n")
    client.subscribe([("mine/#", plain(noLocal=True)), ("all/#", plain())])
    client.publish("mine/x", b"", 2)
    client.publish("all/x", b"", 2)
    client.get(1)
    time.sleep(0.2)
    assert [m.topic for m in client.get(1)] == ["all/x"]


def connack():
    client = Client("", keepalive=100, RequestResponseInformation=1)
    _, _, received = client.connack
    assert len(received.AssignedClientIdentifier) > 8
    assert received.ServerKeepAlive == 60
    assert received.MaximumPacketSize == 4000
    assert received.TopicAliasMaximum >= 10
    other = Client("")
    assert other.connack[2].AssignedClientIdentifier != received.AssignedClientIdentifier


def receive_maximum():
    reader = Client("r", ReceiveMaximum=1)
    reader.subscribe([("rm/#", plain())])
    sender = Client("s")
    for number in range(50):
        sender.publish("rm/x", str(number), number % 3)
    assert sorted(int(m.payload) for m in reader.get(50)) == list(range(50))
    for qos in (1, 2):
        assert [int(m.payload) for m in reader.messages_of(qos)] == sorted(
            int(m.payload) for m in reader.messages_of(qos)
        )


def maximum_packet_size():
    reader = Client("r", MaximumPacketSize=100)
    reader.subscribe([("size/#", plain())])
    sender = Client("s")
    sender.publish("size/x", b"a" * 200, 1)
    sender.publish("size/x", b"b" * 20, 1)
    reader.get(1)
    time.sleep(0.2)
    assert [m.payload for m in reader.get(1)] == [b"b" * 20]
    sender.client.reconnect_delay_set(60, 60)
    sender.client.publish("size/x", b"c" * 5000, 0)
    sender.until(lambda: sender.reason is not None)
    assert sender.reason.value == 0x95, sender.reason


def refused_filter():
    client = Client("f")
    assert client.subscribe([("test/nosubscribe", plain()), ("ok", plain(1))]) == [0x80, 1]


def topic_aliases():
    client = Client("t", TopicAliasMaximum=10)
    client.subscribe([("alias/#", plain())])
    sender = Client("s")
    for number in range(3):
        properties_ = {"TopicAlias": 1}
        sender.publish("alias/x" if number == 0 else "", str(number), 1, **properties_)
    assert [m.payload for m in client.get(3)] == [b"0", b"1", b"2"]
    # This library does not resolve an alias itself: it hands over an empty topic with the alias.
    known = {}
    for message in client.get(3):
        alias = getattr(message.properties, "TopicAlias", 0)
        if message.topic:
            known[alias] = message.topic
        assert known.get(alias) == "alias/x" or message.topic == "alias/x"


def take_over():
    first = Client("same")
    first.client.reconnect_delay_set(60, 60)
    Client("same")
    first.until(lambda: first.reason is not None)
    assert first.reason.value == 0x8E


globals()[FEATURE]()
print(f"ok {FEATURE}", flush=True)
# Threads of clients that are still connected must not keep the process.
os._exit(0)
