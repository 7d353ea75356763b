"""The demo's miniature installation: made like a real one, then told where its sockets, camera and screen are."""

import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.contract import configuration
from kiosk.contract.configuration import Configuration, EngineChoice, Links, Media, Paths, Ui
from kiosk.contract.wiring import (
    DoorSign,
    Drive,
    HelpButton,
    HelpLamp,
    HelpRelay,
    Light,
    MuteSwitch,
    Name,
    Parts,
    PinFactory,
    PrivacyLed,
    Room,
    Shutter,
)
from provisioning import installation, janus, toml
from provisioning.broker import find_mosquitto
from provisioning.demo import machine
from provisioning.demo.options import Options
from provisioning.demo.ports import HOST, free_port
from provisioning.demo.processes import Program

TERMINAL = "rathaus.zimmer-2"
ROOM_NAME = "Beratung 2"
DESK_SERVER = "desk-1"
PERSONS_DESK = "crafts-1"
"""No robot sits there; the link to it is printed. There a call for help can be answered, too."""
_OWN = Path(__file__).parent
_PREFIX = "rundtisch-demo-"
_PAGE_PORT = 8080
_MEMORY = Path("/dev/shm")
PARTS: dict[Name, Parts] = {
    "door-sign": DoorSign(lamps={"free": 17, "busy": 27, "wait": 22}),
    "ceiling-light": Light(pin=23),
    "help-button": HelpButton(pin=24),
    "help-lamp": HelpLamp(pin=25),
    "counsellor-button": HelpButton(pin=4, is_silent=True),
    "help-relay": HelpRelay(pin=13),
    "shutter": Shutter(drive=Drive.MOTOR, open_pin=5, shut_pin=6, is_open_pin=19, is_shut_pin=16, travel_s=0.3),
    "privacy-led": PrivacyLed(pin=20),
    "mute-switch": MuteSwitch(pin=26),
}
"""The room of the demo: on mock pins, with a shutter that moves as a real one."""
_RELATIVE_TIME = re.compile(r"@([+-]\d+)")


@dataclass(frozen=True)
class House:
    """Where everything of the demo is."""

    directory: Path
    memory: Path
    """On tmpfs: what must not touch a disk."""
    made: installation.Installation
    broker_port: int
    page_port: int
    media_server_port: int
    """0: there is none."""
    terminal: Configuration
    environment: Mapping[str, str]

    @property
    def schedule_file(self) -> Path:
        return self.directory / "schedule.ics"

    @property
    def directory_file(self) -> Path:
        return self.made.central_file.parent / "directory.toml"

    def broker(self) -> Program:
        return Program(name="broker", command=(find_mosquitto(), "-c", str(self.made.broker_file)))

    @property
    def media_server_directory(self) -> Path:
        return self.directory / "media-server"

    def media_server(self) -> Program:
        return Program(name="media-server", command=janus.command(self.media_server_directory))

    def process(self, name: str, module: str, file: Path) -> Program:
        """One of our processes, with its keys where systemd would put them."""
        keys = {"CREDENTIALS_DIRECTORY": str(self.made.credentials(file))}
        command = (sys.executable, "-m", module, str(file))
        return Program(name=name, command=command, environment={**self.environment, **keys})

    def agent(self) -> Program:
        agent = self.process("agent", "device", self.terminal_file)
        return replace(agent, command_after=(sys.executable, "-m", "device.room.safe", str(self.terminal_file)))

    def media(self) -> Program:
        return self._without_keys("media", "kiosk.media")

    def ui(self) -> Program:
        return self._without_keys("ui", "kiosk.ui")

    def desk(self) -> Program:
        return self.process("desk", "kiosk.desk", self.made.desk_file(DESK_SERVER))

    @property
    def terminal_file(self) -> Path:
        return self.made.terminal_file(TERMINAL)

    def _without_keys(self, name: str, module: str) -> Program:
        command = (sys.executable, "-m", module, str(self.terminal_file))
        return Program(name=name, command=command, environment=self.environment)


@contextlib.contextmanager
def build(options: Options) -> Iterator[House]:
    """Makes the installation in a temporary folder, which is gone when the context is left."""
    _sweep()
    with contextlib.ExitStack() as stack:
        directory = _folder(stack, None)
        memory = _folder(stack, _MEMORY if os.access(_MEMORY, os.W_OK) else directory)
        broker_port, page_port = free_port(), free_port(_PAGE_PORT)
        media_server_port = 0 if options.engine is EngineChoice.MESH else free_port()
        plan = installation.Plan(
            terminals=(TERMINAL,),
            hosts=(HOST,),
            broker_port=broker_port,
            desk_servers=(DESK_SERVER,),
            desk_port=page_port,
            page=f"http://{HOST}:{page_port}",  # a page on 127.0.0.1 may use camera and microphone without TLS
            media_servers=(f"ws://{HOST}:{media_server_port}",) if media_server_port else (),
            is_miniature=True,
        )
        made = installation.create(directory / "house", plan)
        file = made.terminal_file(TERMINAL)
        terminal = _terminal(configuration.load(file), directory, memory, options)
        toml.write(file, terminal)
        house = House(
            directory,
            memory,
            made,
            broker_port,
            page_port,
            media_server_port,
            terminal,
            _environment(directory, options),
        )
        if media_server_port:
            janus.find_janus()
            janus.write(house.media_server_directory, address=HOST, port=media_server_port)
        shutil.copyfile(_OWN / "directory.toml", house.directory_file)
        house.schedule_file.write_text(schedule(datetime.now(UTC)), encoding="utf-8", newline="\r\n")
        yield house


def schedule(now: datetime) -> str:
    """The demo's calendar, with its times counted from `now`."""
    start = now.replace(second=0, microsecond=0)
    template = (_OWN / "schedule.ics").read_text(encoding="utf-8")
    return _RELATIVE_TIME.sub(lambda at: f"{start + timedelta(minutes=int(at[1])):%Y%m%dT%H%M%SZ}", template)


def _terminal(made: Configuration, directory: Path, memory: Path, options: Options) -> Configuration:
    sockets = directory / "run"
    sockets.mkdir(mode=0o700)  # as systemd does; whoever listens there first may be any of the three
    return Configuration(
        terminal=configuration.Terminal(name=TERMINAL, room=ROOM_NAME),
        mqtt=made.mqtt,
        links=Links(
            ui_socket=sockets / "ui.sock", media_socket=sockets / "media.sock", frames_socket=sockets / "frames.sock"
        ),
        help=configuration.Help(desks=(PERSONS_DESK,)),
        paths=Paths(runtime_directory=memory / "device", state_directory=directory / "state"),
        room=Room(
            pin_factory=PinFactory.MOCK,
            parts=PARTS,
            bench_socket=sockets / "bench.sock",
            bench_file=memory / "bench.levels",
        ),
        ui=Ui(
            width_px=options.size.width_px,
            height_px=options.size.height_px,
            dpi=options.size.dpi,
            is_near=options.size.is_near,
            is_fullscreen=False,
            hands_socket=sockets / "hands.sock",
        ),
        media=_media(options),
    )


def _media(options: Options) -> Media:
    """A webcam and sound where there are any, for people; a pattern and a tone for the visitor."""
    camera = options.camera or ("" if options.is_headless else machine.webcam()) or "pattern"
    has_sound = not options.is_headless and machine.has_sound()
    microphone = options.microphone or ("default" if has_sound else "tone")
    return Media(
        camera=camera,
        microphone=microphone,
        loudspeaker="default" if has_sound else "none",
        width_px=640,
        height_px=360,
        frames_per_second=20,
        engine=options.engine,
    )


def _environment(directory: Path, options: Options) -> dict[str, str]:
    found = {"KIVY_NO_ARGS": "1", "KIVY_HOME": str(directory / "kivy"), "PYTHONUNBUFFERED": "1"}
    # Shaders that Mesa compiled once: beside the fonts, not in the user's home.
    found["MESA_SHADER_CACHE_DIR"] = str(Path(sys.prefix, "share", "rundtisch"))
    if not options.has_display:
        found |= {"SDL_VIDEODRIVER": "offscreen"}
    return found


def _folder(stack: contextlib.ExitStack, where: Path | None) -> Path:
    path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=where))
    stack.callback(shutil.rmtree, path, ignore_errors=True)
    return path


def _sweep() -> None:
    """Removes what a demo left behind that was killed with -9."""
    for where in (Path(tempfile.gettempdir()), _MEMORY):
        for path in where.glob(f"{_PREFIX}*"):
            pid = path.name.removeprefix(_PREFIX).partition("-")[0]
            if pid.isdigit() and not Path("/proc", pid).exists():
                shutil.rmtree(path, ignore_errors=True)
