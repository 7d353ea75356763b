"""The media process in a call: the real process, real networks, and pages of plain aiortc on the other side."""

import asyncio
import time
from pathlib import Path

import numpy as np
import pytest

from kiosk.contract.errors import Reason
from kiosk.contract.media import Lamp, PeerLink, PlannedPeer, SignalKind
from kiosk.media.capture.pattern import ORANGE_YUV
from kiosk.runtime.frames import FrameRingReader
from kiosk.runtime.tiles import FrameClient
from tests.fakes.media_bench import Page, Terminal, open_page, running_terminal

A, B = PlannedPeer(call="a" * 16), PlannedPeer(call="b" * 16)
SOUND_ONLY = PlannedPeer(call="a" * 16, has_picture=False)
SECONDS = 3.0


async def connect(terminal: Terminal, page: Page) -> None:
    """Offers, and waits for pictures both ways."""
    await page.offer()
    await terminal.until(lambda report: any(p.frames_received for p in report.peers if p.call == page.call))
    await page.until(lambda: page.frames > 0)


async def reports(terminal: Terminal, count: int) -> None:
    """Lets some seconds of a call pass: in a call there is a report a second."""
    goal = terminal.reports + count
    await terminal.until(lambda _: terminal.reports >= goal)


async def test_pictures_and_sound_flow_both_ways(tmp_path: Path) -> None:
    """At least 15 pictures a second and every packet of sound, counted on both sides."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        await connect(terminal, page)
        before, frames, samples, start_s = terminal.peer(A.call), page.frames, page.samples, time.monotonic()
        await reports(terminal, 3)
        after, seconds = terminal.peer(A.call), time.monotonic() - start_s
        await page.until(lambda: (page.frames - frames) >= 15 * seconds, timeout_s=0.5)
        await page.until(lambda: (page.samples - samples) >= 48 * seconds, timeout_s=0.5)
        assert after.frames_received - before.frames_received >= 15 * (seconds - 0.2)
        assert after.frames_sent - before.frames_sent >= 15 * (seconds - 0.2)
        assert after.audio_packets_received - before.audio_packets_received >= 45 * (seconds - 0.2)
        assert page.sizes == {(640, 360)}
        assert (after.link, after.is_speaking, after.has_camera_picture) == (PeerLink.UP, True, True)
        assert not after.has_screen_picture
        assert 0 < after.first_frame_s < 2
        assert (terminal.report.camera, terminal.report.microphone) == (Lamp.ON, Lamp.ON)
        assert terminal.report.loudspeaker_reason is None, "a room that has no loudspeaker misses none"
        assert (terminal.report.camera_name, terminal.report.encoder) == ("pattern", "libvpx")


async def test_h264_flows_both_ways(tmp_path: Path) -> None:
    """The other codec, when it is configured and the partner takes it."""
    async with running_terminal(tmp_path, codec="h264") as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        await connect(terminal, page)
        goal = page.frames + 45
        await page.until(lambda: page.frames >= goal, timeout_s=SECONDS)
        assert terminal.report.encoder == "libx264"


@pytest.mark.parametrize("how", ["mute", "pause"])
async def test_mute_stops_the_packets_within_100_ms(tmp_path: Path, how: str) -> None:
    """Muted or in a private pause: the last packet of sound is on its way 100 ms later, and none is counted as sent."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        await connect(terminal, page)
        await page.until(lambda: page.samples > 20)
        muted_s = time.monotonic()
        if how == "mute":
            terminal.do(A, camera="on")
        else:
            terminal.do(A, camera="on", microphone="on", is_paused=True)
        await terminal.until(lambda report: report.microphone is (Lamp.OFF if how == "mute" else Lamp.HERE))
        sent = terminal.peer(A.call).audio_packets_sent
        await reports(terminal, 2)
        assert page.arrivals["audio"] - muted_s < 0.1
        assert terminal.peer(A.call).audio_packets_sent == sent
        if how == "mute":
            assert page.arrivals["video"] - muted_s > 1
        else:
            assert page.arrivals["video"] - muted_s < 0.1
            assert terminal.report.camera is Lamp.HERE
        terminal.do(A, camera="on", microphone="on")
        goal = page.samples + 20
        await page.until(lambda: page.samples > goal, timeout_s=2)


async def test_a_camera_switched_off_is_closed_and_comes_back_sharp(tmp_path: Path) -> None:
    """Off: no packet, device closed. On again: pictures at once, on the same lines."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        await connect(terminal, page)
        off_s = time.monotonic()
        terminal.do(A, microphone="on")
        await terminal.until(lambda report: report.camera is Lamp.OFF, timeout_s=1)
        await reports(terminal, 1)
        assert page.arrivals["video"] - off_s < 0.1
        frames, on_s = page.frames, time.monotonic()
        terminal.do(A, camera="on", microphone="on")
        await page.until(lambda: page.frames > frames + 1, timeout_s=1)
        assert page.asked_to_reconnect == 0, f"{time.monotonic() - on_s:.2f} s"


async def test_sound_only_has_no_picture_either_way(tmp_path: Path) -> None:
    """The customer said "sound only": no picture is sent, and none that comes is shown or counted."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(SOUND_ONLY, camera="on", microphone="on")
        await page.offer()
        await page.until(lambda: page.samples > 50)
        await reports(terminal, 2)
        peer = terminal.peer(A.call)
        assert "video" not in page.arrivals
        assert (peer.frames_sent, peer.frames_received, peer.has_camera_picture) == (0, 0, False)
        assert peer.audio_packets_received > 50
        terminal.do(A, camera="on", microphone="on")
        await page.until(lambda: page.frames > 0, timeout_s=3)
        await terminal.until(lambda report: report.peers[0].has_camera_picture, timeout_s=3)


async def test_pictures_reach_the_touch_app(tmp_path: Path) -> None:
    """Self view, a partner's camera and screen arrive in rings with their own colours, and go with the partner."""
    rings: dict[str, FrameRingReader] = {}
    changed = asyncio.Condition()

    def note(tile: str, reader: FrameRingReader | None = None) -> None:
        rings.pop(tile, None)
        if reader:
            rings[tile] = reader

    async def luma_of(tile: str, holds: range) -> None:
        async with asyncio.timeout(5):
            while not (
                tile in rings
                and (frame := rings[tile].latest())
                and int(np.median(np.frombuffer(frame.planes[0][:640], np.uint8))) in holds
            ):
                async with changed:
                    await changed.wait()

    async def tick() -> None:
        while True:
            await asyncio.sleep(0.02)
            async with changed:
                changed.notify_all()

    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call, has_screen=True) as page:
        client = FrameClient(tmp_path / "frames.sock", 0, note, note)
        tasks = [asyncio.create_task(client.run()), asyncio.create_task(tick())]
        terminal.do(camera="here")
        await luma_of("self", range(255))
        frame = rings["self"].latest()
        assert frame
        assert (frame.width, frame.height) == (640, 360)
        middle = [frame.planes[0][180 * frame.y_stride + 320]]
        middle += [plane[90 * frame.uv_stride + 160] for plane in frame.planes[1:]]
        assert tuple(middle) in (ORANGE_YUV, (235, 128, 128))
        await terminal.until(lambda report: report.camera is Lamp.HERE)
        terminal.do(A, camera="on", microphone="on")
        await connect(terminal, page)
        await luma_of(f"{A.call}/camera", range(90, 110))
        await luma_of(f"{A.call}/screen", range(190, 210))
        await terminal.until(lambda report: report.peers[0].has_screen_picture)
        terminal.do(camera="off")
        await terminal.until(lambda report: not report.peers and report.camera is Lamp.OFF)
        async with asyncio.timeout(2), changed:
            await changed.wait_for(lambda: not rings)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_only_planned_peers_get_an_answer(tmp_path: Path) -> None:
    """A partner who knocks has no media: the offer is refused and counted, and another partner's call goes on."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        await connect(terminal, page)
        async with open_page(terminal, B.call) as stranger:
            await stranger.offer()
            await terminal.until(lambda report: report.refused == 1)
            await reports(terminal, 1)
            assert not stranger.answer
            assert [peer.call for peer in terminal.report.peers] == [A.call]
            terminal.do(A, B, camera="on", microphone="on")
            await connect(terminal, stranger)
            frames = page.frames
            await page.until(lambda: page.frames > frames)


async def test_a_peer_that_leaves_the_plan_is_closed_at_once(tmp_path: Path) -> None:
    """Nothing is sent to it any more, and its page hears of it."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        await connect(terminal, page)
        closed = asyncio.Event()
        page.pc.on("connectionstatechange", closed.set)
        gone_s = time.monotonic()
        terminal.do(camera="on", microphone="on")
        async with asyncio.timeout(2):
            await closed.wait()
        assert max(page.arrivals.values()) - gone_s < 0.1
        assert page.pc.connectionState == "closed"


async def test_a_lost_path_is_built_anew(tmp_path: Path) -> None:
    """The far side vanishes: the page is asked again and again, offers at last, and the counters go on."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        await connect(terminal, page)
        before = terminal.peer(A.call)
        page.is_answering = False
        await page.pc.close()
        await terminal.until(lambda report: report.peers[0].link is PeerLink.LOST)
        await page.until(lambda: page.asked_to_reconnect >= 3, timeout_s=4)
        page.is_answering = True
        await terminal.until(lambda report: report.peers[0].link is PeerLink.UP, timeout_s=5)
        frames = page.frames
        await page.until(lambda: page.frames > frames)
        await reports(terminal, 1)
        assert terminal.peer(A.call).frames_received >= before.frames_received
        assert page.generation == 1


async def test_media_comes_back_after_a_kill(tmp_path: Path) -> None:
    """`kill -9` in a call: the new process finds the peer in its first plan, and pictures flow within 5 s."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        await connect(terminal, page)
        await terminal.kill()
        frames, killed_s = page.frames, time.monotonic()
        await terminal.start()
        await page.until(lambda: page.generation == 1 and page.frames > frames + 10, timeout_s=5)
        assert time.monotonic() - killed_s < 5


async def test_calls_go_on_without_the_agent(tmp_path: Path) -> None:
    """The agent goes: pictures flow. It comes back: it hears at once how things are."""
    terminal = Terminal(tmp_path)
    async with terminal.agent():
        await terminal.start()
        async with open_page(terminal, A.call) as page:
            terminal.do(A, camera="on", microphone="on")
            await terminal.until(lambda report: report.camera is Lamp.ON)
            await connect(terminal, page)
    assert terminal.link is None
    async with open_page(terminal, A.call):
        terminal.reports = 0
        async with terminal.agent():
            await terminal.until(lambda report: report.peers[0].call == A.call, timeout_s=2)
    assert await terminal.stop() == 0


async def test_descriptions_that_are_none_are_refused(tmp_path: Path) -> None:
    """Each is counted; the peer goes on and connects with a good one."""
    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        bad = ["", "v=0", "v=0\r\nm=audio\r\n", "x" * 70_000, "v=0\r\n" + "m=text 9 RTP/AVP 98\r\n" * 3]
        for count, sdp in enumerate(bad, 1):
            page.generation = count
            page.signal(SignalKind.OFFER, sdp)
            page.signal(SignalKind.CANDIDATE, "candidate:nonsense", "0")
            await terminal.until(lambda report, count=count: report.refused >= count)  # type: ignore[misc]
        page.signal(SignalKind.ANSWER, "v=0")
        await connect(terminal, page)


async def test_foreign_lines_are_rejected_and_the_rest_is_taken(tmp_path: Path) -> None:
    """A text line, and a screen in a codec nobody has, come back with port 0; the others are answered."""

    def strange(sdp: str) -> str:
        head, _, screen = sdp.rpartition("m=video")
        screen = screen.replace("VP8/90000", "VP9/90000").replace("H264/90000", "AV1/90000")
        return f"{head}m=video{screen}m=text 9 RTP/AVP 98\r\nc=IN IP4 0.0.0.0\r\na=mid:t\r\n"

    async with running_terminal(tmp_path) as terminal, open_page(terminal, A.call) as page:
        terminal.do(A, camera="on", microphone="on")
        page.is_applying = False  # aiortc cannot take such an answer, browsers can
        await page.offer(strange)
        await page.until(lambda: page.answer != "")
        lines = [line.split()[:2] for line in page.answer.splitlines() if line.startswith("m=")]
        assert [kind for kind, _ in lines] == ["m=audio", "m=video", "m=video", "m=text"]
        assert [port == "0" for _, port in lines] == [False, False, True, True]


async def test_missing_devices_are_faults_not_ends(tmp_path: Path) -> None:
    """No camera and no microphone: the lamps say why, nothing is sent, sound and pictures of the partner come."""
    async with (
        running_terminal(tmp_path, camera="/dev/video99", microphone="default", loudspeaker="default") as terminal,
        open_page(terminal, A.call) as page,
    ):
        terminal.do(A, camera="on", microphone="on")
        await page.offer()
        report = await terminal.until(
            lambda report: (
                report.camera is Lamp.FAULT
                and report.microphone is Lamp.FAULT
                and report.loudspeaker_reason is not None
                and report.peers[0].frames_received > 5
            )
        )
        reasons = (report.camera_reason, report.microphone_reason, report.loudspeaker_reason)
        assert reasons == (Reason.CAMERA_MISSING, Reason.MICROPHONE_MISSING, Reason.LOUDSPEAKER_MISSING)
        assert (report.peers[0].frames_sent, report.peers[0].audio_packets_sent) == (0, 0)
        terminal.do(A)
        await terminal.until(lambda report: (report.camera, report.microphone) == (Lamp.OFF, Lamp.OFF))
