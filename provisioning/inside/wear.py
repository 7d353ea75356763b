"""The disk: room that is left, life that is used up, and how long it lasts at the pace at which it is written."""

import os
from collections.abc import Iterator

from provisioning.inside.machine import Machine
from provisioning.outside.verdict import Verdict, fault, ok, skipped

_KINDS = ("mmcblk", "nvme", "sd", "vd")
_SECTOR_BYTES = 512
_WRITTEN = 6
"""Column of `/sys/block/*/stat` (Documentation/block/stat.rst): sectors written since the start."""
_FULL_WRITES = 300
"""So often a plain card is written all over before it fails, its own rewriting counted in; good ones last longer."""
_DAY_S, _YEAR_DAYS = 86400.0, 365.0
_LEAST_YEARS, _LONG_YEARS = 5.0, 50.0
_TELLING_S = 6 * 3600.0
"""A shorter look is mostly the start itself."""
_LEAST_FREE_PCT = 10.0
_LEVEL_PCT, _MOST_WORN_PCT = 10, 80
"""JEDEC's life time estimate (eMMC 5.1, DEVICE_LIFE_TIME_EST) comes in steps of ten."""


def check(machine: Machine) -> Iterator[Verdict]:
    """All verdicts on disks."""
    yield _free(machine)
    disks = sorted(path.name for path in machine.path("sys/block").glob("*") if _is_disk(path.name))
    if not disks:
        yield skipped("disk", "wear", "this machine shows no disk")
    for name in disks:
        yield _wear(machine, name)


def _is_disk(name: str) -> bool:
    """Not the areas of an eMMC that the machine starts from."""
    return name.startswith(_KINDS) and "boot" not in name and "rpmb" not in name


def _free(machine: Machine) -> Verdict:
    found = os.statvfs(machine.path("."))
    free_pct = 100 * found.f_bavail / found.f_blocks if found.f_blocks else 0.0
    seen = f"{found.f_bavail * found.f_frsize / 1e9:.1f} GB ({free_pct:.0f} %) free"
    if free_pct < _LEAST_FREE_PCT:
        return fault("disk", "room", seen, "see what fills it: du -xh / | sort -h | tail; a larger card")
    return ok("disk", "room", seen)


def _wear(machine: Machine, name: str) -> Verdict:
    worn = _own_word(machine, name)
    remedy = "replace the card: provision flash SITE.ROOM; what writes so much: iotop, journalctl --disk-usage"
    if worn > _MOST_WORN_PCT:
        return fault("disk", f"{name} wear", f"by its own word {worn} % of its life are used", remedy)
    says = f"by its own word at most {worn} % of its life are used; " if worn else ""
    size = _number(machine.text(f"sys/block/{name}/size")) * _SECTOR_BYTES
    words = machine.text(f"sys/block/{name}/stat").split()
    uptime_s = machine.uptime_s()
    if len(words) <= _WRITTEN or not size or uptime_s <= 0:
        return skipped("disk", f"{name} wear", f"{says}the kernel does not say what was written")
    written = _number(words[_WRITTEN]) * _SECTOR_BYTES
    a_day = written / uptime_s * _DAY_S
    years = size * _FULL_WRITES / a_day / _YEAR_DAYS if a_day else float("inf")
    seen = (
        f"{says}{written / 1e9:.2f} GB written in {uptime_s / 3600:.1f} h, {a_day / 1e9:.2f} GB a day: a plain card of "
        f"{size / 1e9:.0f} GB lasts {_span(years)}"
    )
    if uptime_s < _TELLING_S:
        return ok("disk", f"{name} wear", f"{seen} (the machine was started just now: ask again tomorrow)")
    if years < _LEAST_YEARS:
        return fault("disk", f"{name} wear", seen, remedy)
    return ok("disk", f"{name} wear", seen)


def _span(years: float) -> str:
    if years > _LONG_YEARS:
        return f"more than {_LONG_YEARS:.0f} years"
    return f"about {years:.0f} years" if years >= 1 else f"about {years * _YEAR_DAYS:.0f} days"


def _own_word(machine: Machine, name: str) -> int:
    """Percent of its life that an eMMC says are used, at most; 0: it does not say."""
    levels = [_number(word, 16) for word in machine.text(f"sys/block/{name}/device/life_time").split()[:2]]
    return max((level * _LEVEL_PCT for level in levels if 0 < level <= 0xB), default=0)


def _number(text: str, base: int = 10) -> int:
    try:
        return int(text, base)
    except ValueError:
        return 0
