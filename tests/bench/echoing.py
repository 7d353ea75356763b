"""PipeWire with the units' configuration, between a loudspeaker and a microphone that hear each other in a small room.

First only the partner talks, then only the room, then both. `reduction_db`: how much softer the partner's echo is in
what is sent than at the microphone, once it is known (the first half of the partner's talk is left out).
`double_talk_loss_db`: how much softer the room's own voice is sent while both talk than while it talks alone.
The room: 20 ms of way, -6 dB, and 250 ms of reverberation. Voices are pulses with moving formants, in syllables.
"""

import asyncio
import tempfile
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.bench import figures
from tests.fakes.sound_server import RAW, Sound, process, run, sound_server, until_linked

RATE_HZ = 48_000
_GUARD_S = 0.6
"""Left out at the ends of each part: players do not start at the same moment."""
_LEVEL_DB = -23.0
_PIECE = 4096

Floats = npt.NDArray[np.float64]

ROOM = """
context.spa-libs = {{ audio.convert.* = audioconvert/libspa-audioconvert support.* = support/libspa-support }}
context.modules = [
    {{ name = libpipewire-module-protocol-native }}
    {{ name = libpipewire-module-client-node }}
    {{ name = libpipewire-module-adapter }}
    {{ name = libpipewire-module-filter-chain
        args = {{
            filter.graph = {{ nodes = [
                {{ type = builtin name = room label = convolver config = {{ filename = "{response}" }} }}
            ] }}
            audio.rate = 48000
            audio.channels = 1
            audio.position = [ MONO ]
            capture.props = {{ node.name = room_hears target.object = speaker stream.capture.sink = true }}
            playback.props = {{ node.name = room_says target.object = air }}
        }}
    }}
]
"""


def room_response() -> Floats:
    """What comes back to the microphone of one sample of the loudspeaker."""
    way, reverberation = RATE_HZ * 20 // 1000, RATE_HZ * 250 // 1000
    at = np.arange(reverberation) / RATE_HZ
    tail = np.random.default_rng(7).normal(0, 0.015, reverberation) * np.exp(-at / 0.05)
    tail[0] += 0.5
    response: Floats = np.concatenate([np.zeros(way), tail])
    return response


def voice(seconds: float, pitch_hz: float, seed: int) -> Floats:
    """Nobody's: glottal pulses and breath through two moving formants, four syllables a second, at -23 dB."""
    chance, count = np.random.default_rng(seed), int(seconds * RATE_HZ)
    at = np.arange(count) / RATE_HZ
    phase = np.cumsum(pitch_hz * (1 + 0.15 * np.sin(2 * np.pi * 0.7 * at + seed))) / RATE_HZ
    source = np.diff(np.floor(phase), prepend=0.0) * 8 + chance.normal(0, 0.15, count)
    pieces = []
    for begin in range(0, count, RATE_HZ // 8):
        spectrum = np.fft.rfft(source[begin : begin + RATE_HZ // 8])
        hz = np.fft.rfftfreq(len(source[begin : begin + RATE_HZ // 8]), 1 / RATE_HZ)
        formants = (chance.uniform(300, 800), chance.uniform(900, 2400))
        shape = sum(1 / (1 + ((hz - formant) / 120) ** 2) for formant in formants) + 0.02
        pieces.append(np.fft.irfft(spectrum * shape * (hz > 80), len(source[begin : begin + RATE_HZ // 8])))
    syllables = np.clip(np.sin(2 * np.pi * 2 * at + seed), 0, 1) ** 0.5
    spoken = np.concatenate(pieces) * syllables
    loud: Floats = spoken * (10 ** (_LEVEL_DB / 20) / np.sqrt(np.mean(spoken**2)))
    return loud


def write(path: Path, samples: Floats) -> None:
    """As a WAV file of 16 bit."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes())


def level_db(samples: Floats) -> float:
    """Of full scale; what is softer than one step of 16 bit counts as that."""
    return 10 * float(np.log10(max(float(np.mean(samples**2)), 32768.0**-2)))


def share_db(heard: Floats, said: Floats) -> float:
    """How loud that part of `heard` is which comes from `said`, whatever filter it went through (Welch, coherence)."""
    window, step = np.hanning(_PIECE), _PIECE // 2
    begins = range(0, min(len(heard), len(said)) - _PIECE, step)
    heards = np.array([np.fft.rfft(heard[begin : begin + _PIECE] * window) for begin in begins])
    saids = np.array([np.fft.rfft(said[begin : begin + _PIECE] * window) for begin in begins])
    across = np.abs((heards * saids.conj()).mean(axis=0)) ** 2
    power = across / np.maximum((np.abs(saids) ** 2).mean(axis=0), 1e-12)
    return 10 * float(np.log10(max(float(power.sum()), 1e-15)))


def lag(heard: Floats, said: Floats) -> int:
    """By how many samples `heard` is behind."""
    size = 1 << (len(heard) + len(said)).bit_length()
    across = np.fft.irfft(np.fft.rfft(heard, size) * np.fft.rfft(said, size).conj())
    found = int(np.argmax(np.abs(across)))
    return found if found < size // 2 else found - size


def judge(microphone: Floats, sent: Floats, near: Floats, part_s: float) -> figures.Result:
    """The figures of three parts of equal length: the partner alone, the room alone, both."""

    def part(samples: Floats, number: float, end: float) -> Floats:
        return samples[int((number * part_s + _GUARD_S) * RATE_HZ) : int((end * part_s - _GUARD_S) * RATE_HZ)]

    before, after = (level_db(part(samples, 0.5, 1)) for samples in (microphone, sent))
    late = lag(part(sent, 1, 2), part(near, 1, 2))
    aligned = np.roll(near, late)
    alone, together = (share_db(part(sent, end - 1, end), part(aligned, end - 1, end)) for end in (2, 3))
    return {
        "reduction_db": round(before - after, 1),
        "double_talk_loss_db": round(alone - together, 1),
        "echo_at_microphone_db": round(before, 1),
        "echo_sent_db": round(after, 1),
        "room_sent_db": round(level_db(part(sent, 1, 2)), 1),
        "delay_ms": round(late / RATE_HZ * 1000),
    }


async def record(environment: dict[str, str], device: str, seconds: float) -> Floats:
    """What a device gives from now on."""
    async with process(environment, "parec", f"--device={device}", *RAW) as recorder:
        assert recorder.stdout
        data = await recorder.stdout.readexactly(int(seconds * RATE_HZ) * 2)
    sound: Sound = np.frombuffer(data, np.int16)
    return sound / 32768.0


async def bench(part_s: float) -> figures.Result:
    """Three parts of `part_s` seconds."""
    far, near = voice(part_s * 3, 120, 1), voice(part_s * 3, 190, 2)
    far[int(part_s * RATE_HZ) : int(2 * part_s * RATE_HZ)] = 0
    near[: int(part_s * RATE_HZ)] = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, samples in (("far", far), ("near", near), ("room", room_response())):
            write(folder / f"{file}.wav", samples)
        (folder / "room.conf").write_text(ROOM.format(response=folder / "room.wav"))
        async with sound_server(folder) as environment, process(environment, "pipewire", "-c", f"{folder}/room.conf"):
            await until_linked(environment, "speaker", "room_hears")
            await until_linked(environment, "room_says", "air")
            figures.say(f"{part_s * 3:g} s of talk")
            async with asyncio.timeout(part_s * 3 + 20), asyncio.TaskGroup() as group:
                devices = ("air.monitor", "rundtisch_source")
                records = [group.create_task(record(environment, device, part_s * 3)) for device in devices]
                for file, device in (("far", "rundtisch_sink"), ("near", "air")):
                    group.create_task(run(environment, "paplay", f"--device={device}", str(folder / f"{file}.wav")))
    return judge(records[0].result(), records[1].result(), near, part_s)


if __name__ == "__main__":
    said = figures.options(__doc__ or "", "part", 8.0, "seconds of each of the three parts")
    figures.run(lambda: bench(said.part), is_json=said.json)
