"""How one check went. Knows no network."""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from provisioning.outcome import Done, Table


class Result(StrEnum):
    OK = "ok"
    FAULT = "fault"
    SKIPPED = "skipped"


class Verdict(Struct, frozen=True, kw_only=True):
    """One line of the answer."""

    part: str
    """Broker, page, enrolment, media server, relay."""
    check: str
    result: Result
    detail: str
    """What was seen."""
    remedy: str = ""
    """Of a fault: what to do."""


def ok(part: str, check: str, detail: str) -> Verdict:
    return Verdict(part=part, check=check, result=Result.OK, detail=detail)


def fault(part: str, check: str, detail: str, remedy: str) -> Verdict:
    return Verdict(part=part, check=check, result=Result.FAULT, detail=detail, remedy=remedy)


def skipped(part: str, check: str, detail: str) -> Verdict:
    return Verdict(part=part, check=check, result=Result.SKIPPED, detail=detail)


def report(verdicts: Sequence[Verdict]) -> Done:
    """All of them as a table, and below it what mends those that are faults."""
    faults = [one for one in verdicts if one.result is Result.FAULT]
    end = (
        f"{len(faults)} of {len(verdicts)} are faulty; to mend:" if faults else f"all is well ({len(verdicts)} checks)"
    )
    return Done(
        (end, *(f"  {one.part}, {one.check}: {one.remedy}" for one in faults)),
        table=Table(
            ("part", "check", "result", "seen"),
            tuple((one.part, one.check, one.result.value, one.detail) for one in verdicts),
        ),
        facts={"checks": verdicts},
        is_faulty=bool(faults),
    )
