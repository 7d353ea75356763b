"""The three processes: how much memory each holds, and how often it came back."""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path

from device import files
from device.health.tree import Tree, whole

_SLICE = "sys/fs/cgroup/system.slice"
_BOOT = "proc/sys/kernel/random/boot_id"
_PAGES = 1
"""Column of `/proc/*/statm`: pages that are resident."""


class MemoryReader:
    """In MB. What a unit holds (cgroup) where we run as one; else what the process says (PSS, or what is resident)."""

    def __init__(self, tree: Tree, pids: Callable[[], Mapping[str, int]], page_bytes: int = 4096) -> None:
        """`pids` by process: `device`, `media`, `ui`; those that run."""
        self._tree, self._pids, self._page_bytes = tree, pids, page_bytes

    def read(self) -> dict[str, float]:
        found = {name: self._of(name, pid) for name, pid in self._pids().items()}
        return {name: round(value / 2**20, 1) for name, value in found.items() if value is not None}

    def _of(self, name: str, pid: int) -> float | None:
        unit = self._field(f"{_SLICE}/kiosk-{name}.service/memory.stat", "anon ", 1)
        if unit is not None:
            return unit
        shared = self._field(f"proc/{pid}/smaps_rollup", "Pss:", 1024)
        return self._resident(pid) if shared is None else shared

    def _field(self, path: str, start: str, factor: int) -> float | None:
        # A process may end between two looks: that is no lie of the kernel.
        if not (self._tree.root / path).exists():
            return None
        for line in (self._tree.text(path) or "").splitlines():
            if line.startswith(start):
                words = line.removeprefix(start).split()
                value = whole(words[0]) if words else None
                if value is None or value < 0:
                    self._tree.doubt(path)
                    return None
                return float(value * factor)
        return None

    def _resident(self, pid: int) -> float | None:
        path = f"proc/{pid}/statm"
        words = (self._tree.text(path) or "").split()
        value = whole(words[_PAGES]) if len(words) > _PAGES else None
        return None if value is None else float(value * self._page_bytes)


class Returns:
    """How often each process came back since the machine started; ours by a counter on tmpfs."""

    def __init__(self, tree: Tree, directory: Path) -> None:
        self._path = directory / "starts"
        boot = tree.text(_BOOT) or ""
        before, starts = "", 0
        with contextlib.suppress(OSError):
            before, _, count = self._path.read_text(errors="replace").partition(" ")
            starts = whole(count.strip()) or 0
        starts = starts + 1 if before == boot else 1
        with contextlib.suppress(OSError):
            files.write(self._path, f"{boot} {starts}".encode())
        self.counts = {"device": starts - 1, "media": 0, "ui": 0}
        self._pids: dict[str, int] = {}

    def note(self, pids: Mapping[str, int]) -> None:
        """Who is connected now: another process than last time is one that came back."""
        for name, pid in pids.items():
            if self._pids.get(name, pid) != pid:
                self.counts[name] = self.counts.get(name, 0) + 1
            self._pids[name] = pid
