"""Addresses: which of them belong to the open internet, and which to somebody's own machines."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# By hand and not by the library's `is_global`, which changes from release to release and calls several of these public
# (IANA's registries of special-purpose addresses, August 2026).
_NOT_PUBLIC: Final[dict[str, str]] = {
    "0.0.0.0/8": "this machine",
    "10.0.0.0/8": "a private network",
    "100.64.0.0/10": "a provider's inner network",
    "127.0.0.0/8": "this machine",
    "168.63.129.16/32": "a cloud's inner service",
    "169.254.0.0/16": "the local link, where clouds keep credentials",
    "172.16.0.0/12": "a private network",
    "192.0.0.0/24": "a reserved network",
    "192.0.2.0/24": "a network for examples",
    "192.31.196.0/24": "a reserved network",
    "192.52.193.0/24": "a reserved network",
    "192.88.99.0/24": "a gateway to other networks",
    "192.168.0.0/16": "a private network",
    "192.175.48.0/24": "a reserved network",
    "198.18.0.0/15": "a network for measurements",
    "198.51.100.0/24": "a network for examples",
    "203.0.113.0/24": "a network for examples",
    "224.0.0.0/4": "a group of machines",
    "240.0.0.0/4": "a reserved network",
    "2001::/23": "a reserved network or a gateway",
    "2001:db8::/32": "a network for examples",
    "2002::/16": "a gateway to other networks",
    "3fff::/20": "a network for examples",
}
_CLOSED: Final = tuple((ip_network(network), words) for network, words in _NOT_PUBLIC.items())
# All of IPv6 that is given to the public lies in here. Outside are ::1, mapped and compatible IPv4, both NAT64
# prefixes, unique-local, link-local, site-local and multicast addresses.
_PUBLIC_IPV6: Final = IPv6Network("2000::/3")


def parse_networks(text: str) -> tuple[Network, ...]:
    """`10.1.0.0/16, fd00::/8`; a single address is a network of one. Raises ValueError."""
    return tuple(ip_network(entry, strict=False) for part in text.split(",") if (entry := part.strip()))


def is_within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def why_not_public(address: Address) -> str | None:
    """In words what the address belongs to when that is not the open internet."""
    if isinstance(address, IPv6Address) and address not in _PUBLIC_IPV6:
        return "a private, local or translated network"
    return next(
        (words for network, words in _CLOSED if address.version == network.version and address in network), None
    )


def parse_address(text: str) -> Address:
    return ip_address(text)
