"""What processes cost: processor time and proportional memory of several together."""

import asyncio
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from tests.bench.idling import cpu_s

_RENDERER = ("libLLVM", "swrast_dri", "libgallium", "libGL", "libEGL", "libglapi", "libz3")
"""Mesa's software renderer, loaded whatever Kivy draws with: what Chromium has in the process that is not counted."""


class Cost(NamedTuple):
    """Of a rival over some seconds."""

    cores: float
    """Processor seconds a second."""
    pss_mb: float
    """Proportional set size, without the renderer's libraries."""


async def measure(pids: Callable[[], Iterable[int]], seconds: float) -> Cost:
    """Looks twice, and at nothing in between; memory at the end."""
    before = {pid: cpu_s(pid) for pid in pids()}
    start_s = time.monotonic()
    await asyncio.sleep(seconds)
    took_s = time.monotonic() - start_s
    after = {pid: cpu_s(pid) for pid in pids()}
    used_s = sum(seconds - before.get(pid, 0.0) for pid, seconds in after.items())
    return Cost(used_s / took_s, sum(pss_mb(pid) for pid in after))


def pss_mb(pid: int) -> float:
    """From smaps, mapping by mapping; 0 when the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps").read_text().splitlines()
    except OSError:
        return 0.0
    total, is_counted = 0, True
    for line in lines:
        if line.startswith("Pss:"):
            total += int(line.split()[1]) * is_counted
        elif "-" in line.split(" ", 1)[0]:
            is_counted = not any(name in line for name in _RENDERER)
    return total / 1024


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(path.parent.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(one := waiting.pop())
        waiting.extend(parents.get(one, []))
    return found


def command_line(pid: int) -> str:
    """With blanks between the words; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
