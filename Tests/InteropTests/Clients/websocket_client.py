"""MQTT over WebSocket: websocket_client.py PORT CA, where CA is a file, or - for a plain connection.

paho-mqtt goes through with packets of every size; then raw frames show what is refused.
"""

import base64
import os
import socket
import ssl
import struct
import sys
import threading

import paho.mqtt.client as mqtt

PORT, CA = int(sys.argv[1]), sys.argv[2]
TIMEOUT = 60


def with_paho():
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2, "ws", protocol=mqtt.MQTTv5, transport="websockets"
    )
    if CA != "-":
        client.tls_set(CA)
    got, done, subscribed = [], threading.Event(), threading.Event()
    payloads = [b"", b"x" * 100, b"y" * 70_000, b"z" * (1 << 20)]

    def on_message(client, userdata, message):
        got.append(message.payload)
        if len(got) == len(payloads):
            done.set()

    client.on_message = on_message
    client.on_subscribe = lambda *_: subscribed.set()
    client.on_connect = lambda c, *_: c.subscribe("ws/#", 1)
    client.connect("localhost", PORT)
    client.loop_start()
    assert subscribed.wait(TIMEOUT), "no SUBACK"
    for payload in payloads:
        client.publish("ws/t", payload, 1)
    assert done.wait(TIMEOUT), f"{len(got)} messages"
    assert got == payloads
    client.disconnect()
    client.loop_stop()


def upgrade(path="/mqtt", protocol="mqtt"):
    plain = socket.create_connection(("localhost", PORT), TIMEOUT)
    if CA != "-":
        plain = ssl.create_default_context(cafile=CA).wrap_socket(
            plain, server_hostname="localhost"
        )
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13",
    ]
    if protocol:
        lines.append(f"Sec-WebSocket-Protocol: {protocol}")
    plain.sendall("\r\n".join(lines + ["", ""]).encode())
    head = b""
    while b"\r\n\r\n" not in head:
        part = plain.recv(1)
        if not part:
            break
        head += part
    return plain, head.split(b"\r\n")[0]


def frame(opcode, data, fin=True, mask=True):
    head = bytes([(0x80 if fin else 0) | opcode, (0x80 if mask else 0) | len(data)])
    return head + b"\0\0\0\0" + data if mask else head + data


def read(connection, count):
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        assert part, f"closed after {data!r}"
        data += part
    return data


CONNECT = bytes.fromhex("100d 0004 4d515454 04 02 003c 0001 61".replace(" ", ""))


def split_and_joined():
    """A packet may span frames, a frame may hold several packets. [MQTT-6.0.0-2]"""
    connection, status = upgrade()
    assert b"101" in status, status
    connection.sendall(frame(2, CONNECT[:3], fin=False))
    connection.sendall(frame(9, b"ping"))
    connection.sendall(frame(0, CONNECT[3:], fin=False) + frame(0, b"\xc0\x00\xc0\x00"))
    assert read(connection, 6) == b"\x8a\x04ping"
    data = b""
    while len(data) < 8:
        head = read(connection, 2)
        assert head[0] == 0x82, head
        data += read(connection, head[1])
    assert data == b"\x20\x02\x00\x00\xd0\x00\xd0\x00", data
    connection.close()


def refused(first, *rest):
    """The server answers with a close frame of this code."""
    connection, status = upgrade()
    assert b"101" in status, status
    for part in rest:
        connection.sendall(part)
    head = read(connection, 2)
    assert head[0] == 0x88, head
    assert struct.unpack(">H", read(connection, 2))[0] == first
    connection.close()


with_paho()
split_and_joined()
refused(1003, frame(1, b"text"))
refused(1002, frame(2, CONNECT, mask=False))
refused(1002, frame(0, CONNECT))
for path, protocol in (("/other", "mqtt"), ("/mqtt", "chat"), ("/mqtt", None)):
    connection, status = upgrade(path, protocol)
    assert b"101" not in status, status
    connection.close()
print("ok")
