"""Small releases on a real web server, and a terminal that takes them: its versions are a program of a few lines.

Keys, metadata, bundles, environments and pip are the product's; only what the bundles hold is small.
"""

import contextlib
import functools
import os
import re
import shutil
import ssl
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as daytime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from kiosk.contract.configuration import Configuration, Mqtt, Terminal, Update
from kiosk.contract.update import LOCK, REPORT, Progress, Report, Wish
from kiosk.contract.wiring import PinFactory, Room
from provisioning import toml
from provisioning.release import build, bundle, ceremony, keys, platform, publication
from provisioning.release.bundle import REQUIREMENTS, SYSTEMD, TOOLS, WHEELS, Manifest
from provisioning.release.offer import Rollout
from provisioning.release.repository import Repository
from provisioning.update.install import install
from provisioning.update.probation import PROBATION, Watched
from provisioning.update.updater import Surroundings, Updater

TERMINAL = "nord.r1"
PEOPLE = ("anna", "ben", "carla")
_PROGRAM = '''"""What a version of the tests runs: says its number, and does as its agent would."""
import json, os, sys, time
SERIAL, IS_WELL = {serial}, {is_well}
if sys.argv[1:2] == ["trial"]:
    sys.exit({trial})
if sys.argv[1:2] == ["agent"]:
    while IS_WELL:
        words = dict(at_s=time.clock_gettime(time.CLOCK_BOOTTIME), pid=os.getpid(), is_ready=True)
        words |= dict.fromkeys(("has_frames", "has_broker", "has_camera"), True)
        with open(sys.argv[2] + ".new", "w") as file:
            json.dump(words, file)
        os.replace(sys.argv[2] + ".new", sys.argv[2])
        time.sleep(0.05)
    sys.exit(1)
print(SERIAL)
'''


def make_bundle(
    folder: Path,
    serial: int,
    *,
    is_well: bool = True,
    trial: int = 0,
    days: int = 30,
    machine: str = "",
    padding: int = 0,
) -> Path:
    """A bundle with one wheel; `trial` is the exit code of its own test, `is_well` whether its agent runs.

    `padding` bytes are in the wheel, where they take no room.
    """
    text = _PROGRAM.format(serial=serial, is_well=is_well, trial=trial)
    place = folder / f"parts-{serial}"
    (place / SYSTEMD).mkdir(parents=True)
    (place / SYSTEMD / "kiosk-small.service").write_text(f"[Unit]\nDescription=small {serial}\n")
    files = {"small.py": text.encode(), "small.dat": bytes(padding)}
    return pack(place, serial, files, ("-m", "small", "trial"), days=days, machine=machine)


def pack(
    place: Path, serial: int, files: dict[str, bytes], trial: tuple[str, ...], *, days: int = 30, machine: str = ""
) -> Path:
    """A bundle of what lies in the folder `place`, which goes, and of one wheel with these files."""
    wheels = place / WHEELS
    write_wheel(wheels, serial, files)
    (place / REQUIREMENTS).write_text(build.requirements(wheels))
    (place / TOOLS).mkdir()
    shutil.copy(build.pip_wheel(), place / TOOLS)
    made = datetime.now(UTC).replace(microsecond=0)
    manifest = Manifest(
        version=f"0.{serial}",
        serial=serial,
        platform=machine or platform.own().name,
        made=made,
        expires=made + timedelta(days=days),
        files=bundle.hashes_of(place),
        trial=trial,
    )
    path = place.parent / f"{serial}.tar"
    bundle.pack(place, manifest, path)
    shutil.rmtree(place)
    return path


def write_wheel(wheels: Path, serial: int, files: dict[str, bytes]) -> None:
    """A wheel `small` of that version with these files, into the folder `wheels`."""
    about = f"small-{serial}.dist-info"
    wheels.mkdir(parents=True)
    with zipfile.ZipFile(wheels / f"small-{serial}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in files.items():
            wheel.writestr(name, data)
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: small\nVersion: {serial}\n")
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        listed = (*files, f"{about}/METADATA", f"{about}/WHEEL", f"{about}/RECORD")
        wheel.writestr(f"{about}/RECORD", "".join(f"{name},,\n" for name in listed))


class Publisher:
    """Those who release: three people for either role, of whom two are enough."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in PEOPLE:
            keys.create(folder / "keys", name)
        public = [keys.load_public(folder / "keys" / f"{name}.pub") for name in PEOPLE]
        now = datetime.now(UTC)
        self.repository = ceremony.create(folder / "releases", public, public, {"root": 2, "release": 2}, now)
        self.publish()

    @classmethod
    def of(cls, folder: Path) -> "Publisher":
        """With a folder that is there."""
        publisher = cls.__new__(cls)
        publisher.folder, publisher.repository = folder, Repository(folder / "releases")
        return publisher

    def key(self, name: str) -> Path:
        return self.folder / "keys" / f"{name}.key"

    def publish(self, by: tuple[str, ...] = ("anna", "ben"), now: datetime | None = None) -> None:
        """Signed by these people, what is staged is published."""
        for name in by if ceremony.pending(self.repository) else ():
            ceremony.sign_all(self.repository, keys.load(self.key(name)))
        publication.publish(self.repository, now or datetime.now(UTC))

    def stage(self, serial: int, **flavour: Any) -> Path:
        """A bundle of that serial is built and waits for signatures; returns the file."""
        return self.stage_file(make_bundle(self.folder, serial, **flavour))

    def stage_file(self, path: Path) -> Path:
        publication.add(self.repository, (path,), datetime.now(UTC))
        return path

    def force_publish(self, by: tuple[str, ...]) -> None:
        """As somebody would who has the server and these keys: nobody asks whether they still count."""
        path = self.repository.staged / "targets.json"
        staged = path.read_bytes()
        signers = [keys.load(self.key(name)) for name in by]
        for signer in signers:
            ceremony.sign(path, signer, [signer.public_key])
        self.repository.publish("targets", self.repository.read(path))
        publication.renew(self.repository, datetime.now(UTC))
        path.write_bytes(staged)

    def revoke(self, name: str) -> None:
        ceremony.change(self.repository, "release", add=(), remove=(name,), thresholds={}, now=datetime.now(UTC))
        self.publish()

    def snapshot(self, folder: Path) -> Path:
        """What is public now, as a copy."""
        return Path(shutil.copytree(self.repository.public, folder))

    def release(self, serial: int, percent: int = 100, **flavour: Any) -> Path:
        """A bundle of that serial is built, signed, published and rolled out; returns the file."""
        path = self.stage(serial, **flavour)
        self.publish()
        self.roll_out(serial, percent)
        return path

    def roll_out(self, serial: int, percent: int = 100, *, is_halted: bool = False) -> None:
        rollout = Rollout(serial=serial, percent=percent, is_halted=is_halted)
        publication.roll_out(self.repository, rollout, datetime.now(UTC))

    @property
    def root_file(self) -> Path:
        """What a terminal is given at its enrolment."""
        return self.repository.metadata / "1.root.json"


class _Answer(BaseHTTPRequestHandler):
    """Static files, with ranges."""

    server: "WebServer"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range") or ""))
        path = self.server.folder / self.path.lstrip("/")
        if self.server.is_down or not path.is_file():
            self.send_error(503 if self.server.is_down else 404)
            return
        data = self.server.falsify(self.path, path.read_bytes())
        found = (
            re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "") if self.server.knows_ranges else None
        )
        start, last = (int(one) if one else None for one in found.groups()) if found else (None, None)
        data = data[start or 0 : None if last is None else last + 1]
        self.send_response(206 if found else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        most_bytes = self.server.most_bytes if "/bundles/" in self.path else len(data)
        self.server.sent_bytes += min(len(data), most_bytes)
        with contextlib.suppress(OSError):
            self.wfile.write(data[:most_bytes])
        if len(data) > most_bytes:
            self.close_connection = True

    def handle(self) -> None:
        """A client that does not like our certificate hangs up."""
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


class WebServer(ThreadingHTTPServer):
    """On a free port. A test may make it lie, break off or stay away."""

    daemon_threads = True

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), _Answer)
        self.folder = folder
        self.asked: list[tuple[str, str]] = []
        self.sent_bytes = 0
        self.is_down = False
        self.knows_ranges = True
        self.scheme = "http"
        self.most_bytes = 1 << 40
        """Of one answer with a bundle, after which it breaks off."""
        self.falsify: Callable[[str, bytes], bytes] = lambda path, data: data

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.server_address[0]!s}:{self.server_address[1]}"


@contextlib.contextmanager
def web_server(folder: Path, host: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> Iterator[WebServer]:
    """`context`: for https."""
    server = WebServer(folder, host)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.scheme = "https"
    thread = threading.Thread(target=functools.partial(server.serve_forever, poll_interval=0.01), name="web")
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Processes:
    """In the place of systemd: one process of the version that is current, started again when it ends."""

    software: Path
    report: Path
    said: list[str] = field(default_factory=list)
    process: "subprocess.Popen[bytes] | None" = None

    def place(self) -> None:
        self.said.append("place")

    def restart(self) -> None:
        self.said.append("restart")
        self.stop()
        python = self.software / "current" / ".venv" / "bin" / "python"
        self.process = subprocess.Popen([str(python), "-m", "small", "agent", str(self.report)])

    def watch(self) -> None:
        self.said.append("watch")

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


class Machine:
    """A terminal's disk with version 1 installed and proven."""

    def __init__(self, folder: Path, root_file: Path, url: str, first: Path, **update: Any) -> None:
        """`first`: the bundle it came with, or the software folder of another machine."""
        self.folder = folder
        self.file = folder / "terminal.toml"
        section = Update(
            url=url,
            begin=daytime(0),
            end=daytime(0),
            rate_kbps=10_000_000,
            probation_s=1,
            patience_s=2,
            root_file=folder / "root.json",
            software_directory=folder / "software",
            state_directory=folder / "state",
            runtime_directory=folder / "run",
        )
        section = replace(section, **update)
        for path in (section.state_directory, section.runtime_directory):
            path.mkdir(parents=True)
        shutil.copy(root_file, section.root_file)
        self.configuration = Configuration(
            terminal=Terminal(name=TERMINAL, room="R1"),
            mqtt=Mqtt(host="localhost", ca_file=folder / "ca.pem", certificate_file=folder / "certificate.pem"),
            room=Room(pin_factory=PinFactory.MOCK),
            update=section,
        )
        toml.write(self.file, self.configuration)
        self.services = Processes(section.software_directory, section.runtime_directory / REPORT)
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        if first.is_dir():
            shutil.copytree(first, section.software_directory, symlinks=True)
        else:
            versions = self.updater().versions
            manifest = install(first, versions, self.file, self.now())
            versions.found(manifest.serial)

    def set(self, *, time_zone: str = "", **update: Any) -> None:
        """Changes the configuration."""
        terminal = self.configuration.terminal
        self.configuration = replace(
            self.configuration,
            terminal=replace(terminal, time_zone=time_zone or terminal.time_zone),
            update=replace(self.configuration.update, **update),
        )

    def updater(self, pause: Callable[[float], None] = lambda seconds: time.sleep(seconds / 20)) -> Updater:
        """As a new process would have it; it waits a twentieth of the time."""
        return Updater(self.configuration, self.file, Surroundings(self.services, lambda: self.now(), pause))

    def update(self, wish: Wish | None = Wish.APPLY) -> Progress:
        return self.updater().run(wish)

    def running(self) -> int:
        """What the program of the current version says that it is."""
        python = self.configuration.update.software_directory / "current" / ".venv" / "bin" / "python"
        done = subprocess.run([str(python), "-m", "small"], capture_output=True, text=True, check=True)
        return int(done.stdout)

    def says(self, **words: Any) -> None:
        """In the place of the agent: one report."""
        usual = {"at_s": time.clock_gettime(time.CLOCK_BOOTTIME), "pid": os.getpid()}
        report = Report(**{**usual, **_WELL, **words})
        (self.configuration.update.runtime_directory / REPORT).write_bytes(msgspec.json.encode(report))

    @property
    def software(self) -> Path:
        return self.configuration.update.software_directory

    def boots(self, name: str) -> None:
        """The watch on probation was begun in a life of the machine that was called so."""
        path = self.configuration.update.state_directory / PROBATION
        watched = msgspec.json.decode(path.read_bytes(), type=Watched)
        path.write_bytes(msgspec.json.encode(replace(watched, boot=name)))

    @property
    def lock_file(self) -> Path:
        return self.configuration.update.runtime_directory / LOCK

    def notes(self) -> list[tuple[str, dict[str, object]]]:
        """What central is told, in order."""
        folder = self.configuration.update.state_directory / "notes"
        found = [msgspec.json.decode(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
        return [(one["type"], one["data"]) for one in found]


_WELL = {"has_frames": True, "has_broker": True, "has_camera": True}
