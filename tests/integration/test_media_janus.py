"""The media process by way of Debian's Janus: partners of plain aiortc, rounds made as the agent makes them."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Never

import msgspec
import pytest
from aioice.ice import Connection
from aiortc import MediaStreamTrack

from kiosk.contract.errors import MediaServerError
from kiosk.contract.media import MediaReport, PeerLink, PeerReport, Plan, PlannedPeer, Seat, Sending
from kiosk.media.engine.publisher import Publisher
from kiosk.media.engine.videoroom import LOST_S, VideoRoom
from kiosk.media.engine.waist import Line
from kiosk.media.rtp import consent
from kiosk.runtime import janus
from kiosk.runtime.janus import ANSWER_S
from provisioning.authority import Authority
from provisioning.demo.ports import HOST
from tests.fakes.janus import MEDIA_ADDRESS, Janus, running
from tests.fakes.janus_partner import JanusPartner, round_on
from tests.fakes.media_bench import FRAMES_PER_SECOND, Terminal, open_page, running_terminal
from tests.fakes.tcp_proxy import proxy_to
from tests.integration.test_media_cable import cable
from tests.unit.media.engine.test_videoroom import around


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Janus]:
    async with running(tmp_path / "janus") as server:
        yield server


def do(terminal: Terminal, seat: Seat | None, *peers: PlannedPeer, **more: object) -> None:
    """A plan with camera and microphone on, unless `more` says otherwise."""
    plan = Plan(camera=Sending.ON, microphone=Sending.ON, seat=seat, peers=peers)
    terminal.plan = msgspec.structs.replace(plan, **more)
    terminal.send(terminal.plan)


async def until_all(
    terminal: Terminal, holds: Callable[[PeerReport], bool], count: int = 1, timeout_s: float = 10
) -> MediaReport:
    """Waits until there are so many peers, and it holds for each."""
    return await terminal.until(
        lambda report: len(report.peers) == count and all(holds(peer) for peer in report.peers), timeout_s
    )


async def test_pictures_and_sound_flow_both_ways(tmp_path: Path, server: Janus) -> None:
    """The room publishes once and is received; the partner's lines arrive, each as what it is."""
    async with (
        running_terminal(tmp_path) as terminal,
        round_on(server.server) as round,
        JanusPartner(await round.seat(), "a" * 16, has_screen=True) as partner,
    ):
        seat = await round.seat()
        await partner.publish()
        do(terminal, seat, partner.planned)
        report = await until_all(
            terminal,
            lambda peer: (
                peer.frames_received > 20 and peer.screen_frames_received > 5 and peer.audio_packets_received > 40
            ),
        )
        assert report.engine == "janus"
        assert report.peers[0].first_frame_s < 2
        assert report.peers[0].link is PeerLink.UP
        await partner.subscribe(seat.feed)
        await partner.until(lambda: partner.frames > 10 and partner.samples > 30)
        assert terminal.report.refused == 0, terminal.report


async def test_sound_only_goes_by_a_room_without_pictures(tmp_path: Path, server: Janus) -> None:
    """One partner sees, one only hears: the microphone is in both rooms, the camera in one."""
    async with (
        running_terminal(tmp_path) as terminal,
        round_on(server.server) as round,
        JanusPartner(await round.seat(), "a" * 16) as seer,
        JanusPartner(await round.seat(has_picture=False), "b" * 16) as hearer,
    ):
        seat = await round.seat()
        sound_seat = await round.seat(has_picture=False, feed=seat.feed)
        await seer.publish()
        await hearer.publish(has_picture=False)
        only = msgspec.structs.replace(hearer.planned, has_picture=False)
        do(terminal, seat, seer.planned, only, sound_seat=sound_seat)
        await until_all(terminal, lambda peer: peer.audio_packets_received > 40, count=2)
        await hearer.subscribe(seat.feed)
        await hearer.until(lambda: hearer.samples > 40)
        assert hearer.frames == 0
        seen, heard = terminal.peer(seer.planned.call), terminal.peer(only.call)
        assert seen.frames_received > 0
        assert (heard.frames_received, heard.frames_sent) == (0, 0)
        do(terminal, None, only, sound_seat=sound_seat)
        packets = heard.audio_packets_received + 20
        await until_all(terminal, lambda peer: peer.audio_packets_received > packets)


async def test_a_roster_that_changes_disturbs_nobody_else(tmp_path: Path, server: Janus) -> None:
    """One leaves, one comes, one loses its path and publishes anew; the pictures of the first never pause."""
    async with (
        running_terminal(tmp_path) as terminal,
        round_on(server.server) as round,
        JanusPartner(await round.seat(), "a" * 16) as stays,
    ):
        seat = await round.seat()
        await stays.publish()
        async with JanusPartner(await round.seat(), "b" * 16) as leaves:
            await leaves.publish()
            do(terminal, seat, stays.planned, leaves.planned)
            await until_all(terminal, lambda peer: peer.frames_received > 5, count=2)
        do(terminal, seat, stays.planned)
        before_s, before = time.monotonic(), terminal.peer(stays.planned.call).frames_received
        async with JanusPartner(await round.seat(), "c" * 16) as comes:
            do(terminal, seat, stays.planned, comes.planned)
            await comes.publish()
            await until_all(terminal, lambda peer: peer.frames_received > 5, count=2)
            came = terminal.peer(comes.planned.call).frames_received
            await comes.publish_anew()
            await terminal.until(lambda report: report.peers[1].link is PeerLink.LOST)
            await terminal.until(lambda report: report.peers[1].frames_received > came + 5)
        passed_s = time.monotonic() - before_s
        frames = terminal.peer(stays.planned.call).frames_received - before
        assert frames > 0.8 * FRAMES_PER_SECOND * (passed_s - 1), f"{frames} pictures in {passed_s:.1f} s"


async def test_who_is_put_out_does_not_come_back(tmp_path: Path, server: Janus) -> None:
    """The room's own seat is taken away: nothing is sent or shown, nothing is tried, until there is another."""
    async with (
        running_terminal(tmp_path) as terminal,
        round_on(server.server) as round,
        JanusPartner(await round.seat(), "a" * 16) as partner,
    ):
        await partner.publish()
        seat = await round.seat()
        do(terminal, seat, partner.planned)
        await until_all(terminal, lambda peer: peer.frames_sent > 5 and peer.frames_received > 5)
        await round.put_out(seat)
        await until_all(terminal, lambda peer: peer.link is PeerLink.LOST, timeout_s=2)
        sent = terminal.report.peers[0].frames_sent
        out_s = time.monotonic()
        await terminal.until(lambda _: time.monotonic() - out_s > LOST_S + 1)
        assert (terminal.report.peers[0].frames_sent, terminal.report.lost_room) == (sent, "")
        assert terminal.report.refused == 0
        do(terminal, await round.seat(), partner.planned)
        await until_all(terminal, lambda peer: peer.link is PeerLink.UP, timeout_s=3)


async def test_a_server_that_dies_is_named_and_the_next_one_is_taken(tmp_path: Path, server: Janus) -> None:
    """Within 4 s; on the next server pictures are back soon, and who was muted still is."""
    async with running_terminal(tmp_path) as terminal, running(tmp_path / "other") as other:
        async with (
            round_on(server.server) as round,
            JanusPartner(await round.seat(), "a" * 16) as partner,
        ):
            await partner.publish()
            seat = await round.seat()
            do(terminal, seat, partner.planned, microphone=Sending.HERE)
            await until_all(terminal, lambda peer: peer.frames_received > 5 and peer.frames_sent > 5)
            await server.kill()
            await terminal.until(lambda report: report.lost_room == seat.room, timeout_s=5)
            await until_all(terminal, lambda peer: peer.link is PeerLink.LOST, timeout_s=3)
        async with (
            round_on(other.server) as round,
            JanusPartner(await round.seat(), "a" * 16) as partner,
        ):
            await partner.publish()
            received = terminal.report.peers[0].frames_received
            do(terminal, await round.seat(), partner.planned, microphone=Sending.HERE)
            await until_all(terminal, lambda peer: peer.frames_received > received + 5, timeout_s=4)
            assert terminal.report.lost_room == ""
            assert terminal.report.peers[0].audio_packets_sent == 0


async def test_a_server_that_hangs_and_wakes_is_joined_again(tmp_path: Path, server: Janus) -> None:
    """Its silence is noticed by the pictures that stay away; when it answers again everything is as before."""
    async with (
        running_terminal(tmp_path) as terminal,
        round_on(server.server) as round,
        JanusPartner(await round.seat(), "a" * 16) as partner,
    ):
        await partner.publish()
        seat = await round.seat()
        do(terminal, seat, partner.planned, microphone=Sending.HERE)
        await until_all(terminal, lambda peer: peer.frames_received > 5 and peer.frames_sent > 5)
        server.freeze()
        await terminal.until(lambda report: report.lost_room == seat.room, timeout_s=6)
        server.thaw()
        sent = terminal.report.peers[0].frames_sent
        await until_all(terminal, lambda peer: peer.frames_sent > sent + 5, timeout_s=5)
        assert terminal.report.lost_room == ""


async def test_a_place_that_the_server_has_forgotten_is_taken_anew(
    server: Janus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As its operator may make it forget one, with the socket open: we join and publish once more."""
    monkeypatch.setattr(Connection, "query_consent", Connection.query_consent)  # for the other tests
    consent.install()  # as the process does: in the middle of a handshake the server says no goodbye
    async with round_on(server.server) as round, asyncio.timeout(20), asyncio.TaskGroup() as group:
        surroundings = around(group)
        room = VideoRoom(await round.seat(), surroundings)
        publisher = Publisher(room, tuple(Line))
        await room.pulse.until(lambda: publisher.is_up)
        assert room.attendance
        session, handle, _ = room.attendance
        await session.ask({"janus": "detach", "handle_id": handle.number})
        await room.pulse.until(lambda: not publisher.is_up)
        await room.pulse.until(lambda: publisher.is_up)
        assert room.joined == 2
        assert surroundings.refusals.total == 1
        publisher.close()
        room.close()
        await surroundings.goodbyes_said()


async def test_a_lost_socket_costs_no_picture_that_is_sent(tmp_path: Path, server: Janus) -> None:
    """The session is claimed on a new socket: what is published goes on, who publishes is subscribed to again."""
    async with (
        running_terminal(tmp_path) as terminal,
        proxy_to(server.port) as (proxy, port),
        round_on(server.server) as round,
        JanusPartner(await round.seat(), "a" * 16) as partner,
    ):
        await partner.publish()
        seat = await round.seat()
        do(terminal, msgspec.structs.replace(seat, url=f"ws://{HOST}:{port}"), partner.planned)
        await until_all(terminal, lambda peer: peer.frames_received > 5 and peer.frames_sent > 5)
        await partner.subscribe(seat.feed)
        await partner.until(lambda: partner.frames > 10)
        cut_s, frames, received = time.monotonic(), partner.frames, terminal.report.peers[0].frames_received
        proxy.cut()
        await until_all(terminal, lambda peer: peer.frames_received > received + 40)
        passed_s = time.monotonic() - cut_s
        assert (proxy.accepted, terminal.report.refused, terminal.report.lost_room) == (2, 0, "")
        assert partner.frames - frames > 0.8 * FRAMES_PER_SECOND * (passed_s - 1)


async def test_a_server_with_a_certificate_of_the_house_is_trusted(tmp_path: Path) -> None:
    """By TLS, with the installation's own authority, which the terminal's configuration names."""
    authority = Authority.create(tmp_path / "authority")
    pem, key = tmp_path / "media.pem", tmp_path / "media-key.pem"
    authority.issue("media", pem, key, hosts=[HOST])
    tls = janus.trust(authority.ca_file)
    async with (
        running(tmp_path / "janus", certificate=(pem, key)) as server,
        running_terminal(tmp_path, ca_file=str(authority.ca_file)) as terminal,
        round_on(server.server, tls) as round,
        JanusPartner(await round.seat(), "a" * 16, tls=tls) as partner,
    ):
        await partner.publish()
        do(terminal, await round.seat(), partner.planned)
        await until_all(terminal, lambda peer: peer.frames_received > 5)


async def test_a_cable_pulled_for_5_s_costs_at_most_5_more(tmp_path: Path) -> None:
    """Between the terminal and the server: noticed within 4 s, pictures both ways 5 s after it is back, still muted."""
    far = ("nsenter", "-t", os.environ["RUNDTISCH_FAR_PID"], "-n")
    async with (
        running(tmp_path / "janus", address=MEDIA_ADDRESS) as server,
        running_terminal(tmp_path, prefix=far) as terminal,
        round_on(server.server) as round,
        JanusPartner(await round.seat(), "a" * 16) as partner,
    ):
        await partner.publish()
        seat = await round.seat()
        do(terminal, seat, partner.planned, microphone=Sending.HERE)
        await until_all(terminal, lambda peer: peer.frames_received > 5 and peer.frames_sent > 5)
        await cable("down")
        pulled_s = time.monotonic()
        try:
            await until_all(terminal, lambda peer: peer.link is PeerLink.LOST, timeout_s=4)
            await terminal.until(lambda _: time.monotonic() - pulled_s >= 5, timeout_s=6)
        finally:
            await cable("up")
        back_s, before = time.monotonic(), terminal.report.peers[0]
        goals = before.frames_received + 5, before.frames_sent + 5
        await until_all(terminal, lambda peer: peer.frames_received > goals[0] and peer.frames_sent > goals[1])
        assert time.monotonic() - back_s < 5
        assert terminal.report.peers[0].audio_packets_sent == 0


class _FallsSilent(JanusPartner):
    """Once `is_silent`, what is published anew carries nothing."""

    is_silent = False

    def _voice(self) -> MediaStreamTrack:
        return _Nothing("audio") if self.is_silent else super()._voice()

    def _picture(self, luma: int) -> MediaStreamTrack:
        return _Nothing("video") if self.is_silent else super()._picture(luma)


class _Nothing(MediaStreamTrack):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    async def recv(self) -> Never:
        await asyncio.Event().wait()
        raise AssertionError


async def test_who_comes_back_and_sends_nothing_is_asked_for_once_more_and_then_left_in_peace(
    tmp_path: Path, server: Janus
) -> None:
    """A server may connect and pass nothing on; but a partner may also have nothing to say."""
    async with running_terminal(tmp_path) as terminal, round_on(server.server) as round:
        partner = _FallsSilent(await round.seat(), "a" * 16)
        async with partner:
            await partner.publish()
            do(terminal, await round.seat(), partner.planned)
            await until_all(terminal, lambda peer: peer.frames_received > 5)
            partner.is_silent = True
            await partner.publish_anew()
            for _ in range(2):
                await until_all(terminal, lambda peer: peer.link is PeerLink.LOST, timeout_s=5)
                await until_all(terminal, lambda peer: peer.link is PeerLink.UP, timeout_s=5)
            with pytest.raises(AssertionError, match="not within"):
                await until_all(terminal, lambda peer: peer.link is PeerLink.LOST, timeout_s=4)


async def test_whoever_asks_a_server_without_its_network_soon_knows(tmp_path: Path) -> None:
    """Janus hangs up, before or after its answer; nobody waits for an answer until it would be overdue."""
    async with running(tmp_path / "janus") as server, round_on(server.server) as round:
        await cable("down")
        try:
            for _ in range(8):
                async with JanusPartner(await round.seat(), "a" * 16) as partner:
                    began_s = time.monotonic()
                    with contextlib.suppress(MediaServerError):
                        await partner.publish(has_picture=False)
                    assert time.monotonic() - began_s < ANSWER_S / 2
        finally:
            await cable("up")


async def test_the_engine_changes_in_a_running_session(tmp_path: Path, server: Janus) -> None:
    """From peer to peer to a server: the counters go on, and so do the pictures."""
    async with (
        running_terminal(tmp_path) as terminal,
        open_page(terminal, "a" * 16) as page,
        round_on(server.server) as round,
        JanusPartner(await round.seat(), "a" * 16) as partner,
    ):
        near = PlannedPeer(call=page.call)
        do(terminal, None, near)
        await page.offer()
        before = (await until_all(terminal, lambda peer: peer.frames_received > 10)).peers[0]
        await partner.publish()
        do(terminal, await round.seat(), partner.planned)
        goal = before.frames_received + 20
        report = await until_all(terminal, lambda peer: peer.frames_received > goal and peer.frames_sent > 10)
        assert (report.engine, report.peers[0].first_frame_s) == ("janus", before.first_frame_s)
