"""Which addresses may be called: public ones, and those that an administrator named.

What counts is what a name was resolved to, never how it was written: decimal, octal or hexadecimal
spellings of an address have become an address by then.
"""

import ipaddress
from dataclasses import dataclass

#: Where clouds answer questions about the machine itself, credentials included: never called.
METADATA = frozenset(
    map(
        ipaddress.ip_address,
        (
            "169.254.169.254",  # most clouds
            "fd00:ec2::254",  # AWS
            "fd20:ce::254",  # Google
            "169.254.170.2",  # AWS, containers
            "169.254.170.23",
            "fd00:ec2::23",
            "100.100.100.200",  # Alibaba
            "192.0.0.192",  # Oracle
            "168.63.129.16",  # Azure: public, and yet the machine's own host
        ),
    )
)

#: IPv6 networks whose last four bytes are an IPv4 address: NAT64 (RFC 6052, RFC 8215), translated
#: (RFC 2765) and compatible (RFC 4291) addresses.
_CARRIERS = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96"))
)
#: The interface identifiers of ISATAP (RFC 5214): an IPv4 address follows.
_ISATAP = (0x00005EFE, 0x02005EFE)


@dataclass(frozen=True, slots=True)
class Policy:
    """Which addresses may be called.

    :ivar plain: http:// is allowed, as in a sandbox
    :ivar private: private and loopback addresses are allowed, as in a sandbox; link-local ones,
        where clouds keep their instance data, are not
    :ivar allowed: host names and networks ("10.1.0.0/16") of partners on the premises
    :ivar closed: why nothing at all may be called, as a sentence; None where something may
    """

    plain: bool = False
    private: bool = False
    allowed: tuple[str, ...] = ()
    closed: str | None = None

    def names(self, host: str) -> bool:
        """Tell whether ``host`` is one of the names that an administrator allowed."""
        return any(entry.lower() == host.lower() for entry in self.allowed)


def may_call(host: str, address: str, policy: Policy) -> bool:
    """Tell whether ``policy`` allows to call ``address``, which ``host`` was resolved to."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    meant = _meant(ip)
    if METADATA.intersection((ip, *meant)):
        return False
    if policy.names(host) or any(_covers(entry, meant[-1]) for entry in policy.allowed):
        return True
    return all(_is_open(one, policy) for one in meant)


def _is_open(ip, policy):
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    return ip.is_global or policy.private


def _meant(ip):
    """Return the addresses that must be open: itself, and IPv4 addresses that it stands for."""
    if ip.version == 4:
        return (ip,)
    if ip.ipv4_mapped:
        return (ip.ipv4_mapped,)
    if ip.sixtofour:
        return (ip, ip.sixtofour)
    if ip.teredo:
        return (ip, *ip.teredo)
    number = int(ip)
    carries = number > 1 and any(ip in network for network in _CARRIERS)
    if carries or (number >> 32) & 0xFFFFFFFF in _ISATAP:
        return (ip, ipaddress.IPv4Address(number & 0xFFFFFFFF))
    return (ip,)


def _covers(entry, ip):
    try:
        return ip in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
