"""The way out of the house: link, address, gateway. Asks the kernel only; nothing is sent for it."""

import ipaddress
import socket
from collections.abc import Callable

from msgspec import Struct

from device.health.tree import Tree, whole

_ROUTES, _NEIGHBOURS, _NET = "proc/net/route", "proc/net/arp", "sys/class/net"
_ROUTES_6 = "proc/net/ipv6_route"
_UP = 0x1
_GATEWAY = 0x2
_COMPLETE = 0x2
"""Flag of a neighbour whose hardware address is known."""
_DISCARD = 9


class Network(Struct, frozen=True, kw_only=True):
    """One look."""

    interface: str = ""
    """With the way out; without one, the first that is not our own loop."""
    is_up: bool | None = None
    """There is a link; None: the kernel does not say."""
    address: str = ""
    gateway: str = ""
    has_gateway_answered: bool | None = None
    """Whether its hardware address is known; None where that cannot be told (IPv6, point to point)."""
    speed_mbps: int | None = None


def own_address(gateway: str) -> str:
    """By which address we go there; a datagram socket is connected, and nothing sent."""
    family = socket.AF_INET6 if ":" in gateway else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((gateway, _DISCARD))
            return str(sock.getsockname()[0])
    except OSError:
        return ""


class NetworkReader:
    def __init__(self, tree: Tree, address_to: Callable[[str], str] = own_address) -> None:
        self._tree, self._address_to = tree, address_to

    def read(self) -> Network:
        interface, gateway = self._way_out()
        interface = interface or self._first()
        if not interface:
            return Network()
        return Network(
            interface=interface,
            is_up=self._is_up(interface),
            address=self._address_to(gateway) if gateway else "",
            gateway=gateway,
            has_gateway_answered=self._is_known(gateway),
            speed_mbps=self._speed(interface),
        )

    def _way_out(self) -> tuple[str, str]:
        """Interface and gateway of the default route, IPv4 first."""
        for line in (self._tree.text(_ROUTES) or "").splitlines()[1:]:
            words = line.split()
            flags = whole(words[3], 16) if len(words) > 7 else None
            if flags is None:
                self._tree.doubt(_ROUTES)
            elif words[1] == words[7] == "00000000" and flags & _UP and flags & _GATEWAY:
                gateway = whole(words[2], 16)
                if gateway is not None:
                    return words[0], str(ipaddress.IPv4Address(gateway.to_bytes(4, "little")))
        return self._way_out_6()

    def _way_out_6(self) -> tuple[str, str]:
        for line in (self._tree.text(_ROUTES_6) or "").splitlines():
            words = line.split()
            if len(words) < 10:
                self._tree.doubt(_ROUTES_6)
            elif words[1] == "00" and not words[0].strip("0") and words[4].strip("0") and len(words[4]) == 32:
                try:
                    return words[9], str(ipaddress.IPv6Address(bytes.fromhex(words[4])))
                except ValueError:
                    self._tree.doubt(_ROUTES_6)
        return "", ""

    def _first(self) -> str:
        found = [name for name in self._tree.names(_NET) if name != "lo"]
        return next((name for name in found if self._tree.text(f"{_NET}/{name}/operstate") == "up"), "") or (
            found[0] if found else ""
        )

    def _is_up(self, interface: str) -> bool | None:
        word = self._tree.text(f"{_NET}/{interface}/operstate")
        # Tunnels and the like say "unknown" for as long as they live.
        return None if word is None or word == "unknown" else word == "up"

    def _is_known(self, gateway: str) -> bool | None:
        if not gateway or ":" in gateway:
            return None
        for line in (self._tree.text(_NEIGHBOURS) or "").splitlines()[1:]:
            words = line.split()
            if len(words) > 3 and words[0] == gateway:
                flags = whole(words[2], 16)
                return None if flags is None else bool(flags & _COMPLETE)
        return None

    def _speed(self, interface: str) -> int | None:
        if not (self._tree.root / _NET / interface / "device").exists():
            return None  # made by software: asking for its speed is an error
        speed = self._tree.text(f"{_NET}/{interface}/speed")
        value = whole(speed) if speed else None
        return value if value is not None and value > 0 else None
