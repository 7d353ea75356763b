"""Whether any way leads out of this machine, by the kernel's tables; see proc_net(5)."""

from pathlib import Path

_IPV4 = Path("/proc/net/route")
_IPV6 = Path("/proc/net/ipv6_route")


def lead_out(ipv4: Path = _IPV4, ipv6: Path = _IPV6) -> bool:
    """Without an address from DHCP or by hand there is no route but loopback's and those within the cable."""
    old = [line.split() for line in _lines(ipv4)[1:]]
    new = [line.split() for line in _lines(ipv6)]
    within = ("fe80", "ff")
    return any(one[0] != "lo" for one in old if one) or any(
        one[-1] != "lo" and not one[0].startswith(within) for one in new if one
    )


def _lines(table: Path) -> list[str]:
    try:
        return table.read_text(encoding="ascii").splitlines()
    except OSError:
        return []
