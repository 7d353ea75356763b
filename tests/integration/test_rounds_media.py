"""What people in a round still see and hear when consent changes: real media by way of Debian's Janus."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription

from kiosk.consultation import events, room_view
from kiosk.contract import intents
from kiosk.contract.media import Seat
from kiosk.contract.state import Consent, State
from kiosk.runtime.janus import Jsep
from kiosk.runtime.log import Refusals
from tests.fakes.janus import Janus, running
from tests.fakes.janus_partner import JanusPartner
from tests.fakes.media_bench import Picture, Voice
from tests.fakes.round_house import RoundHouse
from tests.unit.consultation.house import call_of

MANY = 25
"""Pictures or sounds: so many of one who stays, and one who was put out should have got some, too."""


@pytest.fixture
async def house(tmp_path: Path) -> RoundHouse:
    return RoundHouse(tmp_path, Refusals(logging.getLogger("test")))


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Janus]:
    async with running(tmp_path / "janus") as server:
        yield server


async def _sound_seat(house: RoundHouse, desk: str) -> Seat:
    def seat(state: State) -> Seat | None:
        view = room_view(state, call_of(desk))
        return view.sound_seat if view else None

    found: Seat = await house.until(seat)
    return found


async def _three(house: RoundHouse) -> list[Seat]:
    """Youth, debts and a guest at the table, all with pictures."""
    house.in_session().admitted("youth-1").admitted("debts-1").admitted("guest-1")
    return [await house.seat_of(desk) for desk in ("youth-1", "debts-1", "guest-1")]


async def test_whoever_is_put_out_neither_gets_nor_gives_any_more(house: RoundHouse, server: Janus):
    """Own pictures and those of the others stop at the server; between the others nothing changes."""
    async with house.alive(server.server):
        seats = await _three(house)
        async with JanusPartner(seats[0], "a") as goes, JanusPartner(seats[1], "b") as stays:
            async with JanusPartner(seats[2], "c") as looks:
                for partner in (goes, stays):
                    await partner.publish()
                await goes.subscribe(seats[1].feed)
                await stays.subscribe(seats[0].feed)
                await looks.subscribe(seats[1].feed)
                for partner in (goes, stays, looks):
                    await partner.until(lambda partner=partner: partner.frames > 5)  # type: ignore[misc]
                house.do(intents.SendAway(call=call_of("youth-1")))
                await looks.until(lambda: looks.frames > 5 + MANY)
                got, gave, seen = goes.frames, stays.frames, looks.frames
                await looks.until(lambda: looks.frames > seen + MANY)
                assert (goes.frames, stays.frames) == (got, gave)
        assert house.own().room == seats[0].room


async def test_whoever_slips_away_hears_no_more_after_being_put_out(house: RoundHouse, server: Janus):
    """A subscription outlives the publisher it belongs to, and no kick finds it: so the rooms are exchanged."""
    async with house.alive(server.server):
        seats = await _three(house)
        async with JanusPartner(seats[0], "a") as slips, JanusPartner(seats[1], "b") as stays:
            await stays.publish()
            await slips.subscribe(seats[1].feed)
            await slips.until(lambda: slips.frames > 5)
            assert slips.handle
            await slips.handle.detach()
            got = slips.frames
            await slips.until(lambda: slips.frames > got + MANY)  # that is the trap
            house.do(events.PartnerLeft(desk="youth-1", call=call_of("youth-1")))
            new = [await house.seat_of(desk, other_than=seats[0].room) for desk in ("debts-1", "guest-1")]
            async with JanusPartner(new[0], "b") as again, JanusPartner(new[1], "c") as looks:
                await again.publish()
                await looks.subscribe(new[0].feed)
                await looks.until(lambda: looks.frames > 5)
                got = slips.frames
                await looks.until(lambda: looks.frames > 5 + MANY)
                assert slips.frames == got


async def test_no_picture_is_taken_where_sound_only_was_said(house: RoundHouse, server: Janus):
    """Whatever a page offers there, its video lines are declined, and its sound is not."""
    async with house.alive(server.server):
        house.in_session().admitted("youth-1", Consent.SOUND)
        async with JanusPartner(await _sound_seat(house, "youth-1"), "a", has_screen=True) as partner:
            pc = RTCPeerConnection()
            for track in (Voice(), Picture(luma=100), Picture(luma=200)):
                pc.addTransceiver(track, "sendonly")
            for codec in ("VP8", "H264"):
                assert codec in (await pc.createOffer()).sdp
            await pc.setLocalDescription(await pc.createOffer())
            assert partner.handle
            offer = Jsep(type="offer", sdp=pc.localDescription.sdp)
            answer = await partner.handle.request({"request": "publish"}, offer)
            assert answer.jsep
            lines = [line.split()[:2] for line in answer.jsep.sdp.splitlines() if line.startswith("m=")]
            assert lines == [["m=audio", "9"], ["m=video", "0"], ["m=video", "0"]]
            await pc.close()


class _Rogue(JanusPartner):
    """Says that its pictures are in the one codec the room for sound has to take."""

    async def publish(self, *, has_picture: bool = True) -> None:
        assert self.handle
        self.pc.addTransceiver(self._voice(), "sendonly")
        self.pc.addTransceiver(self._picture(100), "sendonly")
        await self.pc.setLocalDescription(await self.pc.createOffer())
        sdp = self.pc.localDescription.sdp.replace("VP8/90000", "H265/90000")
        answer = await self.handle.request({"request": "publish"}, Jsep(type="offer", sdp=sdp))
        assert answer.jsep
        assert "H265" in answer.jsep.sdp
        sdp = answer.jsep.sdp.replace("H265/90000", "VP8/90000")
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, "answer"))


async def test_who_forces_a_picture_on_those_who_said_sound_only_is_kicked(house: RoundHouse, server: Janus):
    """The server cannot refuse every codec; the agent sees it."""
    async with house.alive(server.server):
        house.in_session().admitted("youth-1", Consent.SOUND).admitted("debts-1", Consent.SOUND)
        seats = [await _sound_seat(house, desk) for desk in ("youth-1", "debts-1")]
        async with JanusPartner(seats[1], "b") as stays, _Rogue(seats[0], "a") as rogue:
            await stays.publish(has_picture=False)
            await rogue.subscribe(seats[1].feed)
            await rogue.until(lambda: rogue.samples > 5)
            await rogue.publish()
            async with JanusPartner(await _new_guest(house), "c") as hears:
                await hears.subscribe(seats[1].feed)
                await hears.until(lambda: hears.samples > 2 * MANY)
                heard = hears.samples
                got = rogue.samples
                await hears.until(lambda: hears.samples > heard + MANY)
                assert rogue.samples == got
                assert rogue.pc.connectionState == "closed"


async def _new_guest(house: RoundHouse) -> Seat:
    house.admitted("guest-1", Consent.SOUND)
    return await _sound_seat(house, "guest-1")
