"""A whole house on real parts: the demo's installation with all its processes, and hands, eyes and ears on it.

For tests of the whole system; one house is shared by the tests of a module. It has to run inside
`provisioning/namespace.sh`, as `tests/run.sh` does: ICE offers no 127.0.0.1. `calls` has what one does in a house.
"""

import asyncio
import contextlib
import json
import logging
import os
import shutil
import signal
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import pytest

from kiosk.contract import codec, topics, wiring
from kiosk.contract.directory import DeskPresence
from kiosk.contract.mqtt import Event
from kiosk.contract.state import Partner, State
from kiosk.desk import configuration as desk_configuration
from provisioning import janus, toml
from provisioning.central import configuration, tasks
from provisioning.demo import installation, options, robots
from provisioning.demo.bench import Bench
from provisioning.demo.hands import Hands
from provisioning.demo.installation import DESK_SERVER, TERMINAL
from provisioning.demo.lines import GoneError, Lines
from provisioning.demo.ports import until_open
from provisioning.demo.processes import Program, Supervisor
from provisioning.demo.robots import Character, Robots
from provisioning.demo.waiting import PatienceError
from provisioning.demo.watcher import Watcher

_logger = logging.getLogger(__name__)

NUMBER = "4711"
"""The appointment that begins with the house, with `KAYA` and `BRANDT` as partners."""
KAYA, BRANDT, SAYED = robots.KAYA, robots.BRANDT, replace(robots.SAYED, delay_s=0.2)
NEAR, FAR = "10.99.0.1", "10.99.0.2"
"""The two ends of the cable, see namespace.sh."""
_START_S = 30.0
_PAUSE_S = 0.02
_MOST_PAGES = 8
_LOGS = "RUNDTISCH_TEST_LOGS"
"""Names a folder in which to keep the logs of all processes."""


@dataclass(frozen=True)
class Message:
    """One MQTT message as the broker gave it to the central side; `at_s` by `time.monotonic`."""

    at_s: float
    topic: str
    payload: bytes


class House:
    """Everything that runs, by name: `ui`, `broker`, `media`, `desk`, `agent`, `robot-{desk}`."""

    def __init__(self, made: installation.House, supervisor: Supervisor) -> None:
        self.made = made
        self.supervisor = supervisor
        self.messages: list[Message] = []
        self.watcher = Watcher(made, self._note)
        self.robots = Robots(made, supervisor)
        room, ui = made.terminal.room, made.terminal.ui
        assert ui.hands_socket is not None
        assert room.bench_socket is not None
        self.hands = Hands(ui.hands_socket)
        self._eyes, self._looking = Hands(ui.hands_socket), asyncio.Lock()
        self.bench = Bench(room)
        self._wires = Lines(room.bench_socket)
        self._background: list[asyncio.Task[None]] = []

    def _note(self, topic: str, payload: bytes) -> None:
        self.messages.append(Message(time.monotonic(), topic, payload))

    # From start to end.

    async def start(self) -> None:
        """Brings everything up to the idle screen, schedule, directory and media server included."""
        if self.made.media_server_port:
            await self.supervisor.start(self.made.media_server())
            await until_open(self.made.media_server_port)
        for name in ("ui", "broker", "media", "desk"):
            await self.supervisor.start(self.program(name))
        self._background.append(asyncio.create_task(self.supervisor.failure(), name="failure"))
        await until_open(self.made.broker_port)
        self._background.append(asyncio.create_task(self.watcher.run(), name="watcher"))
        await self.watcher.is_here.wait()
        self._background.append(asyncio.create_task(self.bench.run(), name="bench"))
        await self.supervisor.start(self.program("agent"))
        await asyncio.to_thread(tasks.push_directory, self.central, self.made.directory_file)
        await self.push_schedule(self.made.schedule_file)
        if self.made.media_server_port:
            file = janus.file_of(self.made.media_server_directory)
            await asyncio.to_thread(tasks.push_media_servers, self.central, (TERMINAL,), (file,))
        await self.hands.until(phase="idle", timeout_s=_START_S)
        await self.until(lambda: bool(self.state().appointments), 5.0, "the schedule")

    async def close(self) -> None:
        """Lets go of everything but the processes."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        self.hands.close()
        self._eyes.close()
        self._wires.close()

    @property
    def central(self) -> configuration.Central:
        return configuration.load(self.made.made.central_file)

    def program(self, name: str) -> Program:
        """What the processes of the installation are started with."""
        makers = {"ui": self.made.ui, "broker": self.made.broker, "media": self.made.media, "desk": self.made.desk}
        return makers.get(name, self.made.agent)()

    def pid(self, name: str) -> int:
        return self.supervisor[name].pid

    def kill(self, name: str) -> float:
        """As a crash: kill -9. It is started again, as systemd would; returns when it died (monotonic)."""
        os.kill(self.pid(name), signal.SIGKILL)
        return time.monotonic()

    async def kill_for_good(self, name: str) -> None:
        """A crash after which it stays dead, until `revive`."""
        os.kill(self.pid(name), signal.SIGKILL)
        await self.supervisor.stop(name)

    async def end(self, name: str) -> None:
        """As `systemctl stop`, until `revive`."""
        await self.supervisor.stop(name)

    async def revive(self, name: str) -> None:
        await self.supervisor.start(self.program(name))

    # What is to be seen.

    def state(self) -> State:
        """The agent's state, from its memory on tmpfs."""
        state: State = codec.decode(self.state_file.read_bytes(), State, "state.json")
        return state

    @property
    def state_file(self) -> Path:
        return self.made.terminal.paths.runtime_directory / "state.json"

    def partner(self, desk: str) -> Partner:
        """A desk on the roster of the session."""
        session = self.state().session
        assert session is not None, "no session"
        return next(one for one in session.partners if one.id == desk)

    def robot(self, desk: str) -> dict[str, Any]:
        """What a robot has counted so far of its connection to the room; it says so a few times a second."""
        try:
            report = json.loads(self.robots.report_file(desk).read_bytes())
        except FileNotFoundError:
            return {}
        room: dict[str, Any] = report["peers"].get("room", {})
        return room

    def events(self) -> list[Event]:
        """Every numbered event as it came over MQTT, oldest first, also one that came twice."""
        begin = topics.terminal(TERMINAL, "event", "")
        return [codec.decode(one.payload, Event, one.topic) for one in self.messages if one.topic.startswith(begin)]

    def said(self, *rest: str) -> list[bytes]:
        """Payloads on a topic of the terminal, oldest first."""
        topic = topics.terminal(TERMINAL, *rest)
        return [one.payload for one in self.messages if one.topic == topic]

    def presence_since(self, desk: str, since_s: float) -> list[str]:
        """What a desk has said of itself over MQTT."""
        topic = topics.desk(desk, "presence")
        words = [one.payload for one in self.messages if one.topic == topic and one.at_s > since_s]
        return [codec.decode(word, DeskPresence, topic).state.value for word in words if word]

    async def lamp(self, pin: int) -> bool:
        """Whether this output of the room is active (all of the house's are active high)."""
        levels = (await self.wire(do="levels"))["levels"]
        return bool(levels[str(pin)])

    async def wire(self, **request: Any) -> dict[str, Any]:
        """One request to the agent's bench: `press`, `release`, `levels`."""
        try:
            return await self._wires.ask(**request)
        except GoneError:  # another agent than last time
            return await self._wires.ask(**request)

    async def sign(self) -> list[str]:
        """Which lamps of the door sign are lit."""
        lamps = wiring.lines(self.made.terminal.room.parts["door-sign"])
        return [name.removeprefix("lamps.") for name, pin in lamps.items() if await self.lamp(pin)]

    def pin(self, part: str) -> int:
        """The line of a part with one line."""
        return wiring.lines(self.made.terminal.room.parts[part])["pin"]

    async def until(self, condition: Callable[[], Any], timeout_s: float, what: str) -> float:
        """Returns the seconds it took until `condition` held.

        Raises:
            PatienceError: it did not within `timeout_s`.
            ProgramError: a process cannot be kept running.
        """
        start_s = time.monotonic()
        while not condition():
            for task in self._background:
                if task.done():
                    task.result()
            if time.monotonic() - start_s > timeout_s:
                raise PatienceError(f"{what}: not within {timeout_s:g} s")
            await asyncio.sleep(_PAUSE_S)
        return time.monotonic() - start_s

    async def until_seen(self, kind: str, timeout_s: float = 10.0, *, after: int = 0, **data: object) -> float:
        """An event of this type with these data, beyond the first `after` of all events."""

        def is_there() -> bool:
            return any(one.type == kind and data.items() <= one.data.items() for one in self.events()[after:])

        return await self.until(is_there, timeout_s, f"event {kind} {data}")

    async def tiles(self) -> dict[str, int]:
        """Number of the newest picture of each tile, as the app has it."""
        async with self._looking:
            return (await self._eyes.look()).tiles

    # What the house can be asked for.

    async def touch_paged(self, control: str) -> None:
        """Touches a control of a list that may go over several pages."""
        pages = 0
        while control not in (known := await self.hands.controls()):
            assert "more" in known, f"no control {control!r}; there are {sorted(known)}"
            assert pages < _MOST_PAGES, f"no control {control!r} on {pages} pages"
            await self.hands.touch("more")
            pages += 1
        await self.hands.touch(control)

    async def push_schedule(self, file: Path) -> None:
        """As `provision schedule push` does."""
        await asyncio.to_thread(tasks.push_schedule, self.central, TERMINAL, file)

    @contextlib.asynccontextmanager
    async def speaking_as(self, file: Path, name: str) -> AsyncIterator[aiomqtt.Client]:
        """An MQTT client with the certificate that belongs to `file`, such as `made.central_file`."""
        context = ssl.create_default_context(cafile=str(file.parent / "ca.pem"))
        context.load_cert_chain(file.parent / "certificate.pem", self.made.made.credentials(file) / "mqtt-key")
        mqtt = self.made.terminal.mqtt
        protocol = aiomqtt.ProtocolVersion.V5
        async with aiomqtt.Client(mqtt.host, mqtt.port, identifier=name, tls_context=context, protocol=protocol) as one:
            yield one

    async def sit(self, who: Character) -> None:
        """A robot at its desk, on this side of the cable."""
        await self.robots.sit(who)

    async def sit_far(self, who: Character) -> None:
        """A robot at its desk, at the other end of the cable."""
        await self.robots.sit(who, prefix=far_side(), host=NEAR)

    async def send_home(self, desk: str) -> None:
        await self.robots.send_home(desk)


def measured(what: str, value: object) -> None:
    """A figure for the reader: shown with `--log-cli-level=INFO`."""
    _logger.info("%s = %s", what, value)


def far_side() -> Sequence[str]:
    """Put before a command to run it in the far namespace, see namespace.sh; the test fails where there is none."""
    pid = os.environ.get("RUNDTISCH_FAR_PID")
    if not pid:
        pytest.fail("this test needs a network of its own: bash provisioning/namespace.sh python -m pytest …", False)
    return ("nsenter", "-t", pid, "-n", "--")


@contextlib.asynccontextmanager
async def open_house(size: str = "800x480", engine: str = "mesh") -> AsyncIterator[House]:
    """A house on its idle screen. Leaving it ends all processes; one that does not end when asked is a failure."""
    far_side()
    sources = ("--camera", "pattern", "--microphone", "tone")
    said = options.parse(["--headless", "--size", size, *sources, "--engine", engine])
    with installation.build(said) as made:
        _listen_everywhere(made.made.desk_file(DESK_SERVER))
        logs = made.directory / "logs"
        try:
            async with Supervisor(logs) as supervisor:
                house = House(made, supervisor)
                try:
                    await house.start()
                    yield house
                finally:
                    await house.close()
            assert not supervisor.had_to_insist, f"did not end when asked: {supervisor.had_to_insist}"
        finally:
            if os.environ.get(_LOGS):
                shutil.copytree(logs, os.environ[_LOGS], dirs_exist_ok=True)


def _listen_everywhere(desk_file: Path) -> None:
    """The desk server is reached from both ends of the cable."""
    loaded = desk_configuration.load(desk_file)
    listen = msgspec.structs.replace(loaded.listen, host="0.0.0.0")
    toml.write(desk_file, msgspec.structs.replace(loaded, listen=listen))
