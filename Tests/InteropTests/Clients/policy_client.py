"""Devices whose policies keep them apart: policy_client.py PORT FOLDER VERSION SCENARIO.

FOLDER holds ca.pem and NAME.pem, NAME.key of the devices lamp-a and lamp-b.
"""

import sys
import threading
import time

import paho.mqtt.client as mqtt

PORT, FOLDER, SCENARIO = int(sys.argv[1]), sys.argv[2], sys.argv[4]
VERSION = {"3.1.1": mqtt.MQTTv311, "5": mqtt.MQTTv5}[sys.argv[3]]
TIMEOUT = 60


class Device:
    """A connection with the certificate of one device, under any client identifier."""

    def __init__(self, certificate, identifier):
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=identifier, protocol=VERSION
        )
        self.client.tls_set(
            f"{FOLDER}/ca.pem", f"{FOLDER}/{certificate}.pem", f"{FOLDER}/{certificate}.key"
        )
        self.changed = threading.Condition()
        self.answer = None
        self.ended = False
        self.messages = []
        self.published = {}
        self.subscribed = {}
        self.client.on_connect = lambda c, u, f, reason, p: self._set("answer", reason)
        self.client.on_connect_fail = lambda c, u: self._set("ended", True)
        self.client.on_disconnect = lambda c, u, f, reason, p: self._set("ended", True)
        self.client.on_message = lambda c, u, m: self._add(self.messages, m)
        self.client.on_publish = lambda c, u, mid, reason, p: self._put(self.published, mid, reason)
        self.client.on_subscribe = lambda c, u, mid, r, p: self._put(self.subscribed, mid, r[0])
        self.client.connect("localhost", PORT, keepalive=30)
        self.client.loop_start()
        self._wait(lambda: self.answer is not None or self.ended)

    def _set(self, name, value):
        with self.changed:
            setattr(self, name, value)
            self.changed.notify_all()

    def _add(self, items, item):
        with self.changed:
            items.append(item)
            self.changed.notify_all()

    def _put(self, items, key, value):
        with self.changed:
            items[key] = value
            self.changed.notify_all()

    def _wait(self, condition):
        with self.changed:
            assert self.changed.wait_for(condition, TIMEOUT), "nothing came"

    @property
    def is_in(self):
        return self.answer is not None and not self.answer.is_failure

    def publish(self, topic, payload="x", retain=False):
        """True where it was allowed; MQTT 3.1.1 has no way to say no."""
        info = self.client.publish(topic, payload, 1, retain)
        self._wait(lambda: info.mid in self.published or self.ended)
        if self.ended:
            return False
        return VERSION == mqtt.MQTTv311 or not self.published[info.mid].is_failure

    def subscribe(self, topic):
        _, mid = self.client.subscribe(topic, 1)
        self._wait(lambda: mid in self.subscribed or self.ended)
        return mid in self.subscribed and not self.subscribed[mid].is_failure

    def wait_for(self, count):
        self._wait(lambda: len(self.messages) >= count)
        return [message.topic for message in self.messages]

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def own():
    a, b = Device("lamp-a", "lamp-a"), Device("lamp-b", "lamp-b")
    assert a.is_in and b.is_in
    assert a.subscribe("device/lamp-a/#") and b.subscribe("device/lamp-b/#")
    assert not a.subscribe("device/lamp-b/#") and not a.subscribe("device/+/state")
    assert not a.subscribe("#")
    # Nobody takes the place of another by its client identifier.
    thief = Device("lamp-b", "lamp-a")
    assert not thief.is_in
    thief.client.loop_stop()
    assert b.publish("device/lamp-b/state") and b.wait_for(1) == ["device/lamp-b/state"]
    assert a.publish("device/lamp-a/state", retain=True)
    assert a.wait_for(1) == ["device/lamp-a/state"], "lamp-a was disconnected"
    # Refused, and seen by nobody; the endpoint's own topics whatever a policy says.
    for topic in ("device/lamp-b/state", "$aws/events/presence/connected/lamp-b",
                  "$aws/things/lamp-a/shadow/update/accepted"):
        allowed = a.publish(topic)
        assert VERSION == mqtt.MQTTv311 or not allowed, topic
        if a.ended:
            a = Device("lamp-a", "lamp-a")
    assert b.publish("device/lamp-b/end")
    assert b.wait_for(2) == ["device/lamp-b/state", "device/lamp-b/end"], b.messages
    for identifier in ("+", "lamp/a", "$lamp"):
        other = Device("lamp-a", identifier)
        assert not other.is_in, identifier
        other.client.loop_stop()
    a.close()
    b.close()


def change():
    a = Device("lamp-a", "lamp-a")
    assert a.is_in and a.publish("device/lamp-a/state")
    print("allowed", flush=True)
    end = time.monotonic() + TIMEOUT
    while a.publish("device/lamp-a/state"):
        assert time.monotonic() < end, "still allowed"
        time.sleep(0.05)
    a.client.loop_stop()


globals()[SCENARIO]()
print(f"ok {SCENARIO}")
