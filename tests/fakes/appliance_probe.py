"""Burglars inside units: each with a unit's user, sandbox and credentials, trying what the unit has no business with.

Knows a machine and its units; what each try should come to, the tests say. What a burglar does, `burglar` says.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.fakes import burglar
from tests.fakes.appliance import Machine

NODES = {"video0": (81, 0), "gpiochip0": (120, 0), "snd-card": (116, 0), "dri-card": (226, 0)}
"""Devices that are there and have no driver: who may open them meets ENXIO, who may not EPERM."""
_ALLOWED = {
    "kiosk-device.service": "gpiochip0",
    "kiosk-media.service": "video0",
    "kiosk-ui.service": "dri-card",
    "kiosk-sound.service": "snd-card",
    "kiosk-sound-devices.service": "snd-card",
}
"""A unit's policy names drivers, which are not there: of each unit its own device by name."""
_DROPPED = (
    *("ExecStart", "ExecStartPre", "ExecStopPost", "ExecCondition", "Type", "Restart", "RestartSec", "WatchdogSec"),
    *("NotifyAccess", "OnFailure", "OnSuccess", "OnSuccessJobMode", "Conflicts", "Requires", "BindsTo", "Wants"),
    *("After", "Before", "ConditionPathExists", "StandardOutput", "StandardError", "TTYPath", "TTYReset"),
    *("RemainAfterExit", "RuntimeDirectory", "RuntimeDirectoryMode"),  # they would be gone with the burglar
)
_PLACE = "/run/burglars"
_PYTHON = "/opt/rundtisch/current/.venv/bin/python"
_OTHERS = "/tmp/another's"


class Loot(Struct, frozen=True, forbid_unknown_fields=True):
    """What one burglar came by."""

    tried: dict[str, str]
    """Try → `ok`, or the name of the error."""
    readable: list[str]
    """Files for somebody only that it can read."""
    sockets: list[str]
    """Unix sockets for somebody only that it can reach."""
    writable: list[str]
    """Folders and files that it can change; of what lies in an open folder nothing is said."""
    memory: list[str]
    """Units whose processes' memory it can read."""


def make_nodes(machine: Machine) -> None:
    """Puts the devices into the machine, open to everybody: only a unit's own policy can keep somebody out."""
    for name, (major, minor) in NODES.items():
        machine.run("mknod", "--mode=666", f"/dev/{name}", "c", str(major), str(minor))


def break_in(machine: Machine, units: Iterable[str], secrets: Mapping[str, str]) -> dict[str, Loot]:
    """Runs a burglar as a copy of each unit, with all its drop-ins; all beside each other.

    Args:
        units: all of ours that the machine has; no one may be missing.
        secrets: files that such a machine may have, for root alone; path → content.
    """
    there = machine.run("sh", "-c", "cd /etc/systemd/system && ls kiosk*.service").split()
    assert sorted(units) == there, "every service has its rights written down"
    for path, content in secrets.items():
        machine.run("install", "-D", "-m", "600", "/dev/null", path)
        machine.path(path).write_text(content)
    machine.run("sh", "-c", f'mkdir -p {_PLACE}; umask 022; echo x > "{_OTHERS}"')
    machine.path(f"{_PLACE}/burglar.py").write_text(Path(burglar.__file__).read_text())
    names = {unit: f"burglar-in-{unit}" for unit in units}
    pids = {unit: pid for unit in (*names, "systemd-journald.service") if (pid := machine.pid(unit))}
    machine.path(f"{_PLACE}/seen.json").write_text(json.dumps(pids))
    machine.path("/run/systemd/system/loot.service").write_text("[Service]\nType=oneshot\nExecStart=/bin/true\n")
    for unit, name in names.items():
        kept = [line for line in machine.run("systemctl", "cat", unit).splitlines() if _is_kept(line)]
        lines = (
            *("[Service]", "Type=oneshot", f"StandardOutput=truncate:{_PLACE}/{name}"),
            *([f"DeviceAllow=/dev/{_ALLOWED[unit]} rw"] if unit in _ALLOWED else []),
            f"ExecStart={_PYTHON} {_PLACE}/burglar.py {_PLACE}/seen.json",
        )
        machine.path(f"/run/systemd/system/{name}").write_text("\n".join((*kept, *lines)) + "\n")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "start", *names.values())
    found = {unit: machine.path(f"{_PLACE}/{name}").read_bytes() for unit, name in names.items()}
    return {unit: msgspec.json.decode(said, type=Loot) for unit, said in found.items()}


def _is_kept(line: str) -> bool:
    return line.partition("=")[0] not in _DROPPED
