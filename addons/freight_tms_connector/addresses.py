"""Whose address a request comes from, and whether it is one of a list of networks."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

#: What one household or data centre gets; whoever has one has all addresses in it.
_IPV6_SITE = 64


@lru_cache(maxsize=64)
def parse_networks(text):
    """Return the networks of ``text``: addresses or CIDRs, one a line or separated by commas.

    :raise ValueError: naming the entry that is none
    """
    networks = []
    for entry in (text or "").replace(",", " ").split():
        try:
            networks.append(ip_network(entry, strict=False))
        except ValueError:
            raise ValueError(entry) from None
    return tuple(networks)


def is_within(address, networks):
    """Tell whether the text ``address`` lies in one of ``networks``."""
    parsed = _parse(address)
    return parsed is not None and any(
        parsed.version == network.version and parsed in network for network in networks
    )


def client_of(peer, forwarded, trusted):
    """Return the address of who sent a request.

    Each proxy appends whom it heard from to ``X-Forwarded-For``. So the list is walked from the
    right, as long as the one who speaks is trusted; what stands further left anybody may have
    written.

    :param peer: address of the other end of the connection
    :param forwarded: the header's value, or None
    :param trusted: networks of proxies
    """
    client = peer or ""
    for entry in reversed((forwarded or "").split(",")):
        if not is_within(client, trusted):
            break
        heard = _parse(_without_port(entry.strip()))
        if heard is None:
            break
        client = str(heard)
    return client


def site_of(address):
    """Return what an address counts as: itself, for IPv6 its network of 64 bits."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, _IPV6_SITE), strict=False))
    return str(parsed or "unknown")


def _parse(text):
    try:
        parsed = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _without_port(entry):
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry
