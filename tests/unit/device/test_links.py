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
    assert heard == [events.MediaWent(), events.MediaCame(), events.MediaWent()]


async def test_a_new_media_process_is_the_end_of_the_last(tmp_path: Path) -> None:
    """Whether that was seen to go or not: what it had is lost. The same one that comes again has it still."""
    refusals = Refusals(logging.getLogger("test"))
    socket, own = tmp_path / "media", os.getuid()
    (tmp_path / "media.pid").write_text("1")
    for came in ([events.MediaWent(), events.MediaCame()], [events.MediaCame()]):
        heard: list[events.Event] = []
        media = Media(lambda: STATE, heard.append, tmp_path, refusals)
        async with link.listen(socket, Role.AGENT, Role.MEDIA, own, media.serve, refusals):
            peer = await link.connect(socket, Role.MEDIA, Role.AGENT, own)
            await asyncio.wait_for(peer.receive(IceServers), 5)
            assert heard == came
            await peer.close()
