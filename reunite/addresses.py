"""Which addresses our requests to others may go to: those of the internet, unless the installation says otherwise.

Who names an address to be called by us must not reach what only we can reach: this machine, its network, a cloud's
metadata. So a name is resolved by us, every address that it has is looked at, and the one that was looked at is the one
that is called.
"""

import ipaddress
import socket

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class PrivateAddressError(Exception):
    """The name leads into a network that is not to be called."""


def resolved(host: str, port: int, *, private: bool) -> str:
    """The address to call. Raises PrivateAddressError where the name has one that is not public and `private` ones may
    not be called, OSError where it has none."""
    found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not private and not all(is_public(ipaddress.ip_address(one.partition("%")[0])) for one in found):
        raise PrivateAddressError
    return found[0]


def is_public(address: Address) -> bool:
    """Whether it is an address of one machine on the internet, also of what is wrapped in it."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _wrapped(address)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _wrapped(address: ipaddress.IPv6Address) -> Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return address.ipv4_mapped or address.sixtofour
