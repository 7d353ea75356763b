"""The self-test's look at the camera, its ear at the loudspeaker, and the call with itself.

Opens no device: the plan does; keeps nothing.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import av
import numpy as np
from msgspec.structs import replace

from kiosk.contract.errors import RundtischError
from kiosk.contract.links import Sound
from kiosk.contract.media import Plan, Sending
from kiosk.contract.self_test import Check, CheckResult, Examine, Examined, Verdict
from kiosk.media import sound_server
from kiosk.media.capture.capture import Capture
from kiosk.media.capture.planes import plane_array
from kiosk.media.capture.source import SAMPLE_RATE_HZ, Samples
from kiosk.media.playback.chimes import samples_of

LIVE_S = 6.0
"""So long a device may take to open."""
LOOK_S = 1.6
_LEAST_PER_S = 4.0
_DARK_LUMA = 26.0
"""Mean brightness of a picture, 16 is black and 235 white: a room in the evening has more, a hand on the lens less."""
_DARK_SPREAD = 6.0
_STILL = 0.02
"""Mean difference of two pictures; the noise of any sensor is larger."""
_EVERY = 8
"""Lines and columns that are looked at."""
QUIET_S, HEAR_S = 0.6, 1.6
"""First the room is heard without the sound, then with it."""
_LOUDER = 6.0
"""So many times the correlation of the quiet room: the sound was heard."""
_LEAST_RMS = 1.0
"""Below there is not even noise."""


class Look:
    """Collects what pictures are like. `take` in the camera's thread."""

    def __init__(self) -> None:
        self._last: np.ndarray[tuple[int, ...], np.dtype[np.int16]] | None = None
        self.count = 0
        self._luma = self._spread = self._moved = 0.0

    def take(self, frame: av.VideoFrame) -> None:
        """0.1 ms a picture."""
        luma = plane_array(frame, 0)[::_EVERY, : frame.width : _EVERY].astype(np.int16)
        self.count += 1
        self._luma, self._spread = max(self._luma, float(luma.mean())), max(self._spread, float(luma.std()))
        if self._last is not None and self._last.shape == luma.shape:
            self._moved = max(self._moved, float(np.abs(luma - self._last).mean()))
        self._last = luma

    def judge(self, seconds: float) -> CheckResult:
        """What to think of all that came."""
        figures = {"pictures_s": round(self.count / seconds, 1), "luma": round(self._luma)}
        reason = ""
        if self.count < _LEAST_PER_S * seconds:
            reason = "no-picture" if not self.count else "few-pictures"
        elif self._luma < _DARK_LUMA and self._spread < _DARK_SPREAD:
            reason = "dark"
        elif self._moved < _STILL:
            reason = "frozen"
        return result(Check.CAMERA, reason, figures)


class Ear:
    """Collects what the microphone hears. `take` in its thread."""

    def __init__(self) -> None:
        self._blocks: list[Samples] = []
        self._played_at = 0

    def take(self, samples: Samples) -> None:
        self._blocks.append(samples.copy())

    @property
    def seconds(self) -> float:
        """So much was heard."""
        return sum(len(block) for block in self._blocks) / SAMPLE_RATE_HZ

    def playing(self) -> None:
        """From here on the sound may be heard."""
        self._played_at = len(self._blocks)

    def judge(self, sound: Samples) -> CheckResult:
        """Whether `sound` is in what was heard after `playing`."""
        quiet, loud = self._blocks[: self._played_at], self._blocks[self._played_at :]
        if sum(map(len, loud)) < len(sound) or not quiet:
            return result(Check.SOUND, "no-sound", {})
        before, after = np.concatenate(quiet), np.concatenate(loud)
        rms = float(after.std())  # a microphone that is stuck at some value hears nothing either
        level_db = round(20 * float(np.log10(max(rms, 0.1) / 32768)))
        if rms < _LEAST_RMS:
            return result(Check.SOUND, "microphone-silent", {"level_db": level_db})
        ratio = float(np.abs(_alike(after, sound)).max()) / (_likeness(before, sound) * max(rms, float(before.std())))
        return result(Check.SOUND, "" if ratio >= _LOUDER else "not-heard", {"level_db": level_db})


def _likeness(room: Samples, sound: Samples) -> float:
    """How much the quiet room is like the sound, to its loudness: a room that becomes louder is no more like it."""
    loudness = float(room.std())
    if loudness < _LEAST_RMS:
        return float(np.sqrt(np.sum(np.square(sound, dtype=np.float64))))  # as any noise is
    return float(np.sqrt(np.mean(np.square(_alike(room, sound))))) / loudness


def _alike(heard: Samples, sound: Samples) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Correlation of the sound with every place in what was heard."""
    size = 1 << (len(heard) + len(sound)).bit_length()
    spectrum = np.fft.rfft(heard.astype(np.float64), size) * np.conj(np.fft.rfft(sound.astype(np.float64), size))
    whole = np.fft.irfft(spectrum, size)
    return whole[: max(1, len(heard) - len(sound))] if len(heard) > len(sound) else whole[: len(heard)]


def result(check: Check, reason: str, figures: dict[str, float]) -> CheckResult:
    """Passed where there is no reason against it."""
    verdict = Verdict.FAILED if reason else Verdict.PASSED
    return CheckResult(check=check, verdict=verdict, reason=reason, figures=figures)


async def until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Whether it became so in this time."""
    due_s = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() >= due_s:
            return False
        await asyncio.sleep(0.05)
    return True


class Examiner:
    """Answers the agent's `Examine`, one after the other. On the loop; `seen` and `heard` in the captures' threads."""

    def __init__(
        self,
        group: asyncio.TaskGroup,
        camera: Capture[av.VideoFrame],
        microphone: Capture[Samples],
        play: Callable[[Sound], None],
        send: Callable[[Examined], None],
        call_itself: Callable[[], Awaitable[CheckResult]],
    ) -> None:
        """`call_itself`: see `echo.listen`."""
        self._call_itself = call_itself
        self._group, self._camera, self._microphone = group, camera, microphone
        self._play, self._send = play, send
        self._look: Look | None = None
        self._ear: Ear | None = None
        self._task: asyncio.Task[None] | None = None
        self._check: Check | None = None

    def take(self, examine: Examine) -> None:
        """A new one ends the one under way."""
        self._stop()
        self._check = examine.check
        self._task = self._group.create_task(self._answer(examine), name="examine")

    def apply(self, plan: Plan) -> None:
        """Whose device is to be shut, that is over; so is the call with itself where there is a real one."""
        if self._check is Check.CALL:
            if plan.peers:
                self._stop()
            return
        wanted = {Check.CAMERA: plan.camera, Check.SOUND: plan.microphone}
        if self._check is not None and wanted.get(self._check, Sending.OFF) is Sending.OFF:
            self._stop()

    def seen(self, frame: av.VideoFrame) -> None:
        look = self._look
        if look is not None:
            look.take(frame)

    def heard(self, samples: Samples) -> None:
        ear = self._ear
        if ear is not None:
            ear.take(samples)

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = self._check = self._look = self._ear = None

    async def _answer(self, examine: Examine) -> None:
        begin_s = time.monotonic()
        try:
            found = await self._found(examine.check)
        except RundtischError as error:
            found = result(examine.check, error.reason.value, {})
        except asyncio.CancelledError:
            found = result(examine.check, "interrupted", {})
            if (task := asyncio.current_task()) and task.cancelling() and not self._is_replaced(task):
                raise
        finally:
            if asyncio.current_task() is self._task:
                self._task = self._check = self._look = self._ear = None
        duration_ms = round((time.monotonic() - begin_s) * 1000)
        self._send(Examined(number=examine.number, result=replace(found, duration_ms=duration_ms)))

    async def _found(self, check: Check) -> CheckResult:
        if check is Check.CALL:
            return await self._call_itself()
        return await (self._see() if check is Check.CAMERA else self._hear())

    def _is_replaced(self, task: "asyncio.Task[None]") -> bool:
        """Ended by a plan or another examination, and not by the end of the process."""
        return self._task is not task

    async def _see(self) -> CheckResult:
        camera = self._camera
        if not await until(lambda: camera.is_live or camera.reason is not None, LIVE_S) or camera.reason is not None:
            return result(Check.CAMERA, camera.reason.value if camera.reason else "no-picture", {})
        look = self._look = Look()
        begin_s = time.monotonic()
        await asyncio.sleep(LOOK_S)
        return look.judge(time.monotonic() - begin_s)

    async def _hear(self) -> CheckResult:
        """Where there is an echo canceller, past it: it would take away just what is to be heard."""
        one = self._microphone
        if not await until(lambda: one.is_live or one.reason is not None, LIVE_S) or one.reason is not None:
            return result(Check.SOUND, one.reason.value if one.reason else "no-sound", {})
        ear = Ear()
        with sound_server.recording(ear.take) as is_past_canceller:
            if not is_past_canceller:
                self._ear = ear
            if not await until(lambda: ear.seconds >= QUIET_S, LIVE_S):
                return result(Check.SOUND, "no-sound", {})
            ear.playing()
            self._play(Sound.TEST)
            await asyncio.sleep(HEAR_S)
        return ear.judge(samples_of(Sound.TEST))
