"""PyPI's boto3 iot-data against the shadows, given nothing but the URL: shadow_http_client.py PORT"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

client = boto3.client(
    "iot-data",
    endpoint_url=f"http://127.0.0.1:{sys.argv[1]}",
    region_name="eu-central-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    config=Config(retries={"max_attempts": 0}, read_timeout=60),
)


def refused(code, status, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        got = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert got == (code, status), got
    else:
        raise AssertionError(f"{code} did not come")


def body(answer):
    return json.loads(answer["payload"].read())


for name in (None, "settings"):
    thing = {"thingName": "lamp", **({"shadowName": name} if name else {})}
    refused("ResourceNotFoundException", 404, client.get_thing_shadow, **thing)
    update = {"state": {"desired": {"power": "on"}}, "clientToken": "t"}
    answer = body(client.update_thing_shadow(payload=json.dumps(update), **thing))
    assert answer["version"] == 1 and answer["clientToken"] == "t", answer
    answer = body(client.get_thing_shadow(**thing))
    assert answer["state"] == {"desired": {"power": "on"}, "delta": {"power": "on"}}, answer
    refused("ConflictException", 409, client.update_thing_shadow,
            payload=json.dumps({**update, "version": 7}), **thing)
    refused("InvalidRequestException", 400, client.update_thing_shadow, payload=b"{", **thing)

names = client.list_named_shadows_for_thing(thingName="lamp")
assert names["results"] == ["settings"], names
assert body(client.delete_thing_shadow(thingName="lamp", shadowName="settings"))["version"] == 1
assert client.list_named_shadows_for_thing(thingName="lamp")["results"] == []
print("ok")
