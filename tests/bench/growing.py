"""What each partner more costs: one to eight of them, each sent in the size in which the screen shows it.

Peer to peer, media and touch app together (KIVY_GL_BACKEND=mock). Partners send 720p30, 360p30 or 180p30, whichever
the terminal wishes for; the rule for the wish is the product's own, from the heights of the tiles.
"""

import asyncio
import statistics
import tempfile
from pathlib import Path

from tests.bench import figures
from tests.bench.calling import Round
from tests.bench.rivals import cost
from tests.bench.rivals.cast import partners
from tests.bench.rivals.film import write_camera
from tests.bench.rivals.terminal import Terminal

MOST = 8
_SETTLE_S = 3.0


async def bench(seconds: float) -> figures.Result:
    """The slope is that of a line through two to eight partners."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        camera = Path(name) / "camera.y4m"
        write_camera(camera)
        async with partners() as cast, Terminal(Path(name), str(camera), has_app=True).running() as terminal:
            found = Round(terminal, cast)
            for size in range(1, MOST + 1):
                async with found.call(size, publishes=False, obeys=True) as (calls, _):
                    await asyncio.sleep(_SETTLE_S)
                    now = await cost.measure(terminal.pids, seconds)
                    heights = sorted((terminal.peer(call).stats.height_px for call in calls), reverse=True)
                row = {"partners": size, "cores": round(now.cores, 3), "pss_mb": round(now.pss_mb, 1)}
                rows.append(row | {"heights_px": heights})
                figures.say(str(rows[-1]))
    sizes, cores = [row["partners"] for row in rows[1:]], [row["cores"] for row in rows[1:]]
    slope = statistics.linear_regression(sizes, cores).slope  # type: ignore[arg-type]
    return {"cores_per_partner": round(slope, 4), "rows": rows}


if __name__ == "__main__":
    said = figures.options(__doc__ or "", "seconds", 6.0, "how long to look at each call")
    figures.run(lambda: bench(said.seconds), is_json=said.json)
