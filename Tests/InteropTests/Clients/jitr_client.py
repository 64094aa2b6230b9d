"""A new device with awsiotsdk: jitr_client.py PORT FOLDER NAME VERSION MODE.

FOLDER holds ca.pem, NAME.pem and NAME.key; VERSION is 3 (MQTT 3.1.1) or 5. MODE `register` connects
until it is let in, which is not the first time; `refused` must not be let in.
"""

import sys
import threading
import time

from awscrt import mqtt, mqtt5
from awsiot import mqtt5_client_builder, mqtt_connection_builder

PORT, FOLDER, NAME, VERSION, MODE = int(sys.argv[1]), *sys.argv[2:6]
TIMEOUT = 60
FILES = {
    "endpoint": "localhost", "port": PORT, "cert_filepath": f"{FOLDER}/{NAME}.pem",
    "pri_key_filepath": f"{FOLDER}/{NAME}.key", "ca_filepath": f"{FOLDER}/ca.pem",
    "client_id": f"sdk-{NAME}",
}


def connect3():
    """Whether the endpoint let us in, and a message was acknowledged."""
    connection = mqtt_connection_builder.mtls_from_path(**FILES, clean_session=True)
    try:
        connection.connect().result(TIMEOUT)
    except Exception as error:
        return False, repr(error)
    published, _ = connection.publish("device/state", "x", mqtt.QoS.AT_LEAST_ONCE)
    published.result(TIMEOUT)
    connection.disconnect().result(TIMEOUT)
    return True, ""


def connect5():
    """The same with MQTT 5."""
    done, stopped, result = threading.Event(), threading.Event(), {}

    def finish(**values):
        if not done.is_set():
            result.update(values)
            done.set()

    client = mqtt5_client_builder.mtls_from_path(
        **FILES,
        on_lifecycle_connection_success=lambda _: finish(is_in=True, why=""),
        on_lifecycle_connection_failure=lambda data: finish(is_in=False, why=repr(data.exception)),
        on_lifecycle_stopped=lambda _: stopped.set(),
    )
    client.start()
    assert done.wait(TIMEOUT), "neither connected nor refused"
    if result["is_in"]:
        packet = mqtt5.PublishPacket(
            topic="device/state", payload="x", qos=mqtt5.QoS.AT_LEAST_ONCE
        )
        client.publish(packet).result(TIMEOUT)
    client.stop()
    assert stopped.wait(TIMEOUT), "not stopped"
    return result["is_in"], result["why"]


connect = connect3 if VERSION == "3" else connect5
if MODE == "refused":
    for _ in range(2):
        is_in, why = connect()
        assert not is_in, "let in"
        print("refused:", why)
else:
    end = time.monotonic() + TIMEOUT
    attempts = 1
    while not connect()[0]:
        attempts += 1
        assert time.monotonic() < end, "never let in"
        time.sleep(0.1)
    assert attempts > 1, "let in at the first attempt"
print("ok")
