"""PyPI's boto3 and Python's http.client over mutual TLS: https_client.py PORT FOLDER

FOLDER has ca.pem, lamp.pem, lamp.key; the file `detached` appears when the policy is taken away.
"""
import http.client
import json
import os
import ssl
import sys
import time

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

port, folder = sys.argv[1:]
pair = (folder + "/lamp.pem", folder + "/lamp.key")
url = "https://localhost:" + port
data = boto3.client(
    "iot-data",
    endpoint_url=url,
    region_name="eu-central-1",
    verify=folder + "/ca.pem",
    config=Config(
        signature_version=UNSIGNED,
        client_cert=pair,
        retries={"max_attempts": 0},
        read_timeout=60,
    ),
)
context = ssl.create_default_context(cafile=folder + "/ca.pem")
context.load_cert_chain(*pair)
kept = http.client.HTTPSConnection("localhost", int(port), context=context, timeout=60)


def get(path):
    """On the one connection that is kept."""
    kept.request("GET", path)
    answer = kept.getresponse()
    return answer.status, answer.headers, answer.read()


def refused(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        found = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert found == ("ForbiddenException", 403), found
    else:
        raise AssertionError("not refused")


state = {"state": {"desired": {"power": "on"}}}
answer = data.update_thing_shadow(thingName="lamp", payload=json.dumps(state))
assert json.loads(answer["payload"].read())["version"] == 1
assert data.list_named_shadows_for_thing(thingName="lamp")["results"] == []
data.publish(topic="lamp/state", qos=1, retain=True, payload=b"kept")
assert data.get_retained_message(topic="lamp/state")["payload"] == b"kept"
assert [m["topic"] for m in data.list_retained_messages()["retainedTopics"]] == ["lamp/state"]
refused(data.update_thing_shadow, thingName="other", payload=json.dumps(state))
refused(data.delete_thing_shadow, thingName="lamp")
refused(data.publish, topic="elsewhere", payload=b"x")
assert json.loads(get("/things/lamp/shadow")[2])["version"] == 1
print("allowed", flush=True)

while not os.path.exists(folder + "/detached"):
    time.sleep(0.05)
refused(data.get_thing_shadow, thingName="lamp")
status, headers, _ = get("/things/lamp/shadow")
assert status == 403 and headers["x-amzn-errortype"] == "ForbiddenException"
print("refused")
