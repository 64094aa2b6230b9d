"""PyPI's boto3 against the endpoint, given nothing but its URL.

usage: boto3_client.py PORT
"""
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

url = "http://127.0.0.1:" + sys.argv[1]
options = dict(
    endpoint_url=url,
    region_name="eu-central-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    config=Config(retries={"max_attempts": 0}, read_timeout=60),
)
data = boto3.client("iot-data", **options)
control = boto3.client("iot", **options)


def refused(code, status, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        found = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert found == (code, status), found
        return
    raise AssertionError("not refused: " + code)


# Publish and read back.
data.publish(topic="a/b c/ä", qos=1, retain=True, payload=b"kept")
message = data.get_retained_message(topic="a/b c/ä")
assert message["payload"] == b"kept" and message["qos"] == 1 and message["topic"] == "a/b c/ä"
refused("ResourceNotFoundException", 404, data.get_retained_message, topic="nothing")
refused("InvalidRequestException", 400, data.publish, topic="a/#", payload=b"x")
refused("InvalidRequestException", 400, data.publish, topic="a", qos=2, payload=b"x")
data.publish(topic="plain", payload=json.dumps({"n": 1}))
data.publish(
    topic="with/properties",
    retain=True,
    contentType="text/plain",
    responseTopic="answers",
    messageExpiry=600,
    payload=b"x",
    payloadFormatIndicator="UTF8_DATA",
    userProperties=[{"k": "v"}],
)

# Pages.
for number in range(5):
    data.publish(topic="list/%d" % number, retain=True, payload=b"x" * number + b"y")
topics, token = [], None
while True:
    arguments = {"nextToken": token} if token else {}
    page = data.list_retained_messages(maxResults=2, **arguments)
    assert len(page["retainedTopics"]) <= 2
    topics += [(entry["topic"], entry["payloadSize"]) for entry in page["retainedTopics"]]
    token = page.get("nextToken")
    if not token:
        break
assert [t for t in topics if t[0].startswith("list/")] == [("list/%d" % n, n + 1) for n in range(5)]
data.publish(topic="list/0", retain=True, payload=b"")
refused("ResourceNotFoundException", 404, data.get_retained_message, topic="list/0")

# Rules.
payload = {"sql": "SELECT * FROM 'a/+'", "awsIotSqlVersion": "2016-03-23", "actions": []}
control.create_topic_rule(ruleName="made", topicRulePayload=payload)
refused(
    "ResourceAlreadyExistsException", 409, control.create_topic_rule, ruleName="made", topicRulePayload=payload
)
refused(
    "SqlParseException", 400, control.create_topic_rule, ruleName="bad", topicRulePayload={"sql": "SELECT", "actions": []}
)
assert control.get_topic_rule(ruleName="made")["rule"]["sql"] == payload["sql"]
control.disable_topic_rule(ruleName="made")
assert control.list_topic_rules()["rules"][0]["ruleDisabled"] is True
control.enable_topic_rule(ruleName="made")
control.delete_topic_rule(ruleName="made")
assert control.list_topic_rules()["rules"] == []
print("ok")
