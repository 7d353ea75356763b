"""What the terminal's three processes cost while nobody is there: processor and memory, on the idle screen and asleep.

Kivy draws without OpenGL (KIVY_GL_BACKEND=mock): on a machine without a graphics card everything else would measure
Mesa's software renderer. `cpu_pct` is of one core; `pss_mb` counts shared memory by parts (Pss of smaps_rollup).
"""

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.contract import codec, topics
from kiosk.contract.mqtt import Command
from provisioning.demo.installation import TERMINAL
from tests.bench import figures
from tests.integration.house import House, open_house

PROCESSES = ("agent", "media", "ui")
SETTLE_S = 5.0
"""After the first screen: what is done once at the start is no part of it."""
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Processor time of a process so far, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def pss_mb(pid: int) -> float:
    """Proportional set size."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"no Pss of process {pid}")


async def measure(house: House, seconds: float, condition: str) -> figures.Result:
    """Looks twice, and at nothing in between; `condition` is what the terminal says of itself."""
    pids = {name: house.pid(name) for name in PROCESSES}
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    start_s = time.monotonic()
    await asyncio.sleep(seconds)
    took_s = time.monotonic() - start_s
    processes = {
        name: {"cpu_pct": round((cpu_s(pid) - before[name]) / took_s * 100, 2), "pss_mb": round(pss_mb(pid), 1)}
        for name, pid in pids.items()
    }
    assert pids == {name: house.pid(name) for name in PROCESSES}, "a process was started anew"
    sight = await house.hands.look()
    assert (sight.phase, house.watcher.seen.status[-1:]) == ("idle", [condition]), "the terminal is not idle"
    total = {key: round(sum(one[key] for one in processes.values()), 2) for key in ("cpu_pct", "pss_mb")}
    return {"total": total, "processes": processes}


async def bench(seconds: float) -> figures.Result:
    """A house, left alone for `seconds`."""
    os.environ["KIVY_GL_BACKEND"] = "mock"
    async with open_house("1280x800") as house:
        await asyncio.sleep(SETTLE_S)
        awake = await measure(house, seconds, "ready")
        await turn_off(house)
        await asyncio.sleep(SETTLE_S)
        return {**awake, "asleep": await measure(house, seconds, "sleeping")}


async def turn_off(house: House) -> None:
    """As central does it."""
    deadline = datetime.now(UTC) + timedelta(seconds=30)
    command = codec.encode(Command(args={"power": "off"}, deadline=deadline))
    topic = topics.terminal(TERMINAL, "command", "display", "1")
    async with house.speaking_as(house.made.made.central_file, "idle-bench") as central:
        await central.publish(topic, command, qos=1)
        await house.until(lambda: house.watcher.seen.status[-1:] == ["sleeping"], 20, "asleep")


if __name__ == "__main__":
    said = figures.options(__doc__ or "", "seconds", 60.0, "how long to look")
    figures.run(lambda: bench(said.seconds), is_json=said.json)
