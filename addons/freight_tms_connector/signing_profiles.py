"""Authentication profiles: what differs between partners is data, not code."""

from dataclasses import dataclass

DIGESTS = {"hmac-sha1": "sha1", "hmac-sha256": "sha256", "hmac-sha512": "sha512"}
ASYMMETRIC = ("ed25519", "rsa-sha256")
#: A token that our own token endpoint issued; the reception looks it up, there is no secret.
ISSUED_TOKEN = "issued-token"
TOKENS = ("bearer", "basic", "api-key", "query-token", ISSUED_TOKEN)
ALGORITHMS = (*DIGESTS, *ASYMMETRIC, *TOKENS)
ENCODINGS = ("hex", "base64", "text")
SECRET_ENCODINGS = ("raw", "base64", "whsec", "nfkd")
TIMESTAMP_UNITS = ("s", "ms", "iso")


@dataclass(frozen=True)
class Profile:
    """How one kind of sender authenticates its messages.

    :param name: technical name
    :param algorithm: one of ``ALGORITHMS``
    :param header: header with the signature or token (``query-token``: the parameter's name)
    :param prefix: text before each signature, e.g. ``sha256=``; a part without it is ignored
    :param encoding: ``hex``, ``base64`` or ``text`` (tokens)
    :param template: signed content, from ``{body}``, ``{id}`` and ``{timestamp}``
    :param secret_encoding: ``raw``, ``base64``, ``whsec`` (Standard Webhooks) or ``nfkd``
    :param id_header: header with the sender's message id; required when the template uses it
    :param timestamp_header: header with the time of sending
    :param timestamp_field: prefix of the timestamp inside the signature header, e.g. ``t=``
    :param timestamp_unit: ``s``, ``ms`` (since 1970) or ``iso`` (ISO 8601 with offset)
    :param tolerance: seconds that the timestamp may lie before or after now
    :param separator: between several signatures in the header, for the rotation of secrets
    :param variants: further ``(prefix, algorithm)`` pairs accepted in the same header
    :raise ValueError: for a value that no step understands
    """

    name: str
    algorithm: str
    header: str
    prefix: str = ""
    encoding: str = "hex"
    template: str = "{body}"
    secret_encoding: str = "raw"
    id_header: str | None = None
    timestamp_header: str | None = None
    timestamp_field: str | None = None
    timestamp_unit: str = "s"
    tolerance: int = 300
    separator: str | None = None
    variants: tuple[tuple[str, str], ...] = ()

    def __post_init__(self):
        """Refuse a value that no step understands."""
        for value, allowed in (
            *((algorithm, ALGORITHMS) for _prefix, algorithm in self.schemes),
            (self.encoding, ENCODINGS),
            (self.secret_encoding, SECRET_ENCODINGS),
            (self.timestamp_unit, TIMESTAMP_UNITS),
        ):
            if value not in allowed:
                raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
        if not self.header:
            raise ValueError("the header with the signature has no name")
        for placeholder, available in (
            ("{id}", self.id_header),
            ("{timestamp}", self.has_timestamp),
        ):
            if placeholder in self.template and not available:
                raise ValueError(f"no header gives {placeholder} of the signed content")
        if self.algorithm not in TOKENS and "{body}" not in self.template:
            raise ValueError("the signed content does not contain {body}")

    @property
    def schemes(self) -> tuple[tuple[str, str], ...]:
        """All ``(prefix, algorithm)`` pairs that the header may carry, the preferred one first."""
        return ((self.prefix, self.algorithm), *self.variants)

    @property
    def has_timestamp(self) -> bool:
        """Whether a message says when it was sent."""
        return bool(self.timestamp_header or self.timestamp_field)

    def weaknesses(self) -> tuple[str, ...]:
        """Codes of what makes this profile weak: to be shown beside it.

        ``sha1``; ``token`` (does not cover the body); ``query`` (the token stands in access logs);
        ``no_timestamp`` and ``unsigned_timestamp`` (an old message can be sent again).
        """
        token = self.algorithm in TOKENS
        signed = "{timestamp}" in self.template
        findings = {
            "sha1": self.algorithm == "hmac-sha1",
            "token": token,
            "query": self.algorithm == "query-token",
            "no_timestamp": not token and not self.has_timestamp,
            "unsigned_timestamp": not token and self.has_timestamp and not signed,
        }
        return tuple(code for code, found in findings.items() if found)


SHIPPED = {
    profile.name: profile
    for profile in (
        Profile(
            "standard_webhooks",
            "hmac-sha256",
            "webhook-signature",
            prefix="v1,",
            encoding="base64",
            template="{id}.{timestamp}.{body}",
            secret_encoding="whsec",
            id_header="webhook-id",
            timestamp_header="webhook-timestamp",
            separator=" ",
            variants=(("v1a,", "ed25519"),),
        ),
        Profile(
            "stripe",
            "hmac-sha256",
            "stripe-signature",
            prefix="v1=",
            template="{timestamp}.{body}",
            timestamp_field="t=",
            separator=",",
        ),
        Profile(
            "github",
            "hmac-sha256",
            "x-hub-signature-256",
            prefix="sha256=",
            id_header="x-github-delivery",
        ),
        Profile(
            "easypost",
            "hmac-sha256",
            "x-hmac-signature",
            prefix="hmac-sha256-hex=",
            secret_encoding="nfkd",
        ),
        Profile("aftership", "hmac-sha256", "aftership-hmac-sha256", encoding="base64"),
        Profile(
            "dcsa",
            "hmac-sha256",
            "notification-signature",
            prefix="sha256=",
            secret_encoding="base64",
        ),
        Profile(
            "shipengine",
            "rsa-sha256",
            "x-shipengine-rsa-sha256-signature",
            encoding="base64",
            template="{timestamp}.{body}",
            timestamp_header="x-shipengine-timestamp",
            timestamp_unit="iso",
        ),
        Profile("issued_token", ISSUED_TOKEN, "authorization", prefix="Bearer ", encoding="text"),
        Profile("ups_bearer", "bearer", "authorization", prefix="Bearer ", encoding="text"),
        Profile("basic", "basic", "authorization", prefix="Basic ", encoding="text"),
        Profile("api_key", "api-key", "x-api-key", encoding="text"),
        Profile(
            "generic_hmac",
            "hmac-sha256",
            "x-signature",
            prefix="sha256=",
            template="{id}.{timestamp}.{body}",
            id_header="x-message-id",
            timestamp_header="x-timestamp",
            separator=",",
        ),
    )
}
