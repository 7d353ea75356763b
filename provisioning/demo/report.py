"""What the visitor's round trip has shown, and whether it is what it should be."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from kiosk.contract.configuration import EngineChoice
from provisioning.demo.watcher import Seen

MIN_FRAMES_PER_SECOND = 15.0
MAX_DELETED_S = 5.0
_SCREENS = ["idle", "today", "preparation", "session", "ended", "idle"]
_STATUS = ["init", "ready", "busy", "ready"]
_DOOR_SIGN = ["free", "busy", "free"]
_EVENTS = (
    "session-prepared",
    "session-started",
    "partner-waiting",
    "partner-admitted",
    "ring-started",
    "ring-answered",
    "session-ended",
    "data-deleted",
)


@dataclass
class Rate:
    """Pictures a second between the terminal and one desk, over the steady part of the session."""

    received: float
    sent: float


@dataclass
class Journal:
    """Filled while the demo runs."""

    setup_s: float = 0.0
    first_screen_s: float = 0.0
    screens: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    """Names of the screenshots."""
    rates: dict[str, Rate] = field(default_factory=dict)
    planned: list[str] = field(default_factory=list)
    """Desks that took part from the schedule."""
    rung: list[str] = field(default_factory=list)
    seconds: float = 0.0
    """How long the steady part was."""
    robots: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Desk → what its robot says it saw and heard, see `kiosk.desk.robot.report`."""
    touch_to_first_frame_s: float = 0.0
    deleted_s: float = 0.0
    door_sign: list[str] = field(default_factory=list)
    restarts: dict[str, list[int]] = field(default_factory=dict)
    """Program → exit codes of the lives that ended unasked."""
    engine: EngineChoice = EngineChoice.MESH
    """As it was asked for."""
    problems: list[str] = field(default_factory=list)
    """What went wrong on the way; `judge` adds what does not add up."""


def judge(journal: Journal, seen: Seen) -> list[str]:
    """Every expectation that did not hold, in words."""
    return [
        *journal.problems,
        *_way(journal, seen),
        *_calls(journal, seen),
        *_engine(journal, seen),
        *_monitor(journal, seen),
    ]


def _way(journal: Journal, seen: Seen) -> Iterator[str]:
    if journal.screens != _SCREENS:
        yield f"screens {journal.screens} instead of {_SCREENS}"
    if seen.phases[-len(_SCREENS) :] != _SCREENS:
        yield f"state/session on the broker went {seen.phases} instead of {_SCREENS}"
    for sheet in ("door", "needs", "ringing", "end"):
        if sheet not in journal.sheets:
            yield f"the sheet {sheet!r} was never seen"
    if not 0 < journal.deleted_s <= MAX_DELETED_S:
        yield f"deleted {journal.deleted_s:.1f} s after the end, at most {MAX_DELETED_S:g} s are allowed"
    for program, codes in journal.restarts.items():
        yield f"{program} ended unasked {len(codes)} times, with codes {codes}"


def _calls(journal: Journal, seen: Seen) -> Iterator[str]:
    figures = last_figures(seen)
    if seen.lost_paths:
        yield f"the path was lost that had been there, to {', '.join(sorted(seen.lost_paths))}"
    if len(journal.planned) != 2:
        yield f"{len(journal.planned)} planned partners instead of 2"
    for desk in journal.planned:
        rate = journal.rates.get(desk, Rate(0.0, 0.0))
        for way, fps in (("from", rate.received), ("to", rate.sent)):
            if fps <= MIN_FRAMES_PER_SECOND:
                yield f"{fps:.1f} pictures a second {way} {desk}, more than {MIN_FRAMES_PER_SECOND:g} are expected"
        room = _room_seen_by(journal, desk)
        if room.get("frames", 0) < MIN_FRAMES_PER_SECOND * journal.seconds:
            yield f"{desk} decoded {room.get('frames', 0)} pictures of the room in more than {journal.seconds:.0f} s"
    for desk in (*journal.planned, *journal.rung):
        if not _room_seen_by(journal, desk).get("audio_packets"):
            yield f"{desk} heard nothing of the room"
        counted = figures.get(desk, {})
        for name in ("frames_received", "frames_sent", "audio_packets_received", "audio_packets_sent"):
            if not counted.get(name):
                yield f"no {name} with {desk}"


def engines(seen: Seen) -> list[str]:
    """By which engines media went, in their order."""
    return [str(event.data.get("engine")) for event in seen.events if event.type == "session-engine"] or ["mesh"]


def _engine(journal: Journal, seen: Seen) -> Iterator[str]:
    wanted = {EngineChoice.MESH: ["mesh"], EngineChoice.JANUS: ["janus"]}.get(journal.engine)
    if wanted is not None and engines(seen) != wanted:
        yield f"media went by {engines(seen)} instead of {wanted}"


def _room_seen_by(journal: Journal, desk: str) -> dict[str, Any]:
    room: dict[str, Any] = journal.robots.get(desk, {}).get("peers", {}).get("room", {})
    return room


def _monitor(journal: Journal, seen: Seen) -> Iterator[str]:
    if seen.status != _STATUS:
        yield f"status {seen.status} instead of {_STATUS}"
    if journal.door_sign != _DOOR_SIGN:
        yield f"door sign {journal.door_sign} instead of {_DOOR_SIGN}"
    if seen.door_sign[-len(_DOOR_SIGN) :] != _DOOR_SIGN:
        yield f"state/hardware says door sign {seen.door_sign} instead of {_DOOR_SIGN}"
    numbers = [event.seq for event in seen.events]
    if any(after != before + 1 for before, after in pairwise(numbers)):
        yield f"events arrived with a gap or out of order: {numbers}"
    missing = [kind for kind in _EVENTS if not seen.has_event(kind)]
    if missing:
        yield f"no event {', '.join(missing)}"
    if seen.refused:
        yield f"payloads that break the contract on {sorted(set(seen.refused))}"


def last_figures(seen: Seen) -> dict[str, dict[str, float]]:
    """The last counters of each desk."""
    figures: dict[str, dict[str, float]] = {}
    for _, peers in seen.calls:
        figures |= peers
    return figures


def rates(calls: list[tuple[float, dict[str, dict[str, float]]]], since: float) -> dict[str, Rate]:
    """Pictures a second with each desk, between the first and the last report after `since`."""
    steady = [(moment, peers) for moment, peers in calls if moment >= since]
    found: dict[str, Rate] = {}
    for desk in steady[0][1] if steady else ():
        own = [(moment, peers[desk]) for moment, peers in steady if desk in peers]
        (start, first), (end, last) = own[0], own[-1]
        if end > start:
            received, sent = (last[name] - first[name] for name in ("frames_received", "frames_sent"))
            found[desk] = Rate(received / (end - start), sent / (end - start))
    return found


def build(journal: Journal, seen: Seen) -> dict[str, Any]:
    """The report as JSON has it."""
    figures = last_figures(seen)
    problems = judge(journal, seen)
    everybody = figures.values()
    return {
        "ok": not problems,
        "problems": problems,
        "screens": journal.screens,
        "sheets": journal.sheets,
        "partners": [
            {
                "desk": desk,
                "first_frame_s": round(figures.get(desk, {}).get("first_frame_s", 0.0), 3),
                "frames": int(figures.get(desk, {}).get("frames_received", 0)),
                "audio_packets": int(figures.get(desk, {}).get("audio_packets_received", 0)),
                **_rate_of(journal, desk),
                "sees_of_the_room": _room_seen_by(journal, desk),
            }
            for desk in (*journal.planned, *journal.rung)
        ],
        "sent": {
            "frames": int(sum(one.get("frames_sent", 0) for one in everybody)),
            "audio_packets": int(sum(one.get("audio_packets_sent", 0) for one in everybody)),
        },
        "engines": engines(seen),
        "status": seen.status,
        "events": [{"seq": event.seq, "type": event.type} for event in seen.events],
        "door_sign": journal.door_sign,
        "touch_to_first_frame_s": round(journal.touch_to_first_frame_s, 3),
        "deleted_s": round(journal.deleted_s, 3),
        "setup_s": round(journal.setup_s, 1),
        "first_screen_s": round(journal.first_screen_s, 2),
        "screenshots": journal.pictures,
    }


def failed(problem: str) -> dict[str, Any]:
    """The report of a demo that did not come up: every key is there, and the one problem."""
    return build(Journal(problems=[problem]), Seen()) | {"problems": [problem]}


def _rate_of(journal: Journal, desk: str) -> dict[str, float]:
    rate = journal.rates.get(desk)
    return {"received_fps": round(rate.received, 1), "sent_fps": round(rate.sent, 1)} if rate else {}


def write(path: Path, report: dict[str, Any]) -> None:
    """Writes the file; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
