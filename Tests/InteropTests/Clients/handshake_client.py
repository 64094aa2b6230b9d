"""Silent connections to a TLS listener: handshake_client.py PORT LIMIT TIMEOUT.

LIMIT connections that say nothing are held; the next one is closed at once. When TIMEOUT seconds have
passed the held ones are closed as well, and there is room again.
"""

import socket
import sys
import time

PORT, LIMIT, TIMEOUT = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])


def is_closed(connection, seconds):
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


start = time.monotonic()
held = [socket.create_connection(("localhost", PORT), 30) for _ in range(LIMIT)]
time.sleep(0.3)
assert is_closed(socket.create_connection(("localhost", PORT), 30), 10), "one too many is served"
assert time.monotonic() - start < TIMEOUT, "too slow to tell"
assert all(not is_closed(connection, 0.01) for connection in held), "closed too early"
assert all(is_closed(connection, TIMEOUT + 30) for connection in held), "not closed"
assert time.monotonic() - start >= TIMEOUT * 0.9, "closed before its time"
again = socket.create_connection(("localhost", PORT), 30)
assert not is_closed(again, 0.5), "no room again"
print("ok")
