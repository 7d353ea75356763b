"""From the start of a terminal's init to help, picture and broker, and its memory: `tests/bench/boot.py`.

A terminal that is enrolled boots its own disk (tests/appliance) against a real broker in another network. Everything is
counted from the moment at which its systemd begins: `agent_ready_s` until help button, sign and lights work,
`first_frame_s` until the first picture was drawn (in software here), `broker_ready_s` until the broker has its status,
`pss_mb` of all processes of our units together once all three are there. Runs as root in provisioning/namespace.sh.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

from provisioning.demo.watcher import Watcher
from tests.fakes import appliance
from tests.fakes.appliance import Disk, Machine
from tests.integration.appliance_house import AGENT, MEDIA, UI, central_side, make_house

_UNITS = (AGENT, MEDIA, UI, "kiosk-sound.service", "kiosk-sound-devices.service", "kiosk-sound-clients.service")
_READY_S = 60.0
_LOOK_S = 0.02
_SETTLE_S = 3.0


async def measure(directory: Path) -> dict[str, float]:
    """One boot."""
    disk = Disk(directory / "disk", await asyncio.to_thread(appliance.layers))
    disk.directory.mkdir()
    house = make_house(directory, disk, is_enrolled=True)
    async with central_side(house) as (network, _):
        heard = asyncio.Event()
        heard_s = [0.0]

        def note(topic: str, _: bytes) -> None:
            if topic.endswith("/status") and not heard.is_set():
                heard_s[0] = time.monotonic()
                heard.set()

        watcher = Watcher(house, note)
        watching = asyncio.create_task(watcher.run())
        await watcher.is_here.wait()
        async with appliance.booted(disk, network) as machine:
            async with asyncio.timeout(_READY_S):
                await heard.wait()
                for unit in _UNITS:
                    await machine.until_state(unit)
            begin_s = _moment(machine, "", "UserspaceTimestampMonotonic")
            await asyncio.sleep(_SETTLE_S)  # what a start takes for a moment is given back
            found = {
                "agent_ready_s": _moment(machine, AGENT, "ActiveEnterTimestampMonotonic") - begin_s,
                "first_frame_s": _moment(machine, UI, "ActiveEnterTimestampMonotonic") - begin_s,
                "broker_ready_s": heard_s[0] - begin_s,
                "pss_mb": sum(_pss_mb(machine, unit) for unit in _UNITS),
            }
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        return found


def _moment(machine: Machine, unit: str, what: str) -> float:
    """In seconds of the monotonic clock, which the machine shares with us."""
    return int(machine.show(unit, what)[what]) / 1e6


def _pss_mb(machine: Machine, unit: str) -> float:
    group = machine.show(unit, "ControlGroup")["ControlGroup"]
    pids = machine.path(f"/sys/fs/cgroup{group}/cgroup.procs").read_text().split()
    return sum(_pss_kb(int(pid)) for pid in pids if pid != "0") / 1024


def _pss_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


async def _main(rounds: int) -> dict[str, float]:
    found = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="rt-") as directory:
            found.append(await measure(Path(directory)))
    return {name: round(statistics.median(one[name] for one in found), 2) for name in found[0]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="boots, of which the median counts")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    said = parser.parse_args()
    result = asyncio.run(_main(said.rounds))
    print(json.dumps(result) if said.json else "\n".join(f"{name:16} {value}" for name, value in result.items()))


if __name__ == "__main__":
    main()
