"""The two processes next door, by real sockets."""

import asyncio
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

from device.links import Media
from kiosk.consultation import events
from kiosk.contract.links import IceServers, Role
from kiosk.contract.media import Plan
from kiosk.contract.state import State
from kiosk.runtime import link
from kiosk.runtime.log import Refusals
from tests.fakes.file_limit import no_file_larger_than

STATE = State(now=datetime(2026, 11, 22, 9, 30, tzinfo=UTC), key="x")


async def test_media_is_served_where_nothing_can_be_written(tmp_path: Path) -> None:
    """That it is another process than before is not known after a restart then, no more."""
    refusals = Refusals(logging.getLogger("test"))
    heard: list[events.Event] = []
    media = Media(lambda: STATE, heard.append, tmp_path / "run", refusals)
    socket, own = tmp_path / "media", os.getuid()
    ended: list[asyncio.Task[None]] = []

    async def serve(peer: link.Link) -> None:
        ended.append(asyncio.ensure_future(media.serve(peer)))
        await asyncio.gather(*ended, return_exceptions=True)

    async with link.listen(socket, Role.AGENT, Role.MEDIA, own, serve, refusals):
        with no_file_larger_than(0):
            peer = await link.connect(socket, Role.MEDIA, Role.AGENT, own)
            told = [await asyncio.wait_for(peer.receive(IceServers | Plan), 5) for _ in range(2)]
            await peer.close()
            await asyncio.wait_for(asyncio.gather(*ended), 5)
    assert [type(message) for message in told] == [IceServers, Plan]
    assert heard == [events.MediaCame(), events.MediaWent()]
