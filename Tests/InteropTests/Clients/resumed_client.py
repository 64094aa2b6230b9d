"""Resumes a TLS session until the endpoint refuses it: resumed_client.py PORT FOLDER VERSION.

FOLDER holds ca.pem, lamp.pem and lamp.key; VERSION is 1.2 or 1.3. The second connection and every
later one offer the session of the first.
"""

import socket
import ssl
import sys
import time

PORT, FOLDER = int(sys.argv[1]), sys.argv[2]
VERSION = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[sys.argv[3]]
CONNECT = bytes.fromhex("100d00044d515454040200 3c000161".replace(" ", ""))

context = ssl.create_default_context(cafile=f"{FOLDER}/ca.pem")
context.load_cert_chain(f"{FOLDER}/lamp.pem", f"{FOLDER}/lamp.key")
context.minimum_version = context.maximum_version = VERSION


def connect(session):
    """The answer to CONNECT, the session, and whether it was resumed."""
    plain = socket.create_connection(("localhost", PORT), 30)
    with context.wrap_socket(plain, server_hostname="localhost", session=session) as tls:
        tls.sendall(CONNECT)
        answer = b""
        while len(answer) < 4:
            part = tls.recv(4 - len(answer))
            assert part, "closed without an answer"
            answer += part
        return answer, tls.session, tls.session_reused


answer, session, _ = connect(None)
assert answer == b"\x20\x02\x00\x00", answer
answer, session, resumed = connect(session)
assert resumed, "the session was not resumed"
assert answer == b"\x20\x02\x00\x00", answer
print("resumed", flush=True)
end = time.monotonic() + 60
while True:
    answer, _, resumed = connect(session)
    if answer == b"\x20\x02\x00\x05":
        break
    assert time.monotonic() < end, answer
    time.sleep(0.1)
assert resumed, "refused, but not in a resumed session"
print("ok")
