"""Which packets a machine of the central side takes, as nftables rules: what terminals and partners need, and SSH."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What is open to everybody; a range is first and last."""

    tcp: tuple[int, ...]
    udp: tuple[int, ...] = ()
    udp_ranges: tuple[tuple[int, int], ...] = ()


def rules(ports: Ports, admin_networks: Iterable[str] = ()) -> str:
    """A file for `nft -f`; SSH from `admin_networks` (`192.0.2.0/24`), from anywhere where none is named."""
    networks = list(admin_networks)
    families = {"ip": [one for one in networks if ":" not in one], "ip6": [one for one in networks if ":" in one]}
    admin = [f"{family} saddr {{ {', '.join(of)} }} tcp dport 22 accept" for family, of in families.items() if of]
    udp = [str(port) for port in ports.udp] + [f"{first}-{last}" for first, last in ports.udp_ranges]
    lines = [
        *(admin or ["tcp dport 22 accept"]),
        f"tcp dport {{ {', '.join(map(str, ports.tcp))} }} accept",
        *([f"udp dport {{ {', '.join(udp)} }} accept"] if udp else []),
    ]
    return _RULES.format(lines="\n        ".join(lines))


_RULES = """\
#!/usr/sbin/nft -f
# Made by `provision central init`; see provisioning/server/firewall.py. Answers to what the machine asks come in, and:
table inet rundtisch
delete table inet rundtisch

table inet rundtisch {{
    chain input {{
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state established,related accept
        ct state invalid drop
        icmpv6 type {{ nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, mld-listener-query }} accept
        meta l4proto {{ icmp, ipv6-icmp }} limit rate 20/second accept
        udp sport 67 udp dport 68 accept
        ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept
        {lines}
    }}
    chain forward {{
        type filter hook forward priority filter; policy drop;
    }}
}}
"""
