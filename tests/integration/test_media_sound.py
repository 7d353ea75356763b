"""Sound through PortAudio, ALSA and a real PipeWire with null sinks, as on a terminal without its speakerphone."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from kiosk.contract.errors import Reason
from kiosk.contract.links import Chime, Sound
from kiosk.contract.media import Lamp, PlannedPeer
from tests.fakes.media_bench import open_page, running_terminal

A = PlannedPeer(call="a" * 16)
BELL_HZ = 440
PARTNER_HZ = 500
"""What a page's `Voice` says."""
ROOM_HZ = 800
SERVERS = "pipewire & sleep 0.2; wireplumber & exec pipewire-pulse"
ASOUNDRC = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"


def loudest_hz(sound: np.ndarray[tuple[int], np.dtype[np.int16]]) -> float:
    """The strongest tone in a second of sound at 48 kHz; 0 in silence."""
    if len(sound) < 48_000 or np.abs(sound).max() < 100:
        return 0
    return float(np.argmax(np.abs(np.fft.rfft(sound[-48_000:] * np.hanning(48_000)))))


async def run(environment: dict[str, str], *command: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, f"{command}: {errors.decode()}"
    return output


@contextlib.asynccontextmanager
async def sound_server(folder: Path) -> AsyncIterator[dict[str, str]]:
    """PipeWire with two null sinks: `speaker` is what the room hears, `air` what the microphone hears."""
    (folder / ".asoundrc").write_text(ASOUNDRC)
    environment = os.environ | {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "PULSE_SERVER": f"unix:{folder}/pulse/native",
    }
    server = await asyncio.create_subprocess_exec(
        *("dbus-run-session", "--", "bash", "-c", SERVERS),
        env=environment,
        start_new_session=True,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await run(environment, "timeout", "10", "bash", "-c", "until pactl info; do sleep 0.1; done")
        for name in ("speaker", "air"):
            await run(environment, "pactl", "load-module", "module-null-sink", f"sink_name={name}", "rate=48000")
        await run(environment, "pactl", "set-default-sink", "speaker")
        await run(environment, "pactl", "set-default-source", "air.monitor")
        yield environment
    finally:
        os.killpg(server.pid, 9)
        await server.wait()


@contextlib.asynccontextmanager
async def process(environment: dict[str, str], *command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        *command, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield child
    finally:
        child.kill()
        await child.wait()


async def test_sound_goes_through_real_devices(tmp_path: Path) -> None:
    """The room hears the partner on the default loudspeaker, the partner hears what the default microphone hears."""
    folder = tmp_path / "s"
    folder.mkdir()
    tone = (np.sin(np.arange(48_000 * 60) * 2 * np.pi * ROOM_HZ / 48_000) * 9000).astype(np.int16)
    (folder / "tone.raw").write_bytes(tone.tobytes())
    raw = ("--raw", "--format=s16le", "--channels=1", "--rate=48000")
    async with (
        sound_server(folder) as environment,
        process(environment, "paplay", "--device=air", *raw, str(folder / "tone.raw")),
        running_terminal(tmp_path, environment=environment, microphone="default", loudspeaker="default") as terminal,
        open_page(terminal, A.call) as page,
        process(environment, "parec", "--device=speaker.monitor", *raw) as recorder,
    ):
        terminal.do(A, microphone="on")
        await page.offer()
        report = await terminal.until(lambda report: report.microphone is Lamp.ON)
        assert (report.microphone_reason, report.loudspeaker_reason) == (None, None)
        await page.until(lambda: loudest_hz(page.sound) == pytest.approx(ROOM_HZ, abs=5))
        assert recorder.stdout
        async with asyncio.timeout(10):
            heard = b""
            while loudest_hz(np.frombuffer(heard, np.int16)) != pytest.approx(PARTNER_HZ, abs=5):
                heard = heard[-96_000:] + await recorder.stdout.readexactly(9_600)
        terminal.do(A, is_paused=True)
        async with asyncio.timeout(5):
            while np.abs(np.frombuffer(heard, np.int16)).max():
                heard = await recorder.stdout.readexactly(9_600)


async def test_a_short_sound_is_heard_in_an_empty_room(tmp_path: Path) -> None:
    """Nobody is in a call: the loudspeaker opens for the sound, and everything is silent afterwards."""
    folder = tmp_path / "s"
    folder.mkdir()
    raw = ("--raw", "--format=s16le", "--channels=1", "--rate=48000")
    async with (
        sound_server(folder) as environment,
        running_terminal(tmp_path, environment=environment, loudspeaker="default") as terminal,
        process(environment, "parec", "--device=speaker.monitor", *raw) as recorder,
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
    environment = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PULSE_SERVER": f"unix:{folder}/pulse/native"}
    async with running_terminal(tmp_path, environment=environment, microphone="default") as terminal:
        terminal.do(microphone="here")
        report = await terminal.until(lambda report: report.microphone is Lamp.FAULT)
        assert report.microphone_reason is Reason.MICROPHONE_MISSING
        async with sound_server(folder):
            await terminal.until(lambda report: report.microphone is Lamp.HERE, timeout_s=10)
            terminal.do()
            await terminal.until(lambda report: report.microphone is Lamp.OFF)
