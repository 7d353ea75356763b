"""The demo's judgement: a good run is ok, and every single thing that does not hold makes it not ok, in words."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from kiosk.contract.mqtt import Event
from provisioning.demo import report
from provisioning.demo.report import Journal, Rate
from provisioning.demo.watcher import Seen

_EVENTS = (
    "partner-waiting",
    "session-prepared",
    "session-started",
    "partner-admitted",
    "ring-started",
    "ring-answered",
    "session-ended",
    "data-deleted",
)
_SCREENS = ["idle", "today", "preparation", "session", "ended", "idle"]


def _figures(frames: float, screen: float = 0.0) -> dict[str, float]:
    return {
        "frames_received": frames,
        "frames_sent": frames + 1,
        "screen_frames_received": screen,
        "audio_packets_received": frames * 2,
        "audio_packets_sent": frames * 2,
        "first_frame_s": 0.5,
    }


def _good() -> tuple[Journal, Seen]:
    desks = ("youth-1", "debts-1")
    room = {"room": {"frames": 400, "audio_packets": 900}}
    journal = Journal(
        screens=list(_SCREENS),
        sheets=["door", "needs", "ringing", "door", "end"],
        rates={desk: Rate(19.9, 20.0) for desk in desks},
        planned=list(desks),
        rung=["language-ar-1"],
        seconds=10.0,
        robots={desk: {"peers": room} for desk in (*desks, "language-ar-1")},
        deleted_s=0.4,
        door_sign=["free", "busy", "free"],
    )
    now = datetime(2026, 10, 21, tzinfo=UTC)
    seen = Seen(
        status=["init", "ready", "busy", "ready"],
        phases=list(_SCREENS),
        door_sign=["free", "busy", "free"],
        events=[Event(time=now, seq=number, type=kind) for number, kind in enumerate(_EVENTS, start=1)],
        calls=[(20.0, {desk: _figures(400) for desk in (*desks, "language-ar-1")})],
    )
    return journal, seen


def test_a_good_run_is_ok() -> None:
    """All keys that the report promises are there."""
    result = report.build(*_good())
    assert result["problems"] == []
    assert result["ok"] is True
    assert [one["desk"] for one in result["partners"]] == ["youth-1", "debts-1", "language-ar-1"]
    assert {"first_frame_s", "frames", "audio_packets"} <= result["partners"][0].keys()
    assert result["sent"] == {"frames": 1203, "audio_packets": 2400}
    assert result["events"][0] == {"seq": 1, "type": "partner-waiting"}
    keys = {"ok", "screens", "partners", "sent", "status", "events", "door_sign", "deleted_s", "setup_s"}
    assert keys <= result.keys()


def _change(**changes: object) -> Callable[[Journal, Seen], None]:
    def change(journal: Journal, seen: Seen) -> None:
        for name, value in changes.items():
            where, _, field = name.partition("__")
            setattr(journal if where == "journal" else seen, field, value)

    return change


def _lose_event(journal: Journal, seen: Seen) -> None:
    del seen.events[3]


def _swap_events(journal: Journal, seen: Seen) -> None:
    seen.events[2:4] = reversed(seen.events[2:4])


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (_change(journal__screens=_SCREENS[:-1]), "screens"),
        (_change(seen__phases=_SCREENS[:-1]), "state/session"),
        (_change(journal__sheets=["needs", "ringing", "end"]), "'door' was never seen"),
        (_change(journal__deleted_s=5.1), "deleted 5.1 s"),
        (_change(journal__deleted_s=0.0), "deleted 0.0 s"),
        (_change(journal__rates={"youth-1": Rate(15.0, 20.0), "debts-1": Rate(20.0, 20.0)}), "15.0 pictures"),
        (_change(journal__rates={"youth-1": Rate(20.0, 20.0), "debts-1": Rate(20.0, 9.0)}), "9.0 pictures a second to"),
        (_change(journal__rates={}), "0.0 pictures"),
        (_change(journal__planned=["youth-1"]), "1 planned partners"),
        (_change(journal__robots={}), "heard nothing of the room"),
        (_change(seen__lost_paths={"debts-1"}), "lost that had been there, to debts-1"),
        (_change(journal__restarts={"media": [-9]}), "media ended unasked"),
        (_change(journal__problems=["no control 'end'"]), "no control 'end'"),
        (_change(journal__door_sign=["free", "busy"]), "door sign"),
        (_change(seen__status=["init", "ready", "busy"]), "status"),
        (_change(seen__calls=[]), "no frames_received with youth-1"),
        (_change(seen__refused=["rundtisch/v1/terminals/x/status"]), "break the contract"),
        (_lose_event, "gap or out of order"),
        (_swap_events, "gap or out of order"),
    ],
)  # fmt: skip
def test_whatever_does_not_hold_is_named(spoil: Callable[[Journal, Seen], None], problem: str) -> None:
    """One spoilt thing is enough for `ok` to be false."""
    journal, seen = _good()
    spoil(journal, seen)
    result = report.build(journal, seen)
    assert result["ok"] is False
    assert any(problem in one for one in result["problems"]), result["problems"]


def test_rates_are_taken_from_the_steady_part_alone() -> None:
    """Reports before it do not count; a desk that came later has its own first report."""
    calls = [
        (1.0, {"a": _figures(0)}),
        (10.0, {"a": _figures(100)}),
        (15.0, {"a": _figures(200), "b": _figures(0)}),
        (20.0, {"a": _figures(300), "b": _figures(50)}),
    ]
    rates = report.rates(calls, since=5.0)
    assert rates["a"] == Rate(20.0, 20.0)
    assert report.rates(calls[-2:], since=5.0)["b"] == Rate(10.0, 10.0)
    assert report.rates(calls, since=30.0) == {}


def test_a_demo_that_never_came_up_has_a_report_as_well() -> None:
    """With the reason as its only problem."""
    result = report.failed("ui ends again and again")
    assert result["ok"] is False
    assert result["problems"] == ["ui ends again and again"]
    assert result["partners"] == []
