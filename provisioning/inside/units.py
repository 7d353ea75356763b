"""Whether what has to run runs, what must not be reached is shut, and all of it is of the version that runs."""

from collections.abc import Iterator
from pathlib import Path

from provisioning.inside.machine import Machine
from provisioning.outside.verdict import Verdict, fault, ok, skipped

RUNNING = (
    "kiosk-device.service",
    "kiosk-media.service",
    "kiosk-ui.service",
    "kiosk-sound.service",
    "nftables.service",
    "kiosk-renew.timer",
)
MASKED = ("ctrl-alt-del.target", "getty@tty1.service", "autovt@tty2.service", "debug-shell.service")
SOFTWARE = "opt/rundtisch/current/systemd"
INSTALL = f"sh /{SOFTWARE}/install.sh terminal && systemctl daemon-reload"
_MANY_RESTARTS = 5
_PLACES = {f"*.{kind}": "systemd/system" for kind in ("service", "socket", "timer", "path", "target")}
_PLACES |= {"udev/*": "udev/rules.d", "nftables/*": "nftables.d"}
_PLACES |= {f"{name}/*": f"systemd/{name}" for name in ("journald.conf.d", "logind.conf.d", "system.conf.d")}
_PLACES |= {"sysctl.d/*": "sysctl.d", "tmpfiles.d/*": "tmpfiles.d", "sysusers.d/*": "sysusers.d"}


def check(machine: Machine) -> Iterator[Verdict]:
    """All verdicts on units."""
    if not machine.show("", "Version"):
        yield skipped("units", "running", "there is no systemd to ask")
    else:
        yield from (_running(machine, name) for name in RUNNING)
        yield _masked(machine)
        yield _watchdog(machine)
    yield _settings(machine)


def _running(machine: Machine, name: str) -> Verdict:
    said = machine.show(name, "ActiveState", "Result", "NRestarts", "LoadState")
    state, restarts = said.get("ActiveState", ""), int(said.get("NRestarts") or 0)
    if said.get("LoadState") == "not-found":
        return fault("units", name, "is not installed", INSTALL)
    if state != "active":
        seen = f"{state} ({said.get('Result', '')})"
        return fault("units", name, seen, f"see why: journalctl -u {name}; then: systemctl restart {name}")
    if restarts > _MANY_RESTARTS:
        return fault("units", name, f"came back {restarts} times", f"see why: journalctl -u {name}")
    return ok("units", name, f"active, came back {restarts} times" if restarts else "active")


def _masked(machine: Machine) -> Verdict:
    open_ = [name for name in MASKED if machine.show(name, "LoadState").get("LoadState") != "masked"]
    if open_:
        return fault("units", "no console", f"can be reached: {', '.join(open_)}", INSTALL)
    return ok("units", "no console", "keys and consoles are masked")


def _watchdog(machine: Machine) -> Verdict:
    if not machine.path("dev/watchdog0").exists():
        return skipped("units", "hardware watchdog", "this machine has none")
    set_to = machine.show("", "RuntimeWatchdogUSec").get("RuntimeWatchdogUSec", "0")
    if set_to in ("0", "", "infinity"):
        return fault("units", "hardware watchdog", "is off", f"{INSTALL}; then start the machine anew")
    return ok("units", "hardware watchdog", f"bites after {set_to}")


def _settings(machine: Machine) -> Verdict:
    ours = machine.path(SOFTWARE)
    if not ours.is_dir():
        return skipped("units", "settings", f"there is no /{SOFTWARE}")
    differ = [str(path.relative_to(ours)) for path, place in _installed(ours) if not _is_same(machine, path, place)]
    if differ:
        return fault("units", "settings", f"not as the version that runs has them: {', '.join(differ)}", INSTALL)
    return ok("units", "settings", "as the version that runs has them")


def _installed(ours: Path) -> Iterator[tuple[Path, str]]:
    for pattern, place in _PLACES.items():
        for path in sorted(ours.glob(pattern)):
            yield path, place


def _is_same(machine: Machine, path: Path, place: str) -> bool:
    """What is not there at all belongs to another kind of machine, or is missed as a unit that does not run."""
    there = machine.path(f"etc/{place}/{path.name}")
    try:
        return there.read_bytes() == path.read_bytes()
    except FileNotFoundError:
        return True
    except OSError:
        return False
