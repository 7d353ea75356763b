"""How long a terminal is away for a change of version, and how soon it is back from one that does not start.

`switch_s`: from the change of the link until the new version's agent reports a picture on the screen. `rollback_s`: the
same from the change to a version whose agent ends at once, until the old one reports. Real units on a booted disk; no
card, no Pi. `bundle_mb` is what is loaded for the real software.
"""

import asyncio
import subprocess
import time
from pathlib import Path

from tests.bench import figures
from tests.integration.update_house import UpdateHouse, update_house

_BUNDLE = Path(__file__).parents[1] / "appliance" / "bundle.sh"


def bundle_bytes() -> int:
    """Of this commit's own bundle."""
    done = subprocess.run(["bash", str(_BUNDLE)], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip()).stat().st_size


async def change(house: UpdateHouse, serial: int, wanted: int, limit_s: float, *, is_well: bool) -> float:
    """Seconds from the switch to release `serial` until release `wanted` runs and is seen to."""
    house.release(serial, is_well=is_well)
    before = house.report()
    assert before is not None
    task = asyncio.create_task(house.update(), name="update")
    await house.until(lambda: house.link("current") == f"versions/{serial}", 120.0, "the switch")
    begin_s = time.monotonic()

    def is_here() -> bool:
        report = house.report()
        is_new = report is not None and report.pid != before.pid and report.has_frames
        return is_new and house.link("current") == f"versions/{wanted}"

    await house.until(is_here, limit_s, f"release {wanted}")
    took_s = time.monotonic() - begin_s
    await task
    return round(took_s, 1)


async def bench(limit_s: float) -> figures.Result:
    """`limit_s` for either change."""
    size = await asyncio.to_thread(bundle_bytes)
    async with update_house() as house:
        switch_s = await change(house, 2, 2, limit_s, is_well=True)
        await house.until(lambda: house.link("proven") == "versions/2", 60.0, "the verdict")
        rollback_s = await change(house, 3, 2, limit_s, is_well=False)
    return {"bundle_mb": round(size / 1e6, 1), "switch_s": switch_s, "rollback_s": rollback_s}


if __name__ == "__main__":
    said = figures.options(__doc__ or "", "limit", 90.0, "seconds after which a change has failed")
    figures.run(lambda: bench(said.limit), is_json=said.json)
