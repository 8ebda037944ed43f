"""Make new secrets in the form that a profile wants."""

import base64
import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from .signing_profiles import ASYMMETRIC, ISSUED_TOKEN, Profile

_BYTES = 32


class TheirKey(ValueError):
    """A secret that cannot be made here: the partner holds the private key, or another form."""


def generate(profile: Profile, inbound: bool, previous: str = "", user: str = "") -> tuple:
    """Return (secret to keep, what the partner is told) of 256 random bits.

    :param inbound: the partner proves itself by it; else we do
    :param previous: the secret that it replaces, whose form and user name it takes over
    :param user: user name for HTTP basic authentication where there is none yet
    :raise TheirKey: for a public key that only the partner can make, and where there is no secret
    """
    if profile.algorithm == ISSUED_TOKEN:
        raise TheirKey(profile.algorithm)
    if profile.secret_encoding == "whsec" and previous.startswith(("whpk_", "whsk_")):
        if inbound:
            raise TheirKey("ed25519")
        return _labelled_pair()
    if profile.algorithm in ASYMMETRIC:
        if inbound or profile.algorithm != "ed25519":
            raise TheirKey(profile.algorithm)
        return _pem_pair()
    secret = _shared(profile, previous, user)
    return secret, secret


def _shared(profile: Profile, previous: str, user: str) -> str:
    if profile.secret_encoding in ("whsec", "base64"):
        label = "whsec_" if profile.secret_encoding == "whsec" else ""
        return label + base64.b64encode(secrets.token_bytes(_BYTES)).decode()
    token = secrets.token_urlsafe(_BYTES)
    if profile.algorithm != "basic":
        return token
    name, colon, _password = previous.partition(":")
    return f"{name if colon else user}:{token}"


def _labelled_pair() -> tuple:
    key = ed25519.Ed25519PrivateKey.generate()
    raw = serialization.Encoding.Raw
    private = key.private_bytes(raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
    public = key.public_key().public_bytes(raw, serialization.PublicFormat.Raw)
    return (
        "whsk_" + base64.b64encode(private + public).decode(),
        "whpk_" + base64.b64encode(public).decode(),
    )


def _pem_pair() -> tuple:
    key = ed25519.Ed25519PrivateKey.generate()
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
