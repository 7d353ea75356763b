"""All that is looked at on a terminal, in the order in which one mends it."""

import os
import platform
import re
from collections.abc import Iterator

from kiosk.contract.configuration import STAFF_PIN
from kiosk.runtime.version import version
from provisioning.inside import identity, secrets, units, wear
from provisioning.inside.machine import Machine
from provisioning.outside.verdict import Verdict, fault, ok, skipped
from provisioning.update.versions import Versions

_PIN = "etc/rundtisch/credentials/staff-pin"
_PAGE = "etc/rundtisch/out-of-service.txt"
_USB = "etc/rundtisch/usb-input"


def survey(machine: Machine) -> tuple[Verdict, ...]:
    """One verdict a check."""
    parts = (identity.check, units.check, secrets.check, wear.check, _versions, _house)
    return tuple(verdict for part in parts for verdict in part(machine))


def _versions(machine: Machine) -> Iterator[Verdict]:
    versions = Versions(machine.path("opt/rundtisch"))
    release = f", release {versions.current}" if versions.current else ""
    probation = ", on probation" if versions.current and versions.is_on_probation else ""
    yield ok("versions", "software", f"{version()}{release}{probation}")
    lines = machine.text("etc/os-release").splitlines()
    named = [line.partition("=")[2].strip('"') for line in lines if line.startswith("PRETTY_NAME=")]
    yield ok("versions", "system", f"{named[0] if named else 'unknown'}, Linux {platform.release()}")
    yield ok("versions", "Python", platform.python_version())


def _house(machine: Machine) -> Iterator[Verdict]:
    """What only the administrator knows."""
    if machine.text(_PAGE):
        yield ok("house", "page for bad days", f"/{_PAGE} says whom to call")
    else:
        yield skipped(
            "house", "page for bad days", f"names nobody to call: `contact` in the plan, or write it into /{_PAGE}"
        )
    yield _staff_page(machine)
    listed = [line for line in machine.text(_USB).splitlines() if line and not line.startswith("#")]
    yield ok("house", "USB input", ", ".join(listed) if listed else "none is allowed")


def _staff_page(machine: Machine) -> Verdict:
    """The number itself is not told."""
    if os.geteuid() != 0:
        return skipped("house", "staff page", "only root sees whether it has a number: run it as root")
    if not machine.path(_PIN).exists():
        remedy = f"`staff_pin_file` in the plan, or write four to eight digits into /{_PIN} (chmod 600)"
        return skipped("house", "staff page", f"cannot be opened, it has no number: {remedy}")
    if not re.match(STAFF_PIN, machine.text(_PIN)):
        remedy = f"write four to eight digits into /{_PIN}, then: systemctl restart kiosk-device.service"
        return fault("house", "staff page", "cannot be opened: what should be its number is none", remedy)
    return ok("house", "staff page", "is opened by a number")
