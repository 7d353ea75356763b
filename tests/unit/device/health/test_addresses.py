"""The machine's addresses, as the kernel has them."""

from pathlib import Path

from device.health.addresses import addresses
from device.health.tree import Tree
from kiosk.contract.health import Address

IF_INET6 = """\
00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000021122fffe334455 02 40 20 80     eth0
20010db8000000000000000000000017 02 40 00 80     eth0
nonsense
20010db8 03 40 00 80 wlan0
"""


def test_what_others_can_reach_is_told(tmp_path: Path) -> None:
    """Not our own loop, not the addresses of one link only; lines that make no sense are passed over."""
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/if_inet6").write_text(IF_INET6)
    found = addresses(Tree(tmp_path))
    assert [one for one in found if ":" in one.address] == [Address(interface="eth0", address="2001:db8::17")]
    assert not [one for one in found if one.interface == "lo" or one.address.startswith("127.")]
