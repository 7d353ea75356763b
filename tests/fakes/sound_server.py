"""PipeWire as the units run it, headless and without a session bus, with two null sinks for a speakerphone.

`speaker` is what the room hears, `air` what the microphone hears.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

UNITS = Path(__file__).parents[2] / "systemd"
RAW = ("--raw", "--format=s16le", "--channels=1", "--rate=48000", "--latency-msec=40")
PARTS = ("pipewire", "wireplumber", "pipewire-pulse")
_TIMEOUT_S = 15

Sound = npt.NDArray[np.int16]


def environment_of(folder: Path) -> dict[str, str]:
    """For programs that use the server, whether it runs or not; as kiosk-media.service sets it, but for the folder."""
    environment = os.environ | {
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_RUNTIME_DIR": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "PULSE_SERVER": f"unix:{folder}/pulse/native",
        "ALSA_CONFIG_PATH": f"{UNITS}/pipewire/asound.conf",
    }
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY"):
        environment.pop(name, None)
    return environment


async def run(environment: dict[str, str], *command: str) -> bytes:
    """A program to its end, which must be a good one."""
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, f"{command}: {errors.decode()}"
    return output


@contextlib.asynccontextmanager
async def process(environment: dict[str, str], *command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program while this context is open; its output is a pipe."""
    child = await asyncio.create_subprocess_exec(
        *command,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def _until(environment: dict[str, str], condition: str) -> None:
    script = f"until {condition}; do sleep 0.05; done"
    await run(environment, "timeout", str(_TIMEOUT_S), "bash", "-c", script)


async def plug_in(environment: dict[str, str], name: str, priority: int = 1000) -> str:
    """A loudspeaker that is a null sink; its monitor is a microphone. Returns what `pull_out` needs."""
    about = (f"sink_name={name}", "rate=48000", f"sink_properties=priority.session={priority}")
    return (await run(environment, "pactl", "load-module", "module-null-sink", *about)).decode().strip()


async def pull_out(environment: dict[str, str], plug: str) -> None:
    await run(environment, "pactl", "unload-module", plug)


async def until_linked(environment: dict[str, str], source: str, target: str) -> None:
    """Sound goes from one node to the other."""
    await _until(environment, f"pw-link -l | grep -A9 '^{source}:' | grep -qF -- '|-> {target}:'")


@contextlib.asynccontextmanager
async def sound_server(folder: Path) -> AsyncIterator[dict[str, str]]:
    """Yields `environment_of(folder)`."""
    environment = environment_of(folder)
    async with contextlib.AsyncExitStack() as parts:
        configured = environment | {"XDG_CONFIG_HOME": str(UNITS)}
        await parts.enter_async_context(process(configured, PARTS[0]))
        await _until(environment, f"test -S {folder}/pipewire-0")
        for part in PARTS[1:]:
            await parts.enter_async_context(process(configured, part))
        await _until(environment, "pactl info")
        await plug_in(environment, "speaker")
        await plug_in(environment, "air", priority=500)
        await _until(environment, "pactl set-default-source air.monitor")
        await until_linked(environment, "rundtisch_playback", "speaker")
        await until_linked(environment, "air", "rundtisch_capture")
        yield environment
