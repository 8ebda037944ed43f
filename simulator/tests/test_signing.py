import base64
import hashlib
import time

import pytest
from standardwebhooks import Webhook

from simulator.signing import BadDigest, BadSignature, check_digest, standard_webhooks, verify

SECRET = "whsec_dG1zLXNlY3JldC10bXMtc2VjcmV0"
NOW = 1_700_000_000
BODY = b'{"id": 1}'


def test_round_trip_with_several_signatures():
    headers = standard_webhooks(SECRET, BODY, NOW)
    headers["webhook-signature"] = "v1,AAAA " + headers["webhook-signature"]
    assert verify(SECRET, headers, BODY, NOW) == headers["webhook-id"]


def test_the_reference_library_reads_it():
    webhook = Webhook(SECRET)
    assert webhook.verify(BODY, standard_webhooks(SECRET, BODY, time.time())) == {"id": 1}


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": ""},
        {"webhook-id": "other"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": str(NOW - 301)},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,é"},
    ],
)
def test_anything_wrong_is_refused(change):
    headers = {**standard_webhooks(SECRET, BODY, NOW), **change}
    with pytest.raises(BadSignature):
        verify(SECRET, headers, BODY, NOW)


def test_content_digest():
    value = base64.b64encode(hashlib.sha256(BODY).digest()).decode()
    check_digest({}, BODY)
    check_digest({"content-digest": f"sha-256=:{value}:, unknown=:AA==:"}, BODY)
    with pytest.raises(BadDigest):
        check_digest({"content-digest": f"sha-256=:{value}:"}, BODY + b" ")
