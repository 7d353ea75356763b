"""Media, as far as the touch app sees it: plain pictures in rings, by the real server; a process that can be killed.

`python -m tests.fakes.painter SOCKET TILE=YYUUVV …` (planes in hex) serves until its end.
"""

import asyncio
import os
import sys
from pathlib import Path

from kiosk.runtime.frames import FrameRingWriter, Picture
from kiosk.runtime.tiles import FrameServer

WIDTH_PX, HEIGHT_PX = 64, 48


def plain(planes: str) -> Picture:
    """A picture of one colour: brightness, blue and red difference as six hex digits."""
    y, u, v = bytes.fromhex(planes)
    chroma = WIDTH_PX * HEIGHT_PX // 4
    filled = (bytes((y,)) * (WIDTH_PX * HEIGHT_PX), bytes((u,)) * chroma, bytes((v,)) * chroma)
    return Picture(
        planes=(memoryview(filled[0]), memoryview(filled[1]), memoryview(filled[2])),
        width=WIDTH_PX,
        height=HEIGHT_PX,
        y_stride=WIDTH_PX,
        uv_stride=WIDTH_PX // 2,
        timestamp_ns=0,
    )


async def main(path: Path, tiles: dict[str, str]) -> None:
    """Serve."""
    server = FrameServer(os.getuid())
    for tile, planes in tiles.items():
        ring = FrameRingWriter(WIDTH_PX, HEIGHT_PX)
        ring.write(plain(planes))
        server.publish(tile, ring)
    async with server.listen(path):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), dict(pair.split("=") for pair in sys.argv[2:])))
