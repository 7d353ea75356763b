"""Each check of the self-test, by name. Camera and microphone are media's to look at; here it is only asked."""

import asyncio
import itertools
import ssl
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Protocol

from msgspec.structs import replace

from device import clock
from kiosk.contract.configuration import Media
from kiosk.contract.errors import MediaServerError, RundtischError
from kiosk.contract.health import Grade, Part
from kiosk.contract.links import MediaServer
from kiosk.contract.media import IceServer
from kiosk.contract.mqtt import Clock
from kiosk.contract.room import ShutterPosition
from kiosk.contract.self_test import Check, CheckResult, Examine, Examined, Trigger, Verdict
from kiosk.contract.state import State
from kiosk.runtime import janus, turn

_EXAMINED_S = 12.0
"""Opening a device, looking at it, and some patience; or a call by two ways."""
_PATIENCE_S = 3.0
"""A process that starts; a shutter, beyond the time it may take."""
_LOOK_S = 0.05
_OLD = timedelta(days=7)


class Rooms(Protocol):
    """What is needed of `device.room.wires.Room`."""

    @property
    def shutter_s(self) -> float:
        """So long a shutter may be on its way."""

    async def try_lamps(self) -> tuple[int, tuple[str, ...]]:
        """Lights each lamp for a moment; how many there are, and those that do not answer."""


class Broker(Protocol):
    """What is needed of `device.broker.client.Client`."""

    async def probe(self) -> float:
        """A round trip in ms. Raises BrokerError."""


class Checks:
    """`make` answers every check with a result, whatever goes wrong."""

    def __init__(
        self,
        state: Callable[[], State],
        room: Rooms,
        broker: Broker,
        send: Callable[[Examine], None],
        media: Media,
        tls: ssl.SSLContext,
    ) -> None:
        """`send` goes to the media process."""
        self._state, self._room, self._broker, self._send = state, room, broker, send
        self._media, self._tls = media, tls
        self._numbers = itertools.count(1)
        self._awaited: tuple[int, asyncio.Future[CheckResult]] | None = None
        self._shutter_ms: int | None = None
        self.relays: tuple[IceServer, ...] = ()
        self.media_servers: tuple[MediaServer, ...] = ()
        self._by_check: dict[Check, Callable[[], Awaitable[CheckResult]]] = {
            Check.CAMERA: self._camera,
            Check.SHUTTER: self._shutter,
            Check.SOUND: self._sound,
            Check.LAMPS: self._lamps,
            Check.TOUCH: self._touch,
            Check.BROKER: self._to_broker,
            Check.RELAY: self._relay,
            Check.MEDIA_SERVER: self._media_server,
            Check.CALL: lambda: self._examine(Check.CALL),
            Check.CLOCK: self._clock,
            Check.SCHEDULE: self._schedule,
        }

    async def make(self, check: Check, trigger: Trigger) -> CheckResult:
        """From afar, what would look or listen is left out."""
        if trigger is Trigger.REMOTE and check in (Check.CAMERA, Check.SHUTTER, Check.SOUND):
            return _skipped(check, "not-from-afar")
        begin_s = time.monotonic()
        try:
            found = await self._by_check[check]()
        except RundtischError as error:
            found = _failed(check, error.reason.value)
        return replace(found, duration_ms=round((time.monotonic() - begin_s) * 1000))

    def take(self, examined: Examined) -> None:
        """Media's answer; one that nobody waits for any more is dropped."""
        if self._awaited is not None and self._awaited[0] == examined.number and not self._awaited[1].done():
            self._awaited[1].set_result(examined.result)

    async def _examine(self, check: Check) -> CheckResult:
        if not await self._becomes(lambda state: state.is_media_here):  # it may be starting anew
            return _failed(check, "media-gone")
        number = next(self._numbers)
        answer: asyncio.Future[CheckResult] = asyncio.get_running_loop().create_future()
        self._awaited = (number, answer)
        try:
            async with asyncio.timeout(_EXAMINED_S):
                self._send(Examine(number=number, check=check))
                return await answer
        except TimeoutError:
            return _failed(check, "no-answer")
        finally:
            self._awaited = None

    async def _camera(self) -> CheckResult:
        """The plan that opened the camera has opened its shutter, too: first that, then the look."""
        self._shutter_ms = None
        if self._media.camera == "none":
            return _skipped(Check.CAMERA, "none-configured")
        begin_s = time.monotonic()
        if self._state().room.shutter is not ShutterPosition.NONE and await self._is_shutter(ShutterPosition.OPEN):
            self._shutter_ms = round((time.monotonic() - begin_s) * 1000)
        return await self._examine(Check.CAMERA)

    async def _shutter(self) -> CheckResult:
        """It was opened for the camera; now it has to shut."""
        if self._state().room.shutter is ShutterPosition.NONE:
            return _skipped(Check.SHUTTER, "none-configured")
        if self._shutter_ms is None:
            return _failed(Check.SHUTTER, "does-not-open")
        begin_s = time.monotonic()
        if not await self._is_shutter(ShutterPosition.SHUT):
            return _failed(Check.SHUTTER, "does-not-shut")
        figures = {"open_ms": float(self._shutter_ms), "shut_ms": float(round((time.monotonic() - begin_s) * 1000))}
        return CheckResult(check=Check.SHUTTER, verdict=Verdict.PASSED, figures=figures)

    async def _is_shutter(self, where: ShutterPosition) -> bool:
        return await self._becomes(lambda state: state.room.shutter is where, _PATIENCE_S + self._room.shutter_s)

    async def _becomes(self, is_so: Callable[[State], bool], patience_s: float = _PATIENCE_S) -> bool:
        due_s = time.monotonic() + patience_s
        while not is_so(self._state()):
            if time.monotonic() >= due_s:
                return False
            await asyncio.sleep(_LOOK_S)
        return True

    async def _sound(self) -> CheckResult:
        if "none" in (self._media.microphone, self._media.loudspeaker):
            return _skipped(Check.SOUND, "none-configured")
        if self._state().room.is_mute_switch_on:
            return _skipped(Check.SOUND, "switch")
        return await self._examine(Check.SOUND)

    async def _lamps(self) -> CheckResult:
        count, silent = await self._room.try_lamps()
        if not count:
            return _skipped(Check.LAMPS, "none-configured")
        figures = {"lamps": float(count), "silent": float(len(silent))}
        verdict = Verdict.FAILED if silent else Verdict.PASSED
        reason = "hardware-missing" if silent else ""
        return CheckResult(check=Check.LAMPS, verdict=verdict, reason=reason, figures=figures)

    async def _touch(self) -> CheckResult:
        finding = self._state().health.of(Part.TOUCH)
        if finding is None or finding.grade is Grade.UNKNOWN:
            return _skipped(Check.TOUCH, "none-configured")
        return _passed(Check.TOUCH) if finding.grade is Grade.GOOD else _failed(Check.TOUCH, finding.reason)

    async def _to_broker(self) -> CheckResult:
        figures = {"round_trip_ms": round(await self._broker.probe(), 1)}
        return CheckResult(check=Check.BROKER, verdict=Verdict.PASSED, figures=figures)

    async def _relay(self) -> CheckResult:
        """One that works is enough; how many do is told."""
        servers = [server for server in self.relays if any(url.startswith("turn") for url in server.urls)]
        answers = [await self._why_not(turn.allocate(server, self._tls)) for server in servers]
        return _of_many(Check.RELAY, answers)

    async def _media_server(self) -> CheckResult:
        answers = [await self._why_not(self._greet(server.url)) for server in self.media_servers]
        return _of_many(Check.MEDIA_SERVER, answers)

    async def _greet(self, url: str) -> None:
        async with janus.connected(url, tls=self._tls) as session:
            await session.attach(lambda _: None)

    async def _why_not(self, try_it: Awaitable[None]) -> str:
        try:
            await try_it
        except MediaServerError as error:
            return error.reason.value
        return ""

    async def _clock(self) -> CheckResult:
        return _failed(Check.CLOCK, "clock-unset") if clock.trust() is Clock.UNSET else _passed(Check.CLOCK)

    async def _schedule(self) -> CheckResult:
        state = self._state()
        if state.schedule_published is None:
            return _failed(Check.SCHEDULE, "schedule-missing")
        is_old = state.now - state.schedule_published > _OLD and not state.is_broker_here
        return _failed(Check.SCHEDULE, "schedule-old") if is_old else _passed(Check.SCHEDULE)


def _of_many(check: Check, answers: list[str]) -> CheckResult:
    """Answers are reasons against, empty where it works."""
    if not answers:
        return _skipped(check, "none-configured")
    working = answers.count("")
    figures = {"servers": float(len(answers)), "working": float(working)}
    verdict = Verdict.PASSED if working else Verdict.FAILED
    return CheckResult(check=check, verdict=verdict, reason="" if working else answers[0], figures=figures)


def _passed(check: Check) -> CheckResult:
    return CheckResult(check=check, verdict=Verdict.PASSED)


def _failed(check: Check, reason: str) -> CheckResult:
    return CheckResult(check=check, verdict=Verdict.FAILED, reason=reason)


def _skipped(check: Check, reason: str) -> CheckResult:
    return CheckResult(check=check, verdict=Verdict.SKIPPED, reason=reason)
