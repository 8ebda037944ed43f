import base64
import hashlib
import hmac
import importlib.util
import string
from datetime import datetime, timezone
from unittest import skipUnless

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st
from odoo.tests import BaseCase

from ..signing import SHIPPED, Profile, SignatureError, sign, verify
from ..signing_profiles import (
    ALGORITHMS,
    ENCODINGS,
    SECRET_ENCODINGS,
    TIMESTAMP_UNITS,
    TOKENS,
)
from .properties import relaxed

NOW = 1_700_000_000.0
BODY = b'{"number": "SHP/2023/00012"}'
WHSEC = "whsec_" + base64.b64encode(b"a secret of 24 bytes ....").decode()
OLD_WHSEC = "whsec_" + base64.b64encode(b"an older secret, rotated").decode()
# A header reaches us as Latin-1; an id holds visible ASCII.
HEADER = st.binary().map(lambda raw: raw.decode("latin-1"))
MESSAGE_ID = st.text(string.ascii_letters + string.digits + string.punctuation, min_size=1)
RSA_KEY = rsa.generate_private_key(65537, 2048)


def pem(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def public_pem(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def ed25519_pair():
    """Return a Standard Webhooks (private, public) pair of secrets."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    return (
        "whsk_" + base64.b64encode(private + public).decode(),
        "whpk_" + base64.b64encode(public).decode(),
    )


def secrets_for(name):
    """Return a (signing, verifying) pair of secrets that suits a shipped profile."""
    if SHIPPED[name].algorithm == "rsa-sha256":
        return pem(RSA_KEY), public_pem(RSA_KEY)
    secret = {"standard_webhooks": WHSEC, "dcsa": base64.b64encode(b"k" * 32).decode()}
    return (secret.get(name, "s3crét"),) * 2


class TestSigning(BaseCase):
    def assert_refused(self, reason, *args, **kwargs):
        with self.assertRaisesRegex(SignatureError, reason):
            verify(*args, **kwargs)

    def test_every_shipped_profile_accepts_its_own_signature(self):
        for name, profile in SHIPPED.items():
            with self.subTest(name):
                signing, verifying = secrets_for(name)
                headers = sign(profile, signing, BODY, "msg_1", NOW)
                verified = verify(profile, [verifying], headers, BODY, NOW)
                self.assertEqual(verified.message_id, "msg_1" if profile.id_header else None)
                self.assertEqual(verified.timestamp, NOW if profile.has_timestamp else None)

    def test_every_signature_refuses_another_body(self):
        for name, profile in SHIPPED.items():
            if profile.algorithm in TOKENS:
                continue
            with self.subTest(name):
                signing, verifying = secrets_for(name)
                headers = sign(profile, signing, BODY, "msg_1", NOW)
                self.assert_refused("matches", profile, [verifying], headers, BODY + b" ", NOW)

    def test_every_shipped_profile_refuses_another_secret(self):
        for name, profile in SHIPPED.items():
            with self.subTest(name):
                signing, _verifying = secrets_for(name)
                other = {
                    "shipengine": public_pem(rsa.generate_private_key(65537, 2048)),
                    "standard_webhooks": OLD_WHSEC,
                }.get(name, base64.b64encode(b"other").decode())
                headers = sign(profile, signing, BODY, "msg_1", NOW)
                self.assert_refused("matches", profile, [other], headers, BODY, NOW)

    def test_no_secret_closes_the_source(self):
        for name, profile in SHIPPED.items():
            with self.subTest(name):
                headers = sign(profile, secrets_for(name)[0], BODY, "msg_1", NOW)
                for none in ([], [""], [b""], [None]):
                    self.assert_refused("no secret", profile, none, headers, BODY, NOW)
        headers = {"authorization": "Bearer "}
        self.assert_refused("form", SHIPPED["ups_bearer"], ["token"], headers, BODY, NOW)

    def test_an_empty_key_behind_a_label_closes_the_source(self):
        profile = SHIPPED["standard_webhooks"]
        headers = sign(profile, WHSEC, BODY, "msg_1", NOW)
        self.assert_refused("no secret", profile, ["whsec_"], headers, BODY, NOW)
        self.assert_refused("read", profile, ["other_c2VjcmV0"], headers, BODY, NOW)
        self.assert_refused("read", profile, ["whsec_%%%"], headers, BODY, NOW)

    def test_header_names_ignore_case(self):
        profile = SHIPPED["standard_webhooks"]
        headers = sign(profile, WHSEC, BODY, "msg_1", NOW)
        shouted = {name.upper(): value for name, value in headers.items()}
        self.assertEqual(verify(profile, [WHSEC], shouted, BODY, NOW).message_id, "msg_1")

    def test_each_missing_header_is_refused(self):
        profile = SHIPPED["standard_webhooks"]
        headers = sign(profile, WHSEC, BODY, "msg_1", NOW)
        for name in headers:
            with self.subTest(name):
                rest = {key: value for key, value in headers.items() if key != name}
                self.assert_refused("missing", profile, [WHSEC], rest, BODY, NOW)
                self.assert_refused("missing", profile, [WHSEC], {**rest, name: " "}, BODY, NOW)

    def test_malformed_signatures_are_refused(self):
        profile = SHIPPED["standard_webhooks"]
        headers = sign(profile, WHSEC, BODY, "msg_1", NOW)
        values = ("v1", "v1,", "v1,%%%", "nocomma", "v2,AAAA", "v1,é", "v1,\udcff", ",", "v1,A")
        for value in values:
            with self.subTest(value):
                forged = {**headers, profile.header: value}
                self.assert_refused("form", profile, [WHSEC], forged, BODY, NOW)

    def test_a_flood_of_signatures_is_refused(self):
        profile = SHIPPED["standard_webhooks"]
        headers = sign(profile, WHSEC, BODY, "msg_1", NOW)
        headers[profile.header] = " ".join(["v1,AAAA"] * 100)
        self.assert_refused("too many", profile, [WHSEC], headers, BODY, NOW)

    def test_the_timestamp_must_be_near(self):
        for name in ("standard_webhooks", "stripe", "shipengine", "generic_hmac"):
            profile = SHIPPED[name]
            signing, verifying = secrets_for(name)
            headers = sign(profile, signing, BODY, "msg_1", NOW)
            with self.subTest(name):
                for skew in (-profile.tolerance, 0, profile.tolerance):
                    verify(profile, [verifying], headers, BODY, NOW + skew)
                self.assert_refused("too old", profile, [verifying], headers, BODY, NOW + 301)
                self.assert_refused("future", profile, [verifying], headers, BODY, NOW - 301)

    def test_the_timestamp_is_signed(self):
        profile = SHIPPED["standard_webhooks"]
        headers = sign(profile, WHSEC, BODY, "msg_1", NOW)
        headers["webhook-timestamp"] = str(int(NOW) + 1)
        self.assert_refused("matches", profile, [WHSEC], headers, BODY, NOW)

    def test_a_timestamp_must_be_readable(self):
        for unit, text in (
            ("s", "soon"),
            ("s", "nan"),
            ("ms", "1e9"),
            ("iso", "2023-11-14"),
            ("iso", "2023-11-14T22:13:20"),
            ("iso", "٣"),
            ("s", "١٢"),
        ):
            profile = Profile(
                "t", "hmac-sha256", "x-signature", timestamp_header="x-time", timestamp_unit=unit
            )
            headers = {**sign(profile, "secret", BODY, timestamp=NOW), "x-time": text}
            with self.subTest(unit=unit, text=text):
                self.assert_refused("timestamp", profile, ["secret"], headers, BODY, NOW)

    def test_timestamps_in_other_notations(self):
        moment = datetime.fromtimestamp(NOW, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
        for unit, text in (
            ("iso", moment + ".1234567Z"),
            ("iso", moment + "+00:00"),
            ("ms", str(int(NOW * 1000))),
            ("s", f"{NOW:.3f}"),
        ):
            profile = Profile(
                "t", "hmac-sha256", "x-signature", timestamp_header="x-time", timestamp_unit=unit
            )
            headers = {**sign(profile, "secret", BODY, timestamp=NOW), "x-time": text}
            with self.subTest(text):
                verified = verify(profile, ["secret"], headers, BODY, NOW)
                self.assertAlmostEqual(verified.timestamp, NOW, delta=1)

    def test_rotation_accepts_current_and_previous_secret(self):
        profile = SHIPPED["standard_webhooks"]
        headers = sign(profile, WHSEC, BODY, "msg_1", NOW, previous=[OLD_WHSEC])
        self.assertEqual(headers[profile.header].count("v1,"), 2)
        for secrets in ([WHSEC], [OLD_WHSEC], [WHSEC, OLD_WHSEC], [OLD_WHSEC, WHSEC]):
            verify(profile, secrets, headers, BODY, NOW)

    def test_one_unreadable_signature_does_not_hide_a_good_one(self):
        profile = SHIPPED["standard_webhooks"]
        headers = sign(profile, WHSEC, BODY, "msg_1", NOW)
        headers[profile.header] = "v1,%% v9,AAAA " + headers[profile.header]
        verify(profile, [WHSEC], headers, BODY, NOW)

    def test_standard_webhooks_with_ed25519(self):
        profile = SHIPPED["standard_webhooks"]
        private, public = ed25519_pair()
        headers = sign(profile, private, BODY, "msg_1", NOW)
        self.assertTrue(headers[profile.header].startswith("v1a,"))
        verify(profile, [WHSEC, public], headers, BODY, NOW)
        self.assert_refused("matches", profile, [WHSEC], headers, BODY, NOW)
        self.assert_refused("public key", profile, [private], headers, BODY, NOW)

    def test_a_public_key_is_no_shared_secret(self):
        profile = SHIPPED["standard_webhooks"]
        _private, public = ed25519_pair()
        key = base64.b64decode(public[len("whpk_") :])
        forged = sign(profile, "whsec_" + base64.b64encode(key).decode(), BODY, "msg_1", NOW)
        self.assert_refused("matches", profile, [public], forged, BODY, NOW)

    def test_ed25519_and_sha512_and_sha1_on_their_own(self):
        key = ed25519.Ed25519PrivateKey.generate()
        profile = Profile("e", "ed25519", "x-signature", encoding="base64")
        headers = sign(profile, pem(key), BODY)
        verify(profile, [public_pem(key)], headers, BODY, NOW)
        self.assert_refused("public key", profile, ["no key"], headers, BODY, NOW)
        self.assert_refused("public key", profile, [public_pem(RSA_KEY)], headers, BODY, NOW)
        for algorithm in ("hmac-sha1", "hmac-sha512"):
            profile = Profile("h", algorithm, "x-signature")
            verify(profile, ["secret"], sign(profile, "secret", BODY), BODY, NOW)

    def test_tokens(self):
        basic = Profile("b", "basic", "authorization", prefix="Basic ", encoding="text")
        headers = sign(basic, "carrier:pass:wörd", b"")
        expected = base64.b64encode("carrier:pass:wörd".encode()).decode()
        self.assertEqual(headers, {"authorization": f"Basic {expected}"})
        verify(basic, ["carrier:pass:wörd"], {"Authorization": f"basic {expected}"}, b"", NOW)
        self.assert_refused("form", basic, ["a:b"], {"Authorization": "Basic %"}, b"", NOW)

        key = Profile("k", "api-key", "X-Api-Key", encoding="text")
        verify(key, ["old", "new"], {"x-api-key": "new"}, b"", NOW)
        self.assert_refused("matches", key, ["old"], {"x-api-key": "new"}, b"", NOW)

        query = Profile("q", "query-token", "token", encoding="text")
        verify(query, ["abc"], {}, b"", NOW, query={"token": "abc"})
        self.assert_refused("missing", query, ["abc"], {"token": "abc"}, b"", NOW)
        with self.assertRaises(SignatureError):
            sign(query, "abc", b"")

    def test_known_signatures_of_others(self):
        github = SHIPPED["github"]  # the example of GitHub's documentation
        value = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        headers = {"X-Hub-Signature-256": value, "X-GitHub-Delivery": "72d3162e"}
        verified = verify(github, ["It's a Secret to Everybody"], headers, b"Hello, World!", NOW)
        self.assertEqual(verified.message_id, "72d3162e")

        easypost = SHIPPED["easypost"]  # the secret is normalised to NFKD
        digest = hmac.new("se\u0301cret".encode(), BODY, hashlib.sha256).hexdigest()
        headers = {"X-Hmac-Signature": "hmac-sha256-hex=" + digest}
        verify(easypost, ["s\u00e9cret"], headers, BODY, NOW)

    def test_a_body_in_any_character_set(self):
        body = "ISA*00*é~".encode("latin-1")
        headers = sign(SHIPPED["generic_hmac"], "secret", body, "1", NOW)
        verify(SHIPPED["generic_hmac"], ["secret"], headers, body, NOW)

    def test_weaknesses_are_named(self):
        self.assertEqual(SHIPPED["standard_webhooks"].weaknesses(), ())
        self.assertEqual(SHIPPED["ups_bearer"].weaknesses(), ("token",))
        self.assertEqual(SHIPPED["github"].weaknesses(), ("no_timestamp",))
        weak = Profile("w", "hmac-sha1", "x-signature", timestamp_header="x-time")
        self.assertEqual(weak.weaknesses(), ("sha1", "unsigned_timestamp"))
        query = Profile("q", "query-token", "token", encoding="text")
        self.assertEqual(query.weaknesses(), ("token", "query"))

    def test_a_profile_that_nothing_understands(self):
        for values in (
            {"algorithm": "md5"},
            {"encoding": "base32"},
            {"secret_encoding": "rot13"},
            {"timestamp_unit": "h"},
            {"header": ""},
            {"template": "{timestamp}.{body}"},
            {"template": "{id}.{body}"},
            {"template": "constant"},
            {"variants": (("v2,", "md5"),)},
        ):
            with self.subTest(values), self.assertRaises(ValueError):
                Profile(**{"name": "p", "algorithm": "hmac-sha256", "header": "x", **values})

    def test_signing_needs_what_the_profile_signs(self):
        for arguments in ((None, NOW), ("", NOW), ("msg_1", None)):
            with self.assertRaises(SignatureError):
                sign(SHIPPED["standard_webhooks"], WHSEC, BODY, *arguments)

    @relaxed
    @given(
        name=st.sampled_from(sorted(SHIPPED)),
        secret=st.one_of(HEADER, st.binary()),
        values=st.lists(HEADER, min_size=3, max_size=3),
        body=st.binary(),
    )
    def test_anything_wrong_is_a_signature_error(self, name, secret, values, body):
        profile = SHIPPED[name]
        names = (profile.header, profile.id_header, profile.timestamp_header)
        headers = {key: value for key, value in zip(names, values, strict=True) if key}
        headers[profile.header] = profile.prefix + headers[profile.header] + "\udcff"
        with self.assertRaises(SignatureError):
            verify(profile, [secret], headers, body, NOW)

    @relaxed
    @given(
        profile=st.builds(
            Profile,
            st.just("any"),
            st.sampled_from(ALGORITHMS),
            st.just("x-proof"),
            prefix=st.sampled_from(["", "v1,", "Bearer "]),
            encoding=st.sampled_from(ENCODINGS),
            template=st.sampled_from(["{body}", "{id}.{timestamp}.{body}"]),
            secret_encoding=st.sampled_from(SECRET_ENCODINGS),
            id_header=st.just("x-id"),
            timestamp_header=st.just("x-time"),
            timestamp_unit=st.sampled_from(TIMESTAMP_UNITS),
            separator=st.sampled_from([None, " ", ","]),
        ),
        values=st.lists(HEADER, min_size=3, max_size=3),
        secret=st.one_of(HEADER, st.binary()),
        body=st.binary(),
    )
    def test_whatever_the_profile_nothing_but_a_signature_error(
        self, profile, values, secret, body
    ):
        headers = dict(zip(("x-proof", "x-id", "x-time"), values, strict=True))
        with self.assertRaises(SignatureError):
            verify(profile, [secret, b"another"], headers, body, NOW, query=headers)

    def test_which_secret_it_was(self):
        profile = SHIPPED["standard_webhooks"]
        headers = sign(profile, OLD_WHSEC, BODY, "msg_1", NOW)
        self.assertEqual(verify(profile, [WHSEC, OLD_WHSEC], headers, BODY, NOW).secret, 1)
        both = sign(profile, WHSEC, BODY, "msg_1", NOW, previous=[OLD_WHSEC])
        self.assertEqual(verify(profile, [WHSEC, OLD_WHSEC], both, BODY, NOW).secret, 0)

    @skipUnless(importlib.util.find_spec("standardwebhooks"), "standardwebhooks is not installed")
    def test_what_breaks_the_reference_library_is_a_signature_error_here(self):
        from standardwebhooks import Webhook, WebhookVerificationError

        profile, oracle = SHIPPED["standard_webhooks"], Webhook(WHSEC)
        now = datetime.now(timezone.utc).timestamp()
        good = sign(profile, WHSEC, BODY, "msg_1", now)
        broken = 0
        for changed, body in (
            ({"webhook-signature": "v1"}, BODY),
            ({"webhook-signature": "nonsense"}, BODY),
            ({"webhook-signature": "v1,%%%"}, BODY),
            ({"webhook-signature": "v1,AAA"}, BODY),
            ({"webhook-signature": "v1,\u00fc"}, BODY),
            ({"webhook-signature": "v1,a,b"}, BODY),
            ({"webhook-timestamp": "1e999"}, BODY),
            ({"webhook-timestamp": "inf"}, BODY),
            ({}, b"\xff\xfe"),
        ):
            with self.subTest(changed=changed, body=body):
                headers = {**good, **changed}
                with self.assertRaises(SignatureError):
                    verify(profile, [WHSEC], headers, body, now)
                try:
                    oracle.verify(body, headers)
                except WebhookVerificationError:
                    continue
                except Exception:  # noqa: BLE001 - that it is any other is the point
                    broken += 1
        self.assertGreaterEqual(broken, 3, "else this test proves nothing any more")

    @relaxed
    @given(MESSAGE_ID, st.binary())
    def test_round_trip(self, message_id, body):
        profile = SHIPPED["standard_webhooks"]
        headers = sign(profile, WHSEC, body, message_id, NOW)
        self.assertEqual(verify(profile, [WHSEC], headers, body, NOW).message_id, message_id)

    @skipUnless(importlib.util.find_spec("standardwebhooks"), "standardwebhooks is not installed")
    @relaxed
    @given(MESSAGE_ID, HEADER)
    def test_the_reference_library_agrees(self, message_id, text):
        from standardwebhooks import Webhook

        profile, oracle = SHIPPED["standard_webhooks"], Webhook(WHSEC)
        body = text.encode()
        now = datetime.now(timezone.utc).timestamp()
        headers = sign(profile, WHSEC, body, message_id, now)
        theirs = oracle.sign(
            message_id, datetime.fromtimestamp(int(now), timezone.utc), body.decode()
        )
        self.assertEqual(headers[profile.header], theirs)
        verify(profile, [WHSEC], {**headers, profile.header: theirs}, body, now)
        document = b'{"id": 1}'
        signed = sign(profile, WHSEC, document, message_id, now, previous=[OLD_WHSEC])
        self.assertEqual(oracle.verify(document, signed), {"id": 1})
