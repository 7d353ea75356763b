"""What the central monitor is told, and what it is not."""

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from device.alerts import Alerts
from device.health import Health
from device.health.tree import Tree
from device.health.watch import Reader, Watch
from device.monitor import Monitor
from kiosk.contract.errors import MalformedError, Reason
from kiosk.contract.links import TouchReport
from kiosk.contract.media import Lamp, MediaReport, PeerLink, PeerReport, PeerStats, Quality, Route
from kiosk.contract.mqtt import Alert, CallState, CallTelemetry, Condition, HardwareState, SystemTelemetry
from kiosk.contract.state import Help, HelpOrigin, Partner, Phase, Session, State
from kiosk.runtime.log import Refusals
from tests.fakes.agent_house import PINS
from tests.unit.device.health import machine

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
WELL = State(now=NOW, is_media_here=True)
LOST = MediaReport(
    peers=(
        PeerReport(call="c" * 16, link=PeerLink.LOST, frames_sent=7, stats=PeerStats(round_trip_ms=80.5, codec="VP8")),
    )
)
IN_SESSION = replace(
    WELL,
    phase=Phase.SESSION,
    session=Session(id="s", number="A-1", partners=(Partner(id="youth-1", call="c" * 16, name="Frau Kaya"),)),
    media=LOST,
)


class Broker:
    """Keeps what it is told."""

    is_duplicate = False

    def __init__(self) -> None:
        self.kept: list[tuple[str, Any]] = []
        self.conditions: list[Condition] = []
        self.reports: list[tuple[str, Any]] = []

    def keep(self, topic: str, message: object | None) -> None:
        self.kept.append((topic, message))

    def set_condition(self, condition: Condition) -> None:
        self.conditions.append(condition)

    def report(self, topic: str, message: object, expiry_s: int) -> None:
        self.reports.append((topic, message))


class Apps:
    last_report: TouchReport | None = TouchReport(frames_per_second=60, reaction_ms_p95=40, refused=1)


def watch_of(folder: Path, state: Callable[[], State]) -> Watch:
    """On this machine, after one look."""
    configuration = machine.configuration_in(folder)
    reader = Reader(configuration, Tree(), lambda: {"device": os.getpid()})
    watch = Watch(configuration, reader, machine.Broker(), state, lambda _: None, lambda *_: None, lambda _: None)
    watch.look(NOW, 0.0)
    return watch


def later(state: State, seconds: float) -> State:
    return replace(state, now=state.now + timedelta(seconds=seconds))


def test_what_did_not_change_is_not_said_again() -> None:
    """Time passes; the monitor hears of it with the next change."""
    broker = Broker()
    monitor = Monitor(broker, PINS)
    monitor.show(WELL)
    assert [topic for topic, _ in broker.kept] == [
        "state/session",
        "state/privacy",
        "state/call",
        "state/hardware",
        "state/display",
        "state/self-test",
    ]
    monitor.show(later(WELL, 60))
    assert len(broker.kept) == 6
    monitor.show(later(IN_SESSION, 61))
    assert [topic for topic, _ in broker.kept[6:]] == ["state/session", "state/call", "state/hardware"]
    assert (broker.conditions[0], broker.conditions[-1]) == (Condition.READY, Condition.BUSY)


def test_no_name_is_in_what_is_said() -> None:
    """A desk's id is all that the monitor learns about a partner."""
    broker = Broker()
    Monitor(broker, PINS).show(IN_SESSION)
    assert "Kaya" not in repr(broker.kept)
    assert "youth-1" in repr(broker.kept)


def test_how_the_call_runs_is_a_state_and_its_figures_are_not() -> None:
    """By desk, with the word for people; each second's bits are no news, another resolution is; empty at the end."""
    broker = Broker()
    monitor = Monitor(broker, PINS)
    stats = PeerStats(codec="VP8", route=Route.RELAY, width_px=1280, height_px=720)
    for bits, word, state in (
        (1_000_000, Quality.GOOD, IN_SESSION),
        (900_000, Quality.GOOD, IN_SESSION),
        (200_000, Quality.WEAK, IN_SESSION),
        (0, Quality.WEAK, WELL),
    ):
        peer = PeerReport(call="c" * 16, link=PeerLink.UP, quality=word, stats=replace(stats, in_bps=bits))
        monitor.show(replace(state, media=MediaReport(encoder="libvpx", peers=(peer,) if state.session else ())))
    calls: list[CallState] = [message for topic, message in broker.kept if topic == "state/call"]
    assert [[(one.desk, one.quality, one.route, one.width_px) for one in call.desks] for call in calls] == [
        [("youth-1", Quality.GOOD, Route.RELAY, 1280)],
        [("youth-1", Quality.WEAK, Route.RELAY, 1280)],
        [],
    ]
    assert [(call.engine, call.encoder) for call in calls] == [("mesh", "libvpx"), ("mesh", "libvpx"), ("", "")]


def test_a_button_that_does_not_answer_is_missing() -> None:
    """As is one that was never wired."""
    bare = replace(PINS, parts={})
    for faults, room, word in (((), PINS, "ok"), (("help-button",), PINS, "missing"), ((), bare, "missing")):
        broker = Broker()
        Monitor(broker, room).show(replace(WELL, hardware_faults=faults))
        hardware: HardwareState = dict(broker.kept)["state/hardware"]
        assert (hardware.help_button, hardware.faults) == (word, faults)


def test_help_is_an_alert_until_it_is_cancelled() -> None:
    """At once, with the time it was asked for."""
    alerts = Alerts()
    asked = replace(WELL, help=Help(asked=NOW, origin=HelpOrigin.WALL))
    assert list(alerts.changes(asked, False)) == [
        ("help", Alert(severity="critical", text="Help was asked for in the room", since=NOW))
    ]
    assert list(alerts.changes(later(asked, 9), False)) == []
    assert list(alerts.changes(later(WELL, 10), False)) == [("help", None)]


def test_help_that_nobody_answers_is_said_again_every_minute() -> None:
    """Critical until somebody is on the way; since when stays the same."""
    alerts = Alerts()
    asked = replace(WELL, help=Help(asked=NOW, origin=HelpOrigin.WALL))
    answered = replace(asked, help=Help(asked=NOW, origin=HelpOrigin.WALL, answered=later(WELL, 130).now))
    said = [
        (alert.severity, alert.text, alert.since)
        for state, after_s in ((asked, 0), (asked, 61), (asked, 62), (asked, 121), (answered, 130), (answered, 200))
        for _, alert in alerts.changes(later(state, after_s), False)
        if alert
    ]
    assert said == [
        ("critical", "Help was asked for in the room", NOW),
        ("critical", "Help was asked for in the room; nobody has answered for 1 min", NOW),
        ("critical", "Help was asked for in the room; nobody has answered for 2 min", NOW),
        ("warning", "Help was asked for in the room; somebody is on the way", NOW),
    ]


def test_silent_help_says_that_nobody_may_notice() -> None:
    """Whoever reads the alert must not ring the room up."""
    silent = replace(WELL, help=Help(asked=NOW, origin=HelpOrigin.SILENT, is_open=False, is_silent=True))
    ((_, alert),) = Alerts().changes(silent, False)
    assert alert
    assert alert.text == "Silent help was asked for: nobody in the room may notice"


def test_what_repairs_itself_is_no_alert() -> None:
    """Media was started again, a path is back within three seconds: nobody is called."""
    alerts = Alerts()
    for gone in (replace(WELL, is_media_here=False), IN_SESSION):
        assert list(alerts.changes(gone, False)) == []
        assert list(alerts.changes(later(gone, 2), False)) == []
        assert list(alerts.changes(later(WELL, 2.5), False)) == []
        assert [name for name, _ in alerts.changes(later(gone, 3), False)] == []
        raised = list(alerts.changes(later(gone, 6), False))
        assert len(raised) == 1
        assert [alert for _, alert in alerts.changes(later(WELL, 7), False)] == [None]


def test_faults_are_alerts_of_their_own() -> None:
    """Camera, wires, a second client with our certificate."""
    report = MediaReport(camera=Lamp.FAULT, camera_reason=Reason.CAMERA_MISSING)
    state = replace(WELL, media=report, hardware_faults=("door-sign",))
    raised = dict(Alerts().changes(state, True))
    assert set(raised) == {"duplicate-identity", "camera", "hardware-door-sign"}
    assert raised["camera"] is not None
    assert raised["camera"].text == "camera: camera-missing"


def test_telemetry_counts_refusals_by_kind_and_calls_by_desk(tmp_path: Path) -> None:
    """What was refused, how often; media counts for itself."""
    broker, refusals = Broker(), Refusals(logging.getLogger("test"))
    for _ in range(3):
        refusals.note(MalformedError("desk knock", "x"))
    state = replace(IN_SESSION, media=replace(LOST, refused=2))
    apps = Apps()
    health = Health(lambda: state, broker, range(5), apps, refusals, watch_of(tmp_path, lambda: state))
    system: SystemTelemetry = health.system()
    assert (system.refused, system.spool) == ({"desk knock": 3, "media": 2, "app": 1}, 5)
    assert system.reaction_ms_p95 == 40
    assert system.uptime_s > 0
    assert system.memory_available_mb > 0
    assert system.memory_mb["device"] > 0
    assert system.round_trip_ms == 1
    call: CallTelemetry = health.call()
    assert (call.peers["youth-1"].frames_sent, call.peers["youth-1"].link) == (7, PeerLink.LOST)
    assert call.peers["youth-1"].round_trip_ms == 80.5


def test_a_clock_that_is_set_back_silences_no_alert() -> None:
    """What was seen in a year that has not come yet is raised after its grace, from now on."""
    alerts = Alerts()
    gone = replace(WELL, is_media_here=False)
    assert list(alerts.changes(replace(gone, now=NOW + timedelta(days=365)), False)) == []
    assert list(alerts.changes(gone, False)) == []
    ((name, alert),) = alerts.changes(replace(gone, now=NOW + timedelta(seconds=3)), False)
    assert alert is not None
    assert (name, alert.since) == ("media", NOW)
