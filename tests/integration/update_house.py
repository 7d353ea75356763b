"""A booted terminal that came with a release, a web server with the next ones, and the people who sign them.

The bundles hold what changes; the locked packages they find where the machine's first version has them.
"""

import asyncio
import contextlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from datetime import time as daytime
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from kiosk.contract import codec, configuration
from kiosk.contract.configuration import Update
from kiosk.contract.errors import MalformedError
from kiosk.contract.update import REPORT, Report
from provisioning import toml
from provisioning.central import tasks
from provisioning.demo.waiting import PatienceError
from provisioning.release import build, fleet, platform
from provisioning.release.bundle import MANIFEST, SHARE, SYSTEMD, Manifest
from tests.fakes import appliance
from tests.fakes.appliance import Disk, Machine
from tests.fakes.releases import Publisher, pack, web_server
from tests.integration.appliance_house import CENTRAL, TERMINAL, UI, ApplianceHouse, central_side, make_house, reached

UNITS = Path(__file__).parents[2] / "systemd"
FACTORY = "releases/factory"
_PACKAGES = f"/opt/rundtisch/{FACTORY}/.venv/lib/python3.11/site-packages\n"
_BROKEN = 'import os, sys; "device" in sys.orig_argv and os._exit(1)\n'
"""A line of a .pth file, which Python runs at its start: the agent ends at once, every other program is well."""
PROBATION_S = 10


def _bundle(folder: Path, serial: int, *, is_well: bool = True) -> Path:
    place = folder / f"parts-{serial}"
    shutil.copytree(UNITS, place / SYSTEMD)
    shutil.copytree(Path(sys.prefix) / "share" / "rundtisch", place / SHARE / "rundtisch")
    files = {"factory.pth": (_PACKAGES + ("" if is_well else _BROKEN)).encode()}
    return pack(place, serial, files, build.TRIAL)


def _begin_with_a_release(disk: Disk, root_file: Path, url: str) -> None:
    """What the disk came with is version 1, which has proved itself."""
    software = disk.upper / "opt/rundtisch"
    (software / "versions").mkdir(parents=True)
    (software / "versions/1").symlink_to(f"../{FACTORY}")
    for name in ("current", "proven"):
        (software / name).symlink_to("versions/1")
    now = datetime.now(UTC)
    manifest = Manifest(
        version="0.1",
        serial=1,
        platform=platform.own().name,
        made=now,
        expires=now + timedelta(days=1),
        files={},
        trial=build.TRIAL,
    )
    disk.write(f"opt/rundtisch/{FACTORY}/{MANIFEST}", msgspec.json.encode(manifest))
    file = disk.directory / "terminal.toml"
    update = Update(url=url, begin=daytime(0), end=daytime(0), probation_s=PROBATION_S)
    toml.write(file, replace(configuration.load(file), update=update))
    disk.write("etc/rundtisch/terminal.toml", file.read_bytes())
    disk.write(str(update.root_file), root_file.read_bytes())


class UpdateHouse(ApplianceHouse):
    publisher: Publisher
    network: Path
    """In which the machine lives."""

    @contextlib.asynccontextmanager
    async def after_a_power_cut(self) -> AsyncIterator[Machine]:
        """The same disk, booted again at once."""
        self.machine.cut_power()
        await self.machine.process.wait()
        # Two machines on one disk would be more than any file system stands.
        leader = Path(f"/proc/{self.machine.leader}")
        await self.until(lambda: not leader.exists(), 10.0, "the old machine is gone")
        async with appliance.booted(self.machine.disk, self.network) as machine:
            yield machine

    async def until(self, condition: Callable[[], Any], timeout_s: float, what: str) -> float:
        """As the house's; when it does not come true, what the machine is at and what it has said go into the error."""
        try:
            return await super().until(condition, timeout_s, what)
        except PatienceError as error:
            jobs = self.machine.run("systemctl", "list-jobs")
            said = self.machine.run("journalctl", "--no-pager", "--output=short-monotonic", "--lines=80")
            raise PatienceError(f"{error}; {self.report()}\n{jobs}\n{said}") from error

    async def begin(self) -> None:
        """Without appointments: nobody is about to come."""
        await asyncio.to_thread(tasks.push_directory, self.central, self.made.directory_file)
        await self.machine.until_state(UI, timeout_s=40)
        await self.hands.until(phase="idle", timeout_s=40)
        await self.machine.until_state("kiosk.target")
        await self.until(lambda: (report := self.report()) and report.has_frames, 30.0, "the agent's report")

    def release(self, serial: int, *, is_well: bool = True) -> None:
        self.publisher.stage_file(_bundle(self.publisher.folder, serial, is_well=is_well))
        self.publisher.publish()
        self.publisher.roll_out(serial)

    def link(self, name: str) -> str:
        return self.machine.run("readlink", f"/opt/rundtisch/{name}").strip()

    async def update(self) -> None:
        """The unit of updates, to its end; what comes after is another unit's."""
        await asyncio.to_thread(self.machine.run, "systemctl", "start", "kiosk-update.service", timeout_s=120)

    def ask(self, wish: str) -> None:
        """As the agent does when central has asked it; a unit waits for that."""
        words = f"""echo '{{"wish":"{wish}"}}' > /run/rundtisch/update/request"""
        self.machine.run("runuser", "-u", "rundtisch-device", "--", "sh", "-c", words)

    def report(self) -> Report | None:
        """The agent's last; None while there is none."""
        try:
            data = self.machine.path(Update().runtime_directory / REPORT).read_bytes()
            report: Report = codec.decode(data, Report, "the agent")
        except (OSError, MalformedError):
            return None
        return report

    def told(self) -> dict[str, str]:
        """What the monitor knows of the terminal's version."""
        table = fleet.status(self.central).table
        assert table is not None
        return next((dict(zip(fleet.COLUMNS, row, strict=True)) for row in table.rows if row[0] == TERMINAL), {})

    async def until_told(self, timeout_s: float, **words: str) -> None:
        await self.until(lambda: words.items() <= self.told().items(), timeout_s, f"{words} is told")


@contextlib.asynccontextmanager
async def update_house() -> AsyncIterator[UpdateHouse]:
    """Up to the idle screen, on version 1."""
    with tempfile.TemporaryDirectory(prefix="rt-") as place:
        directory = Path(place)
        disk = Disk(directory / "disk", await asyncio.to_thread(appliance.layers))
        disk.directory.mkdir()
        made = make_house(directory, disk, is_enrolled=True)
        publisher = Publisher(directory / "publisher")
        async with central_side(made) as (network, supervisor):
            with web_server(publisher.repository.public, CENTRAL) as server:
                _begin_with_a_release(disk, publisher.root_file, server.url)
                async with appliance.booted(disk, network) as machine:
                    house = UpdateHouse(reached(made, machine), supervisor, machine)
                    house.publisher, house.network = publisher, network
                    try:
                        await house.begin()
                        yield house
                    finally:
                        await house.close()
