"""Whether a rollout goes wrong: too many of its terminals take the release back, or cannot take it. Then it is halted.

Judges by what terminals say now. It never goes on by itself: `roll_out` is for people. Knows no broker.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from kiosk.contract.mqtt import UpdateState
from kiosk.contract.update import Cause, Phase
from provisioning import durable
from provisioning.release import rings
from provisioning.release.offer import Rollout
from provisioning.release.publication import roll_out, rollout_of
from provisioning.release.repository import Repository

_NOT_ITS_FAULT = {Cause.CLOCK_UNSET, Cause.NO_SERVER, Cause.EXPIRED, Cause.OLDER, Cause.BY_HAND}
"""Of the network, of the clock, of the folder of releases, or what people wanted."""
_CAUSES = {cause.value for cause in Cause if cause not in _NOT_ITS_FAULT}
_KNOWN = "trouble.json"
"""In the folder of releases, beside what is public: `_Known`."""


class Limits(Struct, frozen=True, kw_only=True):
    """When it is too many."""

    terminals: int = 2
    """Fewer are chance; in a smaller ring all of it."""
    share_pct: int = 5
    """Of those that have tried; below it that many broken terminals may be theirs, not the release's."""


class Course(Struct, frozen=True, kw_only=True):
    """How a rollout goes, among the terminals that it is for."""

    ring: int = 0
    """So many terminals may take it."""
    done: int = 0
    """They run it, and it has proved itself."""
    failed: dict[str, str] = {}
    """Terminal to cause."""

    def is_bad(self, limits: Limits) -> bool:
        failed = len(self.failed)
        return 0 < min(limits.terminals, self.ring) <= failed and failed * 100 >= limits.share_pct * (
            failed + self.done
        )

    @property
    def text(self) -> str:
        """Names nobody: it is public."""
        causes = ", ".join(f"{count} × {cause}" for cause, count in Counter(self.failed.values()).most_common())
        tried = self.done + len(self.failed)
        return f"{len(self.failed)} of {tried} terminals that tried it could not keep it: {causes}"


class _Known(Struct, frozen=True, kw_only=True):
    """The terminals for which the rollout was halted already: who goes on with it knows of them."""

    serial: int = 0
    terminals: tuple[str, ...] = ()


def course_of(rollout: Rollout, states: Mapping[str, UpdateState]) -> Course:
    """`states` by terminal."""
    ring = {name: state for name, state in states.items() if rings.is_in(name, rollout.percent)}
    mine = {name: state for name, state in ring.items() if rollout.serial in (state.serial, state.offered)}
    done = [one for one in mine.values() if one.serial == rollout.serial and one.phase == Phase.IDLE]
    failed = {
        name: state.cause
        for name, state in mine.items()
        if state.offered == rollout.serial != state.serial and state.cause in _CAUSES
    }
    return Course(ring=len(ring), done=len(done), failed=failed)


def halt_if_bad(
    repository: Repository, states: Mapping[str, UpdateState], limits: Limits, now: datetime, *, is_dry: bool = False
) -> tuple[Rollout, Course, bool]:
    """The rollout as it is now, how it goes, and whether it was halted just now (dry: would be)."""
    rollout = rollout_of(repository)
    known = _read(repository)
    heeded = dict(states)
    if known.serial == rollout.serial:
        heeded = {name: state for name, state in states.items() if name not in known.terminals}
    course = course_of(rollout, heeded)
    if not rollout.serial or rollout.is_halted or not course.is_bad(limits):
        return rollout, course, False
    halted = replace(rollout, is_halted=True, why=course.text)
    if not is_dry:
        roll_out(repository, halted, now)
        before = known.terminals if known.serial == rollout.serial else ()
        fresh = _Known(serial=rollout.serial, terminals=(*before, *sorted(course.failed)))
        durable.write(repository.directory / _KNOWN, msgspec.json.encode(fresh))
    return halted, course, True


def _read(repository: Repository) -> _Known:
    try:
        return msgspec.json.decode((repository.directory / _KNOWN).read_bytes(), type=_Known)
    except (OSError, msgspec.DecodeError):
        return _Known()
