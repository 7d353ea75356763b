"""What each source says of a machine made of files, and that files which lie are unknown, counted, and no crash."""

import errno
import os
from pathlib import Path

import pytest

from device.health.devices import Devices, DevicesReader
from device.health.network import Network, NetworkReader
from device.health.power import Power, PowerReader, ask_mailbox
from device.health.processes import MemoryReader, Returns
from device.health.processor import WorkReader
from device.health.storage import StorageReader
from device.health.tree import MOST_BYTES, Tree
from kiosk.contract.configuration import Media
from tests.unit.device.health.machine import FILES, Machine

THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
ALARM = "sys/class/hwmon/hwmon1/in0_lcrit_alarm"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "root")


@pytest.fixture
def tree(machine: Machine) -> Tree:
    return Tree(machine.root)


def test_power_says_what_is_and_what_was_since_boot(machine: Machine, tree: Tree, tmp_path: Path) -> None:
    """A voltage that was low for a moment is remembered until the next boot, also by the next agent."""
    reader = PowerReader(tree, tmp_path)
    assert reader.read() == Power(temperature_c=54.321, now=(), since_boot=())
    machine.say(THROTTLED, "50005")
    assert reader.read().now == ("voltage-low", "throttled")
    machine.say(THROTTLED, "0")
    machine.say(ALARM, "1")
    assert reader.read().now == ("voltage-low",)
    machine.say(ALARM, "0")
    again = PowerReader(Tree(machine.root), tmp_path)
    assert again.read() == Power(temperature_c=54.321, now=(), since_boot=("voltage-low", "throttled"))
    machine.say("proc/sys/kernel/random/boot_id", "another")
    assert PowerReader(Tree(machine.root), tmp_path).read().since_boot == ()


def test_the_mailbox_is_asked_where_sysfs_says_nothing(machine: Machine, tree: Tree, tmp_path: Path) -> None:
    """Older kernels have no file; a machine without firmware says nothing at all."""
    machine.take(THROTTLED)
    machine.take("sys/class/hwmon/hwmon1/name")
    assert PowerReader(tree, tmp_path, lambda: 0x4_0002).read().now == ("clock-capped",)
    assert PowerReader(tree, tmp_path, lambda: None).read().now is None
    plain = tmp_path / "vcio"
    plain.write_bytes(b"")
    assert (ask_mailbox(plain), ask_mailbox(tmp_path / "none")) == (None, None)


def test_work_is_counted_between_two_looks(machine: Machine, tree: Tree) -> None:
    """Load, use of the processor, memory, pressure."""
    reader = WorkReader(tree)
    first = reader.read()
    assert (first.load_1m, first.use_pct) == (0.52, None)
    assert (first.memory_available_mb, first.memory_total_mb) == (976.6, 1953.1)
    assert first.pressure_pct == {"cpu": 2.5, "memory": 0.0, "io": 1.25}
    machine.say("proc/stat", "cpu  130 0 100 750 120 0 0 0 0 0")
    assert reader.read().use_pct == 30.0


def test_storage_says_what_is_left_and_what_is_used_up(machine: Machine, tree: Tree, tmp_path: Path) -> None:
    """eMMC: life in tenths, end of life; without ext4's counter what was written since boot."""

    def look(_: Path) -> os.statvfs_result:
        return os.statvfs_result((4096, 4096, 1_000_000, 300_000, 250_000, 1, 1, 1, 0, 255))

    reader = StorageReader(tree, tmp_path, look)
    storage = reader.read()
    assert (storage.free_pct, storage.free_gb, storage.wear_pct) == (25.0, 1.02, 30.0)
    assert (storage.end_of_life, storage.written_gb) == ("", 51.2)
    machine.say("sys/block/mmcblk0/device/pre_eol_info", "0x02")
    machine.take("sys/fs/ext4/mmcblk0p2/lifetime_write_kbytes")
    (machine.root / "sys/fs/ext4/mmcblk0p2").rmdir()
    assert (reader.read().end_of_life, reader.read().written_gb) == ("life-80-pct", 1.0)
    assert StorageReader(tree, tmp_path / "no" / "folder").read().free_pct is None


def test_network_finds_the_way_out(machine: Machine, tree: Tree) -> None:
    """IPv4, IPv6, and none."""
    reader = NetworkReader(tree, lambda gateway: {"192.168.1.1": "192.168.1.7", "fe80::1": "fe80::7"}[gateway])
    assert reader.read() == Network(
        interface="eth0",
        is_up=True,
        address="192.168.1.7",
        gateway="192.168.1.1",
        has_gateway_answered=True,
        speed_mbps=1000,
    )
    machine.say("proc/net/arp", "IP address HW type Flags HW address Mask Device\n192.168.1.1 0x1 0x0 0 * eth0")
    assert reader.read().has_gateway_answered is False
    machine.say("proc/net/route", "Iface Destination Gateway Flags")
    six = f"{'0' * 32} 00 {'0' * 32} 00 fe80{'0' * 27}1 00000400 00000001 00000000 00000003 eth0"
    machine.say("proc/net/ipv6_route", six)
    assert (reader.read().gateway, reader.read().address) == ("fe80::1", "fe80::7")
    machine.take("proc/net/ipv6_route")
    machine.say("sys/class/net/eth0/operstate", "down")
    assert reader.read() == Network(interface="eth0", is_up=False, speed_mbps=1000)


def test_devices_are_looked_for_by_name(machine: Machine, tree: Tree) -> None:
    """A camera of the Pi, a sound card, a panel that knows fingers; a mouse is none."""
    assert DevicesReader(tree, Media()).read() == Devices(has_camera=True, has_sound=True, has_touch=True)
    machine.say("sys/class/video4linux/video0/name", "bcm2835-codec-decode")
    machine.say("proc/asound/cards", "--- no soundcards ---")
    machine.say("sys/class/input/input3/capabilities/abs", "3")
    assert DevicesReader(tree, Media()).read() == Devices(has_camera=False, has_sound=False, has_touch=False)
    made_up = Media(camera="pattern", microphone="tone", loudspeaker="none")
    assert DevicesReader(tree, made_up).read() == Devices(has_camera=None, has_sound=None, has_touch=False)
    assert DevicesReader(tree, Media(camera="/dev/video7")).read().has_camera is False


def test_memory_is_that_of_the_unit_or_of_the_process(machine: Machine, tree: Tree) -> None:
    """A cgroup first, then the process's own share, then what is resident; a process that is gone says nothing."""
    machine.say("proc/12/smaps_rollup", "00-ff ---p 00000000 00:00 0 [rollup]\nRss: 9 kB\nPss:  20480 kB")
    machine.say("proc/13/statm", "1000 2560 3 4 5 6 7")
    reader = MemoryReader(tree, lambda: {"media": 11, "device": 12, "ui": 13, "other": 14})
    assert reader.read() == {"media": 100.0, "device": 20.0, "ui": 10.0}


def test_returns_are_counted_until_the_machine_starts_anew(machine: Machine, tree: Tree, tmp_path: Path) -> None:
    """Our own by a file, the others by their process number."""
    assert Returns(tree, tmp_path).counts["device"] == 0
    returns = Returns(tree, tmp_path)
    for pid in (7, 7, 8, 9):
        returns.note({"media": pid})
    assert returns.counts == {"device": 1, "media": 2, "ui": 0}
    machine.say("proc/sys/kernel/random/boot_id", "another")
    assert Returns(tree, tmp_path).counts["device"] == 0


NONSENSE = ["", "garbage", "9" * 400, "-1", "nan inf -inf", "\x00\x00", "é" * 50, "x" * (MOST_BYTES + 10), "0x " * 99]


@pytest.mark.parametrize("path", sorted(FILES))
@pytest.mark.parametrize("nonsense", NONSENSE, ids=range(len(NONSENSE)))
def test_a_file_that_lies_is_unknown_and_no_crash(tmp_path: Path, path: str, nonsense: str) -> None:
    """Empty, garbage, huge: every source goes on, and every figure stays a figure that can be."""
    machine = Machine(tmp_path / "root")
    machine.say(path, nonsense)
    _read_all(machine, tmp_path)


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_file_that_vanishes_is_counted(tmp_path: Path, path: str) -> None:
    """It was there at the first look and is gone at the second; a folder in its place does no harm either."""
    machine = Machine(tmp_path / "root")
    tree = Tree(machine.root)
    before = tree.text(path)
    machine.take(path)
    assert (before is not None, tree.text(path), tree.lies.total()) == (True, None, 1)
    (machine.root / path).mkdir()
    _read_all(machine, tmp_path)


def test_a_file_that_may_not_be_read_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permission denied, as sysfs says it to a service that is shut in."""

    def deny(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", deny)
    tree = Tree(tmp_path)
    assert (tree.text("sys/x/temp"), tree.number("sys/x/temp"), tree.lies) == (None, None, {"temp": 2})


def test_a_pipe_in_the_place_of_a_file_does_not_hold_us_up(tmp_path: Path) -> None:
    """Opened without waiting, and empty."""
    os.mkfifo(tmp_path / "temp")
    tree = Tree(tmp_path)
    assert (tree.text("temp"), tree.lies) == (None, {"temp": 1})


def _read_all(machine: Machine, folder: Path) -> None:
    tree = Tree(machine.root)
    power = PowerReader(tree, folder, lambda: None).read()
    assert power.temperature_c is None or -40 <= power.temperature_c <= 150
    reader = WorkReader(tree)
    for work in (reader.read(), reader.read()):
        assert work.use_pct is None or 0 <= work.use_pct <= 100
        assert work.load_1m is None or work.load_1m >= 0
        assert all(0 <= value <= 100 for value in work.pressure_pct.values())
    storage = StorageReader(tree, folder).read()
    assert storage.wear_pct is None or 0 < storage.wear_pct <= 110
    NetworkReader(tree, lambda _: "").read()
    DevicesReader(tree, Media()).read()
    memory = MemoryReader(tree, lambda: {"media": 1, "ui": 2}).read()
    assert all(value >= 0 for value in memory.values())
    Returns(tree, folder)
