"""Temperature, voltage and throttling: now, and since the machine started. Firmware of the Pi, and hwmon elsewhere."""

import array
import contextlib
import fcntl
import os
import struct
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from device import files
from device.health.tree import Tree, whole

_ZONES = "sys/class/thermal"
_HWMON = "sys/class/hwmon"
_THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
_BOOT = "proc/sys/kernel/random/boot_id"
_COLDEST_MC, _HOTTEST_MC = -40_000, 150_000
"""What a thermometer on a board can say."""

# The property channel of the firmware, see the kernel's `vcio.c` and the wiki "Mailbox property interface".
_PROPERTY = 0xC000_6400 | struct.calcsize("P") << 16
_GET_THROTTLED = 0x0003_0046
_ANSWERED = 0x8000_0000

_BITS = {0: "voltage-low", 1: "clock-capped", 2: "throttled", 3: "soft-limit"}
_SINCE_BOOT = 16
"""The same bits, this much higher: it has happened since the start."""


class Power(Struct, frozen=True, kw_only=True):
    """One look."""

    temperature_c: float | None = None
    now: tuple[str, ...] | None = None
    """Of `voltage-low`, `clock-capped`, `throttled`, `soft-limit`; None: this machine does not say."""
    since_boot: tuple[str, ...] = ()


def ask_mailbox(path: Path = Path("/dev/vcio")) -> int | None:
    """The firmware's word on throttling; None where there is no firmware to ask, or it may not be asked."""
    message = array.array("I", (28, 0, _GET_THROTTLED, 4, 0, 0, 0))
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.ioctl(descriptor, _PROPERTY, message, True)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return message[5] if message[1] == _ANSWERED else None


class PowerReader:
    """`read` costs some small files; a Pi is asked by sysfs where it can, by the mailbox elsewhere."""

    def __init__(self, tree: Tree, directory: Path, mailbox: Callable[[], int | None] = ask_mailbox) -> None:
        """`directory` on tmpfs: what was seen since the start outlives the agent. Others may clear the firmware's."""
        self._tree, self._mailbox = tree, mailbox
        self._path = directory / "throttled"
        self._boot = tree.text(_BOOT) or ""
        self._seen = self._load()

    def read(self) -> Power:
        flags = self._flags()
        if flags is not None:
            self._remember(flags >> _SINCE_BOOT | flags & 0xF)
        return Power(
            temperature_c=self._temperature_c(),
            now=None if flags is None else _words(flags),
            since_boot=_words(self._seen),
        )

    def _temperature_c(self) -> float | None:
        """The hottest place that has a thermometer."""
        found = [
            self._tree.number(f"{_ZONES}/{zone}/temp", least=_COLDEST_MC, most=_HOTTEST_MC)
            for zone in self._tree.names(_ZONES)
            if zone.startswith("thermal_zone")
        ]
        known = [value for value in found if value is not None]
        return max(known) / 1000 if known else None

    def _flags(self) -> int | None:
        flags = self._tree.number(_THROTTLED, base=16, least=0, most=0xF_FFFF)
        if flags is None:
            flags = self._mailbox()
        alarm = self._alarm()
        if alarm is None:
            return flags
        return (flags or 0) | alarm

    def _alarm(self) -> int | None:
        """Voltage by hwmon: the driver `rpi_volt` says 1 while it is too low."""
        for chip in self._tree.names(_HWMON):
            if self._tree.text(f"{_HWMON}/{chip}/name") == "rpi_volt":
                return self._tree.number(f"{_HWMON}/{chip}/in0_lcrit_alarm", least=0, most=1)
        return None

    def _load(self) -> int:
        with contextlib.suppress(OSError):
            boot, _, flags = self._path.read_text(errors="replace").partition(" ")
            return (whole(flags.strip()) or 0) & 0xF if boot == self._boot else 0
        return 0

    def _remember(self, flags: int) -> None:
        seen = self._seen | flags & 0xF
        if seen != self._seen:
            self._seen = seen
            with contextlib.suppress(OSError):
                files.write(self._path, f"{self._boot} {seen}".encode())


def _words(flags: int) -> tuple[str, ...]:
    return tuple(word for bit, word in _BITS.items() if flags >> bit & 1)
