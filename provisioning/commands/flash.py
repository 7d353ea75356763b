"""`provision flash`: from a blank card to one that needs only be plugged in."""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from kiosk.contract.errors import ConfigurationError
from provisioning import plan as plans
from provisioning.card import disks, flashing, image, parts, settings
from provisioning.card.flashing import Job, Report
from provisioning.card.preparation import Preparation
from provisioning.card.software import Releases
from provisioning.card.system import System
from provisioning.central.enrolment.configuration import ENVIRONMENT
from provisioning.commands import steps
from provisioning.commands.area import Area, DryRun
from provisioning.commands.entries import HERE, Folder
from provisioning.outcome import Done, Table

area = Area("A card for a room's terminal, written and read back.", is_single=True)
_EXAMPLES = (
    "provision flash rathaus.zimmer-2 --device /dev/sdb --from raspios-lite.img.xz --releases releases",
    "provision flash rathaus.zimmer-2 --boot-folder /media/me/bootfs --ticket zimmer-2.toml",
    "provision flash rathaus.zimmer-2 --image zimmer-2.img --from raspios-lite-arm64.img.xz --dry-run",
)
_Room = Annotated[str, typer.Argument(metavar="ROOM", help="The room's terminal, SITE.ROOM, as in the plan.")]
_Device = Annotated[Path | None, typer.Option(metavar="/dev/sdX", help="The card, in a reader.")]
_Fixed = Annotated[
    Path | None,
    typer.Option(
        metavar="/dev/sdX", help="In place of --device: a disk at USB that is not removable, as an SSD in a case."
    ),
]
_ImageFile = Annotated[
    Path | None, typer.Option("--image", metavar="FILE", help="An image file in place of a card.", show_default=False)
]
_BootFolder = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where a card's boot partition is mounted, as after Raspberry Pi Imager."),
]
_Source = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="IMAGE",
        help="Raspberry Pi OS Lite (64-bit): .img, .xz, .gz or .zip. Left out: what is on the card is made ready.",
    ),
]
_Sum = Annotated[str, typer.Option("--sha256", metavar="HEX", help="Of IMAGE, as its publisher names it.")]
_Ticket = Annotated[Path | None, typer.Option(metavar="FILE", help="Its enrolment, drawn elsewhere for this terminal.")]
_Enrolment = Annotated[
    Path | None,
    typer.Option(
        metavar="ENROLMENT.toml",
        envvar=ENVIRONMENT,
        help="The enrolment server's file: a ticket is drawn. Without both, the terminal shows a code to approve.",
    ),
]
_Releases = Annotated[
    str,
    typer.Option(
        metavar="DIR|URL",
        envvar="RUNDTISCH_RELEASES",
        help="Where releases are published: what is rolled out goes on the card, its signatures checked.",
    ),
]
_ReleaseRoot = Annotated[
    Path | None, typer.Option(metavar="root.json", help="Whose signatures count; default: as that folder says.")
]
_Packages = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Debian packages, for a house without a package server.")
]
_System = Annotated[System | None, typer.Option(help="Where the image does not show which it is.")]
_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a card is overwritten.")]


@area.task("flash", examples=_EXAMPLES)
def flash(
    room: _Room,
    device: _Device = None,
    fixed: _Fixed = None,
    image_file: _ImageFile = None,
    boot_folder: _BootFolder = None,
    source: _Source = None,
    sha256: _Sum = "",
    ticket: _Ticket = None,
    enrolment: _Enrolment = None,
    releases: _Releases = "",
    release_root: _ReleaseRoot = None,
    packages: _Packages = None,
    plan: Folder = HERE,
    system: _System = None,
    yes: _Yes = False,
    dry_run: DryRun = False,
) -> Done:
    """A card for a room's terminal, written and read back.

    Plug it in, and the terminal installs itself, enrols and is there.

    Everything is looked at before anything is written. Disks that are mounted or part of this machine are refused. What
    was written is read back from the card; until that has succeeded the card starts nothing, and says so when it is
    looked at again.
    """
    _check_targets((device, fixed, image_file, boot_folder), boot_folder, source)
    with tempfile.TemporaryDirectory(prefix="rundtisch-flash-") as workspace:
        preparation = _preparation(room, plan, packages)
        if releases:
            preparation = replace(preparation, software=Releases(releases, release_root, Path(workspace)))
        if source and sha256:
            image.check(source, sha256)
        disk = device or fixed
        if disk and source and not (yes or dry_run):
            _ask(disks.look(disk), may_be_fixed=fixed is not None)
        if ticket:
            preparation = replace(preparation, ticket=parts.ticket(ticket, preparation.terminal))
        elif enrolment and not dry_run:
            preparation = replace(preparation, draw=parts.drawing(enrolment, preparation.terminal))
        job = Job(preparation=preparation, source=source, system=system, is_dry=dry_run)
        report = _write(job, disk, image_file, boot_folder, may_be_fixed=fixed is not None)
    return _told(report, room, job, will_draw=bool(enrolment and dry_run and not ticket))


def _write(
    job: Job, device: Path | None, image_file: Path | None, folder: Path | None, *, may_be_fixed: bool
) -> Report:
    with steps.shown() as progress:
        if device:
            return flashing.to_device(job, device, progress, may_be_fixed=may_be_fixed)
        if image_file:
            return flashing.to_image(job, image_file, progress)
        assert folder is not None  # one of the three is there
        return flashing.to_folder(job, folder)


def _check_targets(targets: tuple[Path | None, ...], folder: Path | None, source: Path | None) -> None:
    if sum(1 for path in targets if path) != 1:
        raise typer.BadParameter("exactly one of --device, --fixed, --image and --boot-folder is wanted")
    if folder and source:
        raise typer.BadParameter("--from goes with a device or --image: a folder is of a card that is written already")


def _preparation(room: str, plan: Path, packages: Path | None) -> Preparation:
    whole = plans.read(plan)
    found = whole.room(room)
    return Preparation(
        terminal=found.name,
        network=found.network,
        time_zone=found.time_zone,
        staff_pin=parts.staff_pin(found.staff_pin_file) if found.staff_pin_file else "",
        settings=settings.files(whole, found),
        packages=parts.packages(packages) if packages else (),
    )


def _ask(disk: disks.Disk, *, may_be_fixed: bool) -> None:
    """What is on a card is gone afterwards.

    Raises:
        ConfigurationError: the answer was another, or there is nobody to ask.
    """
    disks.check(disk, may_be_fixed=may_be_fixed)
    what = f"{disk.path} ({disk.model or 'no name'}, {disk.size / 1e9:.1f} GB)"
    if not sys.stdin.isatty():
        raise ConfigurationError(f"{what} would be overwritten: say --yes where nobody can be asked")
    if typer.prompt(f"All on {what} will be lost. To go on, type {disk.path}", err=True) != str(disk.path):
        raise ConfigurationError(f"{what} was left as it is")


def _told(report: Report, room: str, job: Job, *, will_draw: bool) -> Done:
    ready, written = report.ready, report.written
    has_ticket = bool(job.preparation.ticket or job.preparation.draw)
    table = Table(("file", "bytes", "state"), tuple((one.name, str(one.size), one.kind) for one in ready.changes))
    on = f"{report.target} (Raspberry Pi OS {ready.system.value.capitalize()})"
    if job.is_dry:
        lines = [f"nothing was written; {on} would be the card of {room}, with the files above"]
    else:
        lines = [f"{on} is the card of {room}; all that was written was read back and is right"]
        if report.written:
            lines.append(f"{report.written.size} bytes, SHA-256 {report.written.sha256}")
        lines.append("put it into the terminal, plug in the network, then power: it installs itself and enrols")
    if will_draw:
        lines.append("a ticket would be drawn, and earlier ones of this terminal become worthless")
    elif not has_ticket:
        approve = f"provision central enrolment approve CODE --terminal {room}"
        lines.append(f"without a ticket its screen will show a code: {approve}")
    if not job.preparation.software:
        lines.append("no software is on it (--releases): its first start will ask for some")
    if not job.preparation.staff_pin:
        lines.append("its staff page cannot be opened: `staff_pin_file` in the plan names a file with the number")
    if f"{settings.FOLDER}/{settings.PAGE}" not in job.preparation.settings:
        lines.append("out of service it names nobody to call: `contact` in the plan")
    if not ready.is_lite:
        lines.append("this image has a desktop, which costs memory and time: take Raspberry Pi OS Lite (64-bit)")
    facts = {
        "room": room,
        "target": report.target,
        "system": ready.system.value,
        "is_dry": job.is_dry,
        "has_ticket": has_ticket,
        "has_staff_pin": bool(job.preparation.staff_pin),
        "files": [{"name": one.name, "bytes": one.size, "state": one.kind} for one in ready.changes],
        "bytes": written.size if written else None,
        "sha256": written.sha256 if written else None,
    }
    return Done(tuple(lines), table=table, facts=facts)
