"""Schedule and directory as they come from the central side: entries that are no good are refused, the rest stays.

Every refusal ends in the JSON path of what is wrong. Knows no topic and no file.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from msgspec import Raw, Struct
from msgspec.structs import replace

from kiosk.consultation.commands import Refuse
from kiosk.consultation.schedule import find, partner_ids
from kiosk.contract import codec
from kiosk.contract.directory import Desk, Directory, Need, Office
from kiosk.contract.errors import MalformedError, Reason
from kiosk.contract.schedule import Appointment
from kiosk.contract.state import State

SCHEDULE = "schedule"
DIRECTORY = "directory"
_LONGEST = timedelta(hours=24)
_YEARS = range(2000, 2101)
"""A date outside is a mistake, and arithmetic near the ends of the calendar overflows."""

_Kind = TypeVar("_Kind")


class _RawSchedule(Struct, frozen=True, kw_only=True):
    published: datetime | None = None
    appointments: tuple[Raw, ...] = ()


class _RawDirectory(Struct, frozen=True, kw_only=True):
    version: int = 0
    offices: tuple[Raw, ...] = ()
    needs: tuple[Raw, ...] = ()
    desks: tuple[Raw, ...] = ()


class _Intake:
    """Collects refusals while one document is read."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.refusals: list[Refuse] = []

    def refuse(self, path: str, why: str, reason: Reason = Reason.MALFORMED) -> None:
        self.refusals.append(Refuse(source=self.source, detail=f"{why} - at `{path}`", reason=reason))

    def document(self, data: bytes, kind: type[_Kind]) -> _Kind | None:
        """The outermost layer; None when nothing of the document can be used."""
        try:
            decoded: _Kind = codec.decode(data, kind, self.source)
        except MalformedError as error:
            self.refusals.append(Refuse(source=self.source, detail=self._below(error, "$"), reason=error.reason))
            return None
        return decoded

    def entries(self, name: str, raw: tuple[Raw, ...], kind: type[_Kind]) -> Iterator[tuple[str, _Kind]]:
        """Path and content of each entry that follows the contract."""
        for index, data in enumerate(raw):
            path = f"$.{name}[{index}]"
            try:
                entry: _Kind = codec.decode(bytes(data), kind, self.source)
            except MalformedError as error:
                self.refusals.append(Refuse(source=self.source, detail=self._below(error, path), reason=error.reason))
                continue
            yield path, entry

    def _below(self, error: MalformedError, path: str) -> str:
        """What the decoder says, with its path continued from `path`."""
        detail = error.detail.removeprefix(f"{self.source}: ")
        return detail.replace("`$", f"`{path}") if "`$" in detail else f"{detail} - at `{path}`"


def is_sound(moment: datetime) -> bool:
    """Whether a time from outside can be computed with: it has a zone and lies in this century."""
    return moment.tzinfo is not None and moment.year in _YEARS


def read_schedule(state: State, document: bytes) -> tuple[State, list[Refuse]]:
    """The state with the document's appointments, in UTC and by start; unchanged when it is none at all."""
    intake = _Intake(SCHEDULE)
    raw = intake.document(document, _RawSchedule)
    if raw is None:
        return state, intake.refusals
    published = raw.published
    if published is not None and not is_sound(published):
        intake.refuse("$.published", "no time zone, or a year out of range")
        published = None
    over_before = published if published is not None and published < state.now else state.now
    numbers: set[str] = set()
    candidates: list[tuple[str, Appointment]] = []
    for path, entry in intake.entries("appointments", raw.appointments, Appointment):
        appointment = _appointment(state, intake, path, entry)
        if appointment is None:
            continue
        if appointment.number in numbers:
            intake.refuse(f"{path}.number", "number used twice")
        elif appointment.end <= over_before and find(state, appointment.number) is None:
            intake.refuse(f"{path}.end", "was over before it was published")
        else:
            numbers.add(appointment.number)
            candidates.append((path, appointment))
    appointments = _without_overlaps(intake, candidates)
    return replace(state, appointments=appointments, schedule_published=published), intake.refusals


def _without_overlaps(intake: _Intake, candidates: list[tuple[str, Appointment]]) -> tuple[Appointment, ...]:
    """Of two that overlap, the one that begins first stays."""
    kept: list[Appointment] = []
    for path, appointment in sorted(candidates, key=lambda candidate: candidate[1].start):
        if kept and appointment.start < kept[-1].end:
            intake.refuse(f"{path}.start", f"overlaps {kept[-1].number}")
        else:
            kept.append(appointment)
    return tuple(kept)


def _appointment(state: State, intake: _Intake, path: str, entry: Appointment) -> Appointment | None:
    """The entry in UTC, without needs nobody knows; None when it is refused."""
    for name, moment in (("start", entry.start), ("end", entry.end)):
        if not is_sound(moment):
            intake.refuse(f"{path}.{name}", "no time zone, or a year out of range")
            return None
    if not timedelta() < entry.end - entry.start <= _LONGEST:
        intake.refuse(f"{path}.end", "ends before it starts, or lasts longer than a day")
        return None
    names = partner_ids(entry)
    if len(set(names)) != len(names):
        intake.refuse(f"{path}.desks", "a partner is named twice")
        return None
    if not _are_partners_known(state, intake, path, entry):
        return None
    needs = {need.id for need in state.directory.needs}
    for index, need in enumerate(entry.needs):
        if needs and need not in needs:
            intake.refuse(f"{path}.needs[{index}]", "unknown need, left out")
    known = tuple(need for need in entry.needs if not needs or need in needs)
    return replace(entry, start=entry.start.astimezone(UTC), end=entry.end.astimezone(UTC), needs=known)


def _are_partners_known(state: State, intake: _Intake, path: str, entry: Appointment) -> bool:
    """Whether its desks are in the directory, where there is one yet, and its guests do not use a desk's name."""
    desks = {desk.id for desk in state.directory.desks}
    for index, desk in enumerate(entry.desks):
        if desks and desk not in desks:
            intake.refuse(f"{path}.desks[{index}]", "unknown desk")
            return False
    for index, guest in enumerate(entry.guests):
        if guest.id in desks:
            intake.refuse(f"{path}.guests[{index}].id", "a guest with the name of a desk")
            return False
    return True


def read_directory(state: State, document: bytes) -> tuple[State, list[Refuse]]:
    """The state with the document's offices, needs and desks; unchanged when it is none at all."""
    intake = _Intake(DIRECTORY)
    raw = intake.document(document, _RawDirectory)
    if raw is None:
        return state, intake.refusals
    offices = _distinct(intake, "offices", raw.offices, Office)
    needs = _distinct(intake, "needs", raw.needs, Need)
    known_offices, known_needs = {office.id for office in offices.values()}, {need.id for need in needs.values()}
    desks = []
    for path, desk in _distinct(intake, "desks", raw.desks, Desk).items():
        if desk.office not in known_offices:
            intake.refuse(f"{path}.office", "unknown office")
        elif unknown := [index for index, need in enumerate(desk.needs) if need not in known_needs]:
            intake.refuse(f"{path}.needs[{unknown[0]}]", "unknown need")
        else:
            desks.append(desk)
    directory = Directory(
        version=raw.version, offices=tuple(offices.values()), needs=tuple(needs.values()), desks=tuple(desks)
    )
    return replace(state, directory=directory), intake.refusals


def _distinct(intake: _Intake, name: str, raw: tuple[Raw, ...], kind: type[Any]) -> dict[str, Any]:
    """Path to entry, of those that have an id of their own and German words."""
    kept: dict[str, Any] = {}
    ids: set[str] = set()
    for path, entry in intake.entries(name, raw, kind):
        if "de" not in entry.name:
            intake.refuse(f"{path}.name", "no German words")
        elif entry.id in ids:
            intake.refuse(f"{path}.id", "id used twice")
        else:
            ids.add(entry.id)
            kept[path] = entry
    return kept
