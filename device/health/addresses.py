"""Under which addresses this machine is reached, by interface; not its own loop, nor those of one link only."""

import contextlib
import fcntl
import ipaddress
import socket
import struct
from collections.abc import Iterator

from device.health.tree import Tree
from kiosk.contract.health import Address

_IF_INET6 = "proc/net/if_inet6"
_SIOCGIFADDR = 0x8915
"""See netdevice(7): the IPv4 address of an interface."""
_GLOBAL = "00"
"""Scope of an IPv6 address that others can use."""


def addresses(tree: Tree) -> tuple[Address, ...]:
    """IPv4 before IPv6."""
    return (*_ipv4(), *_ipv6(tree))


def _ipv4() -> Iterator[Address]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _, name in socket.if_nameindex():
            if name != "lo":
                with contextlib.suppress(OSError):  # it has none
                    answer = fcntl.ioctl(sock, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
                    yield Address(interface=name, address=socket.inet_ntoa(answer[20:24]))


def _ipv6(tree: Tree) -> Iterator[Address]:
    for line in (tree.text(_IF_INET6) or "").splitlines():
        words = line.split()
        if len(words) != 6:
            tree.doubt(_IF_INET6)
        elif words[3] == _GLOBAL and words[5] != "lo":
            try:
                yield Address(interface=words[5], address=str(ipaddress.IPv6Address(bytes.fromhex(words[0]))))
            except ValueError:
                tree.doubt(_IF_INET6)
