"""Devices behind the sound server, by name. Knows `pactl` and `parec`, and nothing else of PipeWire.

With PipeWire in between, PortAudio sees one device, the echo canceller; which loudspeaker and which microphone that
uses is the server's default. A default that was chosen here is kept while it is away, and taken again when it is back.
"""

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
from msgspec import Struct

from kiosk.media.capture.source import SAMPLE_RATE_HZ, SAMPLES_PER_READ, Samples

_TIMEOUT_S = 5
_OURS = "rundtisch_"
"""Prefix of the echo canceller's own nodes."""
_MONITOR = ".monitor"


class _Device(Struct):
    name: str
    description: str = ""


def choose(wanted: str, is_input: bool) -> str:
    """Makes the first device whose name or description contains `wanted` the one that is used. May take seconds.

    Returns what the device calls itself; empty when there is no such device, or no sound server.
    """
    if "PULSE_SERVER" not in os.environ:
        return ""
    kind = "source" if is_input else "sink"
    try:
        found = msgspec.json.decode(_pactl("--format=json", "list", f"{kind}s"), type=list[_Device])
        device = _find(found, wanted.lower())
        if device is None:
            return ""
        _pactl(f"set-default-{kind}", device.name)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError):
        return ""
    return device.description or device.name


@contextlib.contextmanager
def recording(take: Callable[[Samples], None]) -> Iterator[bool]:
    """Hears the room's microphone itself, before the echo is taken away; False where there is no sound server.

    `take` gets 20 ms after 20 ms in a thread of its own.
    """
    if "PULSE_SERVER" not in os.environ:
        yield False
        return
    shape = ("--raw", f"--rate={SAMPLE_RATE_HZ}", "--channels=1", "--format=s16le", "--latency-msec=20")
    try:
        recorder = subprocess.Popen(("parec", "--device=@DEFAULT_SOURCE@", *shape), stdout=subprocess.PIPE)
    except OSError:
        yield False
        return
    thread = threading.Thread(target=_pump, args=(recorder, take), name="room-microphone")
    thread.start()
    try:
        yield True
    finally:
        recorder.terminate()
        recorder.wait()
        thread.join()


def _pump(recorder: "subprocess.Popen[bytes]", take: Callable[[Samples], None]) -> None:
    assert recorder.stdout is not None
    with recorder.stdout as heard:
        while block := heard.read(SAMPLES_PER_READ * 2):
            take(np.frombuffer(block[: len(block) // 2 * 2], np.int16))


def _find(devices: list[_Device], wanted: str) -> _Device | None:
    """What a loudspeaker plays is the last that is taken for a microphone."""
    named = [
        device
        for device in devices
        if wanted in f"{device.name} {device.description}".lower() and not device.name.startswith(_OURS)
    ]
    return min(named, key=lambda device: device.name.endswith(_MONITOR), default=None)


def _pactl(*words: str) -> bytes:
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    done = subprocess.run(("pactl", *words), capture_output=True, check=True, timeout=_TIMEOUT_S, env=environment)
    return done.stdout
