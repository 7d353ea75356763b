"""`provision update`: on a terminal, run by its units; by hand for staff who sit before it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from kiosk.contract import configuration
from kiosk.contract.errors import ReleaseError
from kiosk.contract.update import Cause, Progress, Wish
from kiosk.runtime import log, service
from provisioning.commands.area import Area
from provisioning.outcome import Done
from provisioning.update.services import Systemd
from provisioning.update.updater import Surroundings, Updater

area = Area("This terminal's versions: take a new one, watch it, go back.")

Terminal = Annotated[Path, typer.Option("--config", metavar="TERMINAL.toml", help="The terminal's file.")]
_FILE = Path("/etc/rundtisch/terminal.toml")


@area.task(examples=("provision update run", "provision update run --now"))
def run(
    now: Annotated[bool, typer.Option("--now", help="Do not wait for the window; for a free room, always.")] = False,
    config: Terminal = _FILE,
) -> Done:
    """Look for a release, load, check and install it, and switch to it when the room is free and in the window.

    `kiosk-update.timer` does this every hour; the server is asked every six hours and in the window.
    """
    return _done(_updater(config).run(Wish.APPLY if now else None))


@area.task(examples=("provision update back",))
def back(config: Terminal = _FILE) -> Done:
    """Go back to the version before the one that runs; that one is not taken again by itself, see `forgive`."""
    return _done(_updater(config).run(Wish.ROLL_BACK))


@area.task(examples=("provision update forgive 202611301200",))
def forgive(serial: Annotated[int, typer.Argument(metavar="SERIAL")], config: Terminal = _FILE) -> Done:
    """Let a release be tried again that was taken back here."""
    _updater(config).notebook.forgive(serial)
    return Done((f"release {serial} may be tried again",))


@area.task(examples=("provision update watch",))
def watch(config: Terminal = _FILE) -> Done:
    """Watch a version on probation until it has proved itself or was taken back; `kiosk-probation.service`."""
    probation = _updater(config).probation
    if not probation.resume():
        service.notify("READY=1")
        return Done(("nothing is on probation",))
    service.notify("READY=1")
    cause = probation.watch()
    return Done((f"taken back: {cause.value}" if cause else "it has proved itself",))


@area.task(examples=("provision update status --json",))
def status(config: Terminal = _FILE) -> Done:
    """Which version runs, which would be gone back to, and what became of the last update."""
    updater = _updater(config)
    versions, last = updater.versions, updater.notebook.last()
    manifest = versions.manifest(versions.current)
    facts = {
        "version": manifest.version if manifest else "",
        "serial": versions.current,
        "proven": versions.proven,
        "on_disk": versions.complete(),
        "phase": last.phase.value,
        "cause": last.cause,
        "refused": {str(serial): refusal.cause.value for serial, refusal in updater.notebook.refusals().items()},
    }
    return Done(tuple(f"{name}: {value}" for name, value in facts.items()), facts=facts)


def _updater(file: Path) -> Updater:
    log.set_up("update")
    loaded = configuration.load(file)
    try:
        return Updater(loaded, file, Surroundings(Systemd(loaded.update.software_directory), lambda: datetime.now(UTC)))
    except OSError as error:
        raise ReleaseError(Cause.INSTALL_FAILED, f"{error.filename}: {error.strerror}; this is root's work") from None


def _done(progress: Progress) -> Done:
    facts = {"phase": progress.phase, "serial": progress.serial, "offered": progress.offered, "cause": progress.cause}
    lines = [f"version {progress.serial} runs; {progress.phase.value}"]
    if progress.cause:
        lines.append(f"the last update came to nothing: {progress.cause}: {progress.detail}".rstrip(": "))
    return Done(tuple(lines), facts=facts)
