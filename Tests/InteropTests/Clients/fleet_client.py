"""Fleet provisioning by claim with awsiotsdk: fleet_client.py PORT FOLDER MODE.

FOLDER holds ca.pem, claim.pem and claim.key. MODE is `keys`, `csr` (then device.csr and device.key are
there as well) or `wrong`, which tries tokens that do not count.
"""

import sys
import threading

from awscrt import mqtt
from awsiot import iotidentity, mqtt_connection_builder

PORT, FOLDER, MODE = int(sys.argv[1]), sys.argv[2], sys.argv[3]
TEMPLATE = "lamps"
TIMEOUT = 60
QOS = mqtt.QoS.AT_LEAST_ONCE


def connection(name, client_id):
    return mqtt_connection_builder.mtls_from_path(
        endpoint="localhost", port=PORT, cert_filepath=f"{FOLDER}/{name}.pem",
        pri_key_filepath=f"{FOLDER}/{name}.key", ca_filepath=f"{FOLDER}/ca.pem",
        client_id=client_id, clean_session=True,
    )


class Session:
    """A claim connection with every subscription, and what came in on it."""

    def __init__(self, client_id, template=TEMPLATE):
        self.answers, self.changed = [], threading.Condition()
        self.template = template
        self.connection = connection("claim", client_id)
        self.connection.connect().result(TIMEOUT)
        self.client = iotidentity.IotIdentityClient(self.connection)
        for kind, subscription in [
            ("create_keys_and_certificate", iotidentity.CreateKeysAndCertificateSubscriptionRequest()),
            ("create_certificate_from_csr", iotidentity.CreateCertificateFromCsrSubscriptionRequest()),
            ("register_thing", iotidentity.RegisterThingSubscriptionRequest(template_name=template)),
        ]:
            for outcome in ("accepted", "rejected"):
                subscribe = getattr(self.client, f"subscribe_to_{kind}_{outcome}")
                future, _ = subscribe(subscription, QOS, self.taker(kind, outcome))
                future.result(TIMEOUT)

    def taker(self, kind, outcome):
        def take(answer):
            with self.changed:
                self.answers.append((kind, outcome, answer))
                self.changed.notify_all()

        return take

    def ask(self, kind, request):
        count = len(self.answers)
        getattr(self.client, f"publish_{kind}")(request, QOS).result(TIMEOUT)
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.answers) > count, TIMEOUT), "no answer"
            answered, outcome, answer = self.answers[count]
        assert answered == kind, answered
        return outcome, answer

    def create(self):
        outcome, answer = self.ask(
            "create_keys_and_certificate", iotidentity.CreateKeysAndCertificateRequest()
        )
        assert outcome == "accepted", vars(answer)
        return answer

    def register(self, token, parameters):
        return self.ask(
            "register_thing",
            iotidentity.RegisterThingRequest(
                template_name=self.template, certificate_ownership_token=token,
                parameters=parameters,
            ),
        )

    def close(self):
        self.connection.disconnect().result(TIMEOUT)


def save(name, text):
    with open(f"{FOLDER}/{name}", "w") as file:
        file.write(text)


def provision():
    session = Session("claim-1")
    # Somebody else with the claim certificate, on the same topics.
    other = Session("claim-2")
    if MODE == "keys":
        answer = session.create()
        save("device.key", answer.private_key)
    else:
        with open(f"{FOLDER}/device.csr") as file:
            request = iotidentity.CreateCertificateFromCsrRequest(
                certificate_signing_request=file.read()
            )
        outcome, answer = session.ask("create_certificate_from_csr", request)
        assert outcome == "accepted", vars(answer)
    save("device.pem", answer.certificate_pem)
    assert len(answer.certificate_id) == 64
    try:
        connection("device", "lamp_007").connect().result(TIMEOUT)
    except Exception:
        pass
    else:
        raise AssertionError("let in before it was provisioned")
    outcome, registered = session.register(
        answer.certificate_ownership_token, {"SerialNumber": "007"}
    )
    assert outcome == "accepted", vars(registered)
    assert registered.thing_name == "lamp_007", registered.thing_name
    assert registered.device_configuration == {"region": "eu"}, registered.device_configuration
    session.close()

    device = connection("device", "lamp_007")
    device.connect().result(TIMEOUT)
    future, _ = device.publish("lamps/lamp_007/state", "{}", QOS)
    future.result(TIMEOUT)
    device.disconnect().result(TIMEOUT)
    assert not other.answers, "somebody else got an answer"
    other.close()
    print("certificate", answer.certificate_id)


def wrong():
    def rejected(answer, status, code):
        outcome, error = answer
        assert outcome == "rejected", vars(error)
        assert (error.status_code, error.error_code) == (status, code), vars(error)

    session, other = Session("claim-1"), Session("claim-2")
    parameters = {"SerialNumber": "008"}
    token = session.create().certificate_ownership_token
    # Another connection, even with the same claim certificate.
    rejected(other.register(token, parameters), 400, "InvalidCertificateOwnershipToken")
    rejected(session.register("0" * 64, parameters), 400, "InvalidCertificateOwnershipToken")
    # It still counts where it was given out, and once.
    assert session.register(token, parameters)[0] == "accepted"
    rejected(session.register(token, parameters), 400, "InvalidCertificateOwnershipToken")
    token = session.create().certificate_ownership_token
    rejected(session.register(token, {}), 400, "InvalidParameters")
    token = session.create().certificate_ownership_token
    rejected(session.register(token, {"SerialNumber": "a/#"}), 400, "InvalidParameters")
    rejected(
        session.ask(
            "create_certificate_from_csr",
            iotidentity.CreateCertificateFromCsrRequest(certificate_signing_request="x"),
        ),
        400, "InvalidCertificateSigningRequest",
    )
    missing = Session("claim-3", template="missing")
    token = missing.create().certificate_ownership_token
    rejected(missing.register(token, parameters), 404, "ResourceNotFound")
    # Every request for a certificate counts, the one that was none as well: the eleventh is too many.
    for _ in range(6):
        session.create()
    outcome, error = session.ask(
        "create_keys_and_certificate", iotidentity.CreateKeysAndCertificateRequest()
    )
    assert (outcome, error.status_code) == ("rejected", 429), vars(error)
    for one in (session, other, missing):
        one.close()


wrong() if MODE == "wrong" else provision()
print("ok")
