"""Sound through PortAudio, ALSA and the PipeWire of the units, on a terminal whose speakerphone is two null sinks."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from kiosk.contract.errors import Reason
from kiosk.contract.links import Chime, Sound
from kiosk.contract.media import Lamp, PlannedPeer
from tests.fakes.media_bench import open_page, running_terminal
from tests.fakes.sound_server import RAW, environment_of, plug_in, process, pull_out, sound_server, until_linked

A = PlannedPeer(call="a" * 16)
BELL_HZ = 440
PARTNER_HZ = 500
"""What a page's `Voice` says."""
ROOM_HZ = 800


def loudest_hz(sound: np.ndarray[tuple[int], np.dtype[np.int16]]) -> float:
    """The strongest tone in a second of sound at 48 kHz; 0 in silence."""
    if len(sound) < 48_000 or np.abs(sound).max() < 100:
        return 0
    return float(np.argmax(np.abs(np.fft.rfft(sound[-48_000:] * np.hanning(48_000)))))


async def until_heard(recorder: asyncio.subprocess.Process) -> None:
    """The partner, for a whole second."""
    assert recorder.stdout
    heard = b""
    async with asyncio.timeout(10):
        while loudest_hz(np.frombuffer(heard, np.int16)) != pytest.approx(PARTNER_HZ, abs=5):
            heard = heard[-96_000:] + await recorder.stdout.readexactly(9_600)


async def test_sound_goes_through_real_devices(tmp_path: Path) -> None:
    """The room hears the partner on the default loudspeaker, the partner hears what the default microphone hears."""
    folder = tmp_path / "s"
    folder.mkdir()
    tone = (np.sin(np.arange(48_000 * 60) * 2 * np.pi * ROOM_HZ / 48_000) * 9000).astype(np.int16)
    (folder / "tone.raw").write_bytes(tone.tobytes())
    async with (
        sound_server(folder) as environment,
        process(environment, "paplay", "--device=air", *RAW, str(folder / "tone.raw")),
        running_terminal(tmp_path, environment=environment, microphone="default", loudspeaker="default") as terminal,
        open_page(terminal, A.call) as page,
        process(environment, "parec", "--device=speaker.monitor", *RAW) as recorder,
    ):
        terminal.do(A, microphone="on")
        await page.offer()
        report = await terminal.until(lambda report: report.microphone is Lamp.ON)
        assert (report.microphone_reason, report.loudspeaker_reason) == (None, None)
        await page.until(lambda: loudest_hz(page.sound) == pytest.approx(ROOM_HZ, abs=5))
        assert recorder.stdout
        await until_heard(recorder)
        terminal.do(A, is_paused=True)
        async with asyncio.timeout(5):
            heard = b"\1"
            while any(heard):
                heard = await recorder.stdout.readexactly(9_600)


async def test_a_short_sound_is_heard_in_an_empty_room(tmp_path: Path) -> None:
    """Nobody is in a call: the loudspeaker opens for the sound, and everything is silent afterwards."""
    folder = tmp_path / "s"
    folder.mkdir()
    async with (
        sound_server(folder) as environment,
        running_terminal(tmp_path, environment=environment, loudspeaker="default") as terminal,
        process(environment, "parec", "--device=speaker.monitor", *RAW) as recorder,
    ):
        assert recorder.stdout
        await recorder.stdout.readexactly(9_600)  # it listens
        await terminal.until(lambda report: report.loudspeaker_reason is None)
        terminal.send(Chime(sound=Sound.BELL))
        heard = np.zeros(0, np.int16)
        async with asyncio.timeout(10):
            while not heard.any() or heard[-4_800:].any():
                block = np.frombuffer(await recorder.stdout.readexactly(9_600), np.int16)
                heard = np.concatenate([heard, block]) if heard.any() or block.any() else heard
        bell = heard[np.flatnonzero(heard)[0] :][:9_600]
        assert np.argmax(np.abs(np.fft.rfft(bell, 48_000))) == pytest.approx(BELL_HZ, abs=5)


async def test_a_microphone_that_comes_late_is_found(tmp_path: Path) -> None:
    """No sound server: a fault with its reason. It starts: the microphone works within the retry, without a restart."""
    folder = tmp_path / "s"
    folder.mkdir()
    environment = environment_of(folder)
    async with running_terminal(tmp_path, environment=environment, microphone="default") as terminal:
        terminal.do(microphone="here")
        report = await terminal.until(lambda report: report.microphone is Lamp.FAULT)
        assert report.microphone_reason is Reason.MICROPHONE_MISSING
        async with sound_server(folder):
            await terminal.until(lambda report: report.microphone is Lamp.HERE, timeout_s=10)
            terminal.do()
            await terminal.until(lambda report: report.microphone is Lamp.OFF)


async def test_a_speakerphone_that_is_plugged_in_is_taken_over(tmp_path: Path) -> None:
    """In the middle of a call; and when it is pulled out again, the one before."""
    folder = tmp_path / "s"
    folder.mkdir()
    async with (
        sound_server(folder) as environment,
        running_terminal(tmp_path, environment=environment, microphone="tone", loudspeaker="default") as terminal,
        open_page(terminal, A.call) as page,
    ):
        terminal.do(A)
        await page.offer()
        await terminal.until(lambda report: report.loudspeaker_name == "default")
        plug = await plug_in(environment, "better", priority=2000)
        await until_linked(environment, "rundtisch_playback", "better")
        async with process(environment, "parec", "--device=better.monitor", *RAW) as recorder:
            await until_heard(recorder)
        await pull_out(environment, plug)
        await until_linked(environment, "rundtisch_playback", "speaker")
        async with process(environment, "parec", "--device=speaker.monitor", *RAW) as recorder:
            await until_heard(recorder)


async def test_a_sound_server_that_dies_is_come_back_to(tmp_path: Path) -> None:
    """The loudspeaker stops in the middle of a call: said within seconds, with its reason; heard again afterwards."""
    folder = tmp_path / "s"
    folder.mkdir()
    environment = environment_of(folder)
    async with (
        running_terminal(tmp_path, environment=environment, microphone="tone", loudspeaker="default") as terminal,
        open_page(terminal, A.call) as page,
    ):
        async with sound_server(folder):
            terminal.do(A)
            await page.offer()
            await terminal.until(lambda report: report.loudspeaker_name == "default")
        report = await terminal.until(lambda report: report.loudspeaker_reason is not None, timeout_s=5)
        assert report.loudspeaker_reason is Reason.LOUDSPEAKER_MISSING
        async with sound_server(folder):
            await terminal.until(lambda report: report.loudspeaker_reason is None)
            async with process(environment, "parec", "--device=speaker.monitor", *RAW) as recorder:
                await until_heard(recorder)


async def test_a_speakerphone_is_chosen_by_name(tmp_path: Path) -> None:
    """Not the one that the sound server would take; a name that nothing has is a fault with its reason."""
    folder = tmp_path / "s"
    folder.mkdir()
    async with sound_server(folder) as environment:
        await plug_in(environment, "conference", priority=1)
        async with (
            running_terminal(
                tmp_path, environment=environment, microphone="Nonesuch", loudspeaker="Conference"
            ) as terminal,
            open_page(terminal, A.call) as page,
            process(environment, "parec", "--device=conference.monitor", *RAW) as recorder,
        ):
            terminal.do(A, microphone="on")
            await page.offer()
            report = await terminal.until(
                lambda report: report.microphone is Lamp.FAULT and "conference" in report.loudspeaker_name.lower()
            )
            assert (report.microphone_reason, report.loudspeaker_reason) == (Reason.MICROPHONE_MISSING, None)
            await until_heard(recorder)
