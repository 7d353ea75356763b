"""The card or chip on which everything lies: room that is left, life that is used up, what was written."""

import os
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from device.health.tree import Tree, whole

_BLOCK, _EXT4 = "sys/block", "sys/fs/ext4"
_SECTOR_BYTES = 512
_WRITTEN = 6
"""Column of `/sys/block/*/stat`: sectors written."""
_LEVEL_PCT = 10
"""One step of JEDEC's life time estimate."""
_ENDS = {1: "", 2: "life-80-pct", 3: "life-over"}
"""`pre_eol_info` of an eMMC: normal, 80 % of the reserve used, nearly all of it."""
_KINDS = ("mmcblk", "nvme", "sd", "vd")


class Storage(Struct, frozen=True, kw_only=True):
    """One look; None where this machine does not say."""

    free_pct: float | None = None
    free_gb: float | None = None
    wear_pct: float | None = None
    """At most so much of its life is used, by the chip's own word; above 100: over."""
    end_of_life: str = ""
    """`life-80-pct`, `life-over`, or nothing."""
    written_gb: float | None = None
    """Since the start of the machine; where the file system counts, since it was made."""


class StorageReader:
    def __init__(self, tree: Tree, folder: Path, look: Callable[[Path], os.statvfs_result] = os.statvfs) -> None:
        """`folder` is where the terminal keeps its files; `look` is `statvfs`."""
        self._tree, self._folder, self._look = tree, folder, look

    def read(self) -> Storage:
        free_pct, free_gb = self._free()
        wear, ends = self._wear()
        return Storage(
            free_pct=free_pct, free_gb=free_gb, wear_pct=wear, end_of_life=ends, written_gb=self._written_gb()
        )

    def _free(self) -> tuple[float | None, float | None]:
        try:
            found = self._look(self._folder)
        except OSError:
            return None, None
        if found.f_blocks <= 0:
            return None, None
        return round(100 * found.f_bavail / found.f_blocks, 1), round(found.f_bavail * found.f_frsize / 1e9, 2)

    @property
    def _devices(self) -> tuple[str, ...]:
        """Whole devices; the two boot areas and the protected one of an eMMC are not of interest."""
        return tuple(
            name
            for name in self._tree.names(_BLOCK)
            if name.startswith(_KINDS) and not (name.startswith("mmcblk") and ("boot" in name or "rpmb" in name))
        )

    def _wear(self) -> tuple[float | None, str]:
        """The worst of all; an SD card mostly says nothing."""
        wear, ends = None, ""
        for device in self._devices:
            path = f"{_BLOCK}/{device}/device/life_time"
            text = self._tree.text(path)
            levels = [whole(word, 16) for word in text.split()[:2]] if text else []
            for level in levels:
                if level is None or not 0 <= level <= 0xB:
                    self._tree.doubt(path)
                elif level:  # 0: not told
                    wear = max(wear or 0.0, float(level * _LEVEL_PCT))
            ends = _ENDS.get(self._tree.number(f"{_BLOCK}/{device}/device/pre_eol_info", 16) or 1, "") or ends
        return wear, ends

    def _written_gb(self) -> float | None:
        life = [self._tree.number(f"{_EXT4}/{name}/lifetime_write_kbytes", least=0) for name in self._tree.names(_EXT4)]
        known = [value for value in life if value is not None]
        if known:
            return round(sum(known) * 1024 / 1e9, 1)
        sectors = [self._sectors(device) for device in self._devices]
        written = [value for value in sectors if value is not None]
        return round(sum(written) * _SECTOR_BYTES / 1e9, 1) if written else None

    def _sectors(self, device: str) -> int | None:
        path = f"{_BLOCK}/{device}/stat"
        text = self._tree.text(path)
        if text is None:
            return None
        words = text.split()
        value = whole(words[_WRITTEN]) if len(words) > _WRITTEN else None
        if value is None or value < 0:
            self._tree.doubt(path)
            return None
        return value
