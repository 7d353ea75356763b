"""Processor, memory and pressure: how much there is to do, and how long work waits."""

from msgspec import Struct

from device.health.tree import Tree, share, whole

_STAT, _MEMORY, _LOAD = "proc/stat", "proc/meminfo", "proc/loadavg"
_PRESSURE = "proc/pressure"
_IDLE = (3, 4)
"""Columns of `/proc/stat` in which nothing is done: idle, and waiting for a disk."""


class Work(Struct, frozen=True, kw_only=True):
    """One look; None where this machine does not say."""

    load_1m: float | None = None
    use_pct: float | None = None
    """Of all cores, since the last look."""
    memory_available_mb: float | None = None
    memory_total_mb: float | None = None
    pressure_pct: dict[str, float] = {}
    """`cpu`, `memory`, `io`: share of the last minute in which some work waited for it."""


class WorkReader:
    """Keeps the last counters of the processor."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._last: tuple[int, int] | None = None

    def read(self) -> Work:
        memory = self._memory_mb()
        return Work(
            load_1m=self._load_1m(),
            use_pct=self._use_pct(),
            memory_available_mb=memory.get("MemAvailable"),
            memory_total_mb=memory.get("MemTotal"),
            pressure_pct=self._pressure_pct(),
        )

    def _load_1m(self) -> float | None:
        text = self._tree.text(_LOAD)
        value = share(text.split()[0]) if text else None
        if text and (value is None or value < 0):
            self._tree.doubt(_LOAD)
            return None
        return value

    def _use_pct(self) -> float | None:
        text = self._tree.text(_STAT)
        if text is None:
            return None
        words = text.splitlines()[0].split()
        counters = [whole(word) for word in words[1:]]
        numbers = [counter for counter in counters if counter is not None and counter >= 0]
        if words[0] != "cpu" or len(numbers) != len(counters) or len(numbers) <= max(_IDLE):
            self._tree.doubt(_STAT)
            return None
        now = (sum(numbers[:8]), sum(numbers[column] for column in _IDLE))  # guests are counted as users, too
        last, self._last = self._last, now
        if last is None or now[0] <= last[0]:
            return None
        used = 1 - (now[1] - last[1]) / (now[0] - last[0])
        return round(100 * min(1.0, max(0.0, used)), 1)

    def _memory_mb(self) -> dict[str, float]:
        found = {}
        for line in (self._tree.text(_MEMORY) or "").splitlines():
            name, _, rest = line.partition(":")
            if name in ("MemTotal", "MemAvailable"):
                value = whole(rest.split()[0]) if rest.split() else None
                if value is None or value < 0:
                    self._tree.doubt(_MEMORY)
                else:
                    found[name] = round(value / 1024, 1)
        return found

    def _pressure_pct(self) -> dict[str, float]:
        found = {}
        for what in ("cpu", "memory", "io"):
            path = f"{_PRESSURE}/{what}"
            text = self._tree.text(path)
            if text is None:
                continue
            fields = dict(word.partition("=")[::2] for word in text.splitlines()[0].split()[1:])
            value = share(str(fields.get("avg60", "")))
            if value is None or not 0 <= value <= 100:
                self._tree.doubt(path)
            else:
                found[what] = value
        return found
