"""A terminal that booted its own disk, and the central side in another network: broker, desk, robots, a watcher.

The disk is as on a Raspberry Pi but for what this machine has not: the configuration names a pattern, a tone and mock
pins, and two drop-ins take away the screen.
"""

import asyncio
import contextlib
import dataclasses
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from kiosk.contract import configuration
from kiosk.contract.configuration import Configuration, Display, Media, SelfTest, Ui
from kiosk.contract.wiring import PinFactory, Room
from provisioning import installation as installations
from provisioning import toml
from provisioning.card import settings
from provisioning.central import tasks
from provisioning.central.enrolment import configuration as enrolment_configuration
from provisioning.central.enrolment.configuration import Enrolment, Listen, Revocations
from provisioning.demo import installation as demo
from provisioning.demo.ports import free_port, until_open
from provisioning.demo.processes import Supervisor
from provisioning.enrolment import ticket as tickets
from tests.fakes import appliance
from tests.fakes.appliance import Disk, Machine
from tests.fakes.enrolment_house import EnrolmentHouse
from tests.fakes.process_list import ProcessList, key_of, secrets_below
from tests.integration.house import House

TERMINAL = demo.TERMINAL
CENTRAL, OUT_THERE = "10.99.1.1", "10.99.1.2"
"""The central side's end of the cable, and the terminal's."""
AGENT, MEDIA, UI = "kiosk-device.service", "kiosk-media.service", "kiosk-ui.service"
_NO_SCREEN = """[Service]
# The compositor's own way without a panel; XWayland and the app are as ever.
Environment=WLR_BACKENDS=headless WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1 LIBGL_ALWAYS_SOFTWARE=1
Environment=MESA_SHADER_CACHE_DIR=%t/rundtisch-ui
"""
_NO_CONSOLE = """[Service]
StandardOutput=truncate:/run/{name}
"""
_START_S = 40.0
CONTACT = "Empfang, 030 4711"
_CABLE_S, _LOOK_S = 10.0, 0.001
_SERVER = "etc/systemd/system/kiosk-firstboot.service.d/60-enrolment-server.conf"
SHOWN_PAGE, SHOWN_ENROLMENT = "/run/out-of-service", "/run/firstboot"
"""Where the machine has what would be on its console when it is out of service, and while it is enrolled."""


def make_installation(directory: Path) -> tuple[installations.Installation, int, int]:
    """An installation on the central end of the cable, with the demo's directory: also the ports of broker and page."""
    broker_port, page_port = free_port(), free_port()
    plan = installations.Plan(
        terminals=(TERMINAL,),
        hosts=(CENTRAL,),
        broker_port=broker_port,
        desk_servers=(demo.DESK_SERVER,),
        desk_host=CENTRAL,
        desk_port=page_port,
        page=f"http://{CENTRAL}:{page_port}",
        is_miniature=True,
    )
    made = installations.create(directory, plan)
    shutil.copyfile(Path(demo.__file__).parent / "directory.toml", made.central_file.parent / "directory.toml")
    return made, broker_port, page_port


def on_its_disk(made: Configuration) -> Configuration:
    """The terminal's own file: the real folders, sockets and users, the simulated room."""
    etc = installations.ON_ITS_MACHINE
    mqtt = replace(made.mqtt, ca_file=etc / "ca.pem", certificate_file=etc / "certificate.pem")
    return replace(
        made,
        terminal=replace(made.terminal, room=demo.ROOM_NAME),
        mqtt=mqtt,
        room=Room(
            pin_factory=PinFactory.MOCK,
            parts=demo.PARTS,
            bench_socket=Path("/run/rundtisch/device/bench.sock"),
            bench_file=Path("/run/rundtisch/device/bench.levels"),
        ),
        ui=Ui(width_px=1280, height_px=800, is_fullscreen=False, hands_socket=Path("/run/rundtisch-ui/hands.sock")),
        media=Media(
            camera="pattern", microphone="tone", loudspeaker="none", width_px=640, height_px=360, frames_per_second=20
        ),
        display=Display(rungs=()),
        self_test=SelfTest(is_on=False),
    )


def prepare(disk: Disk, made: installations.Installation, *, is_enrolled: bool) -> Configuration:
    """Writes what a terminal begins with to its disk, as `provision` leaves it; returns its configuration.

    `is_enrolled`: with a key and a certificate that were made for it; else it has to get one.
    """
    folder = made.terminal_file(TERMINAL).parent
    terminal = on_its_disk(configuration.load(made.terminal_file(TERMINAL)))
    file = disk.directory / "terminal.toml"
    toml.write(file, terminal)
    disk.write("etc/rundtisch/terminal.toml", file.read_bytes())
    disk.write(f"etc/rundtisch/{settings.PAGE}", settings.page(CONTACT))
    disk.write("etc/rundtisch/ca.pem", (folder / "ca.pem").read_bytes())
    if is_enrolled:
        disk.write("etc/rundtisch/certificate.pem", (folder / "certificate.pem").read_bytes())
    for name in (installations.MQTT_KEY, installations.STAFF_PIN) if is_enrolled else (installations.STAFF_PIN,):
        disk.write(f"etc/rundtisch/credentials/{name}", (folder / "credentials" / name).read_bytes(), 0o600)
    (disk.upper / "etc/rundtisch/credentials").chmod(0o700)
    without_screen(disk)
    return terminal


def without_screen(disk: Disk) -> None:
    """The app draws to memory, what would be on the console goes to files, and a quarter of an hour is short."""
    disk.drop_in("kiosk-again.timer", "[Timer]\nOnActiveSec=\nOnActiveSec=4s\nAccuracySec=100ms\n")
    disk.drop_in(UI, _NO_SCREEN)
    for name in ("out-of-service", "firstboot"):
        disk.drop_in(f"kiosk-{name}.service", _NO_CONSOLE.format(name=name))


@contextlib.contextmanager
def cable() -> Iterator[Path]:
    """A network of its own for the machine with a cable to here; its path, for `appliance.booted`.

    Raises:
        ApplianceError: we are not in a namespace of our own.
    """
    if "RUNDTISCH_FAR_PID" not in os.environ:
        raise appliance.ApplianceError("a network of its own is needed: bash provisioning/namespace.sh COMMAND…")
    keeper = subprocess.Popen(("setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity"))
    try:
        network = Path(f"/proc/{keeper.pid}/ns/net")
        own = os.readlink("/proc/self/ns/net")
        deadline = time.monotonic() + _CABLE_S
        while os.readlink(network) == own:
            if time.monotonic() > deadline:
                raise appliance.ApplianceError(f"no network of its own for process {keeper.pid}")
            time.sleep(_LOOK_S)
        there = f"nsenter -t {keeper.pid} -n ip"
        subprocess.run(
            f"ip link add near1 type veth peer name eth0 netns {keeper.pid}"
            f" && ip address add {CENTRAL}/24 dev near1 && ip link set near1 up && {there} link set lo up"
            f" && {there} address add {OUT_THERE}/24 dev eth0 && {there} link set eth0 up",
            shell=True,
            check=True,
        )
        yield network
    finally:
        keeper.kill()
        keeper.wait()


@dataclasses.dataclass(frozen=True)
class FirstStart:
    """What was to be seen before the terminal had a certificate."""

    title: str = ""
    console: str = ""
    app: int = 0
    """Process of the touch app."""
    states: dict[str, str] = dataclasses.field(default_factory=dict)
    """Of units that need a certificate."""


class ApplianceHouse(House):
    """A booted terminal and its central side; all that a house can be asked for, and the machine."""

    ticket: tickets.Ticket
    processes: ProcessList
    """Looked at from before the machine began, until a test ends that."""

    def __init__(self, made: demo.House, supervisor: Supervisor, machine: Machine) -> None:
        super().__init__(made, supervisor)
        self.machine = machine
        self.first = FirstStart()

    async def enrol(self) -> None:
        """Without a ticket there is a code on the screen; somebody brings a ticket instead, and starts it again."""
        await self.machine.until_state(UI, timeout_s=_START_S)
        title = await self._title_with("Code")
        states = {unit: self.machine.state(unit) for unit in (AGENT, MEDIA, "kiosk-device-ui.socket")}
        self.first = FirstStart(title, self.machine.run("cat", SHOWN_ENROLMENT), self.machine.pid(UI), states)
        self.machine.path(f"/boot/firmware/{tickets.NAME}").write_text(tickets.text(self.ticket))
        self.machine.run("systemctl", "restart", "kiosk-firstboot.service")

    async def _title_with(self, word: str) -> str:
        """The sentence at the top of the screen, once it has this word."""
        async with asyncio.timeout(_START_S):
            while True:
                title: str = (await self.hands._ask(do="state"))["title"]
                if word in title:
                    return title
                await asyncio.sleep(_LOOK_S)

    def secrets(self) -> dict[str, bytes]:
        """The central side's keys, and the terminal's key and PIN."""
        found = secrets_below(self.made.made.directory)
        for place in ("/run/credentials/kiosk-device.service", "/run/rundtisch/device"):
            with contextlib.suppress(FileNotFoundError):
                found[f"key in {place}"] = key_of(self.machine.path(f"{place}/mqtt-key").read_bytes())
        pin = self.machine.path("/run/credentials/kiosk-device.service/staff-pin").read_bytes()
        return {**found, "PIN": pin.strip()}

    async def start(self) -> None:
        """The machine is on its way already; the central side does its part."""
        self._background.append(asyncio.create_task(self.supervisor.failure(), name="failure"))
        self._background.append(asyncio.create_task(self.watcher.run(), name="watcher"))
        await asyncio.to_thread(tasks.push_directory, self.central, self.made.directory_file)
        await self.push_schedule(self.made.schedule_file)
        for unit in (MEDIA, UI):
            await self.machine.until_state(unit, timeout_s=_START_S)
        await self.hands.until(phase="idle", timeout_s=_START_S)
        await self.until(lambda: bool(self.state().appointments), 5.0, "the schedule")


@contextlib.asynccontextmanager
async def appliance_house() -> AsyncIterator[ApplianceHouse]:
    """Everything up to the idle screen; the terminal began without a certificate, and without a ticket."""
    with tempfile.TemporaryDirectory(prefix="rt-") as place:
        directory = Path(place)
        disk = Disk(directory / "disk", await asyncio.to_thread(appliance.layers))
        disk.directory.mkdir()
        house = make_house(directory, disk, is_enrolled=False)
        async with (
            central_side(house) as (network, supervisor),
            enrolment_server(house) as central,
        ):
            # The boot partition, where `enrol` puts a ticket.
            disk.write("boot/firmware/config.txt", "")
            disk.write(_SERVER, f"[Service]\nEnvironment=RUNDTISCH_ENROLMENT_SERVER={central.url}\n")
            with ProcessList() as processes:
                async with appliance.booted(disk, network) as machine:
                    joined = ApplianceHouse(reached(house, machine), supervisor, machine)
                    joined.ticket, joined.processes = central.ticket(TERMINAL), processes
                    try:
                        await joined.enrol()
                        await joined.start()
                        yield joined
                    finally:
                        await joined.close()


@contextlib.asynccontextmanager
async def enrolment_server(house: demo.House) -> AsyncIterator[EnrolmentHouse]:
    """The real one, with the installation's authority."""
    authority, folder = house.made.authority, house.directory / "enrolment"
    enrolment = Enrolment(
        url=f"https://{CENTRAL}:1",
        authority_directory=authority.directory,
        state_directory=folder / "state",
        listen=Listen(host=CENTRAL, port=0),
        revocations=Revocations(file=folder / "revoked.crl"),
    )
    file = folder / "enrolment.toml"
    enrolment_configuration.write(file, enrolment, authority, (CENTRAL,))
    central = EnrolmentHouse(folder, enrolment_configuration.load(file))
    with central.registry:
        async with central.serving(CENTRAL):
            yield central


def make_house(directory: Path, disk: Disk, *, is_enrolled: bool) -> demo.House:
    """An installation, and its terminal on the disk."""
    made, broker_port, page_port = make_installation(directory / "house")
    terminal = prepare(disk, made, is_enrolled=is_enrolled)
    environment = {"KIVY_NO_ARGS": "1", "PYTHONUNBUFFERED": "1"}
    house = demo.House(directory, directory, made, broker_port, page_port, 0, terminal, environment)
    house.schedule_file.write_text(demo.schedule(datetime.now(UTC)), encoding="utf-8", newline="\r\n")
    return house


@contextlib.asynccontextmanager
async def central_side(house: demo.House) -> AsyncIterator[tuple[Path, Supervisor]]:
    """Broker and desk server, and the network at the other end of the cable."""
    with cable() as network:
        async with Supervisor(house.directory / "logs") as supervisor:
            await supervisor.start(house.broker())
            await supervisor.start(house.desk())
            await until_open(house.broker_port, host=CENTRAL)
            yield network, supervisor


def reached(house: demo.House, machine: Machine) -> demo.House:
    """The same house with the machine's sockets and folders as we reach them."""
    terminal = house.terminal
    ui = replace(terminal.ui, hands_socket=machine.path("/run/rundtisch-ui/hands.sock"))
    paths = replace(terminal.paths, runtime_directory=machine.path(terminal.paths.runtime_directory))
    room = replace(terminal.room, bench_socket=machine.path("/run/rundtisch/device/bench.sock"))
    return dataclasses.replace(house, terminal=replace(terminal, ui=ui, paths=paths, room=room))
