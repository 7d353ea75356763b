"""From figures to grades: limits with a way back, what is said of each part, and when a process may start anew."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from device.alerts import Alerts
from device.broker.way import Way
from device.health.certificate import Certificate
from device.health.devices import Devices
from device.health.diagnosis import Diagnosis, Measured
from device.health.network import Network
from device.health.power import Power
from device.health.processor import Work
from device.health.storage import Storage
from device.health.thresholds import Threshold, worst
from device.health.tree import Tree
from device.health.trend import Growth, Trend, is_night
from device.health.watch import Reader, Watch
from kiosk.consultation import events
from kiosk.contract.configuration import Health
from kiosk.contract.errors import Reason
from kiosk.contract.health import Grade, Part
from kiosk.contract.media import MediaReport
from kiosk.contract.mqtt import Clock
from kiosk.contract.state import Phase, State
from tests.unit.device.health.machine import Broker, Machine, configuration_in

NOW = datetime(2026, 11, 29, 2, 30, tzinfo=UTC)
STATE = State(now=NOW, is_media_here=True)
DAY = timedelta(days=1)
WELL = Measured(
    power=Power(temperature_c=50, now=()),
    work=Work(use_pct=10, memory_available_mb=900, memory_total_mb=1800, pressure_pct={"cpu": 1, "memory": 0, "io": 0}),
    storage=Storage(free_pct=60, free_gb=20, wear_pct=10),
    network=Network(interface="eth0", is_up=True, address="10.0.0.2", gateway="10.0.0.1", has_gateway_answered=True),
    devices=Devices(has_camera=True, has_sound=True, has_touch=True),
    clock=Clock.NTP,
    way=Way(round_trip_ms=9),
    certificate=Certificate(begin=NOW - 30 * DAY, end=NOW + 60 * DAY, is_enrolled=True),
)


def diagnosis() -> Diagnosis:
    return Diagnosis(Health(), is_touch_expected=True)


@pytest.mark.parametrize(
    ("offset_ms", "clock", "reason", "figures"),
    [
        (None, Clock.NTP, "", {}),
        (-1.5, Clock.NTP, "", {"offset_ms": -1.5}),
        (-2500.0, Clock.NTP, "clock-off", {"offset_ms": -2500.0}),
        (2500.0, Clock.UNSET, "clock-unset", {"offset_ms": 2500.0}),
    ],
)
def test_a_clock_that_is_off_is_found(
    offset_ms: float | None, clock: Clock, reason: str, figures: dict[str, float]
) -> None:
    """By how much is told where the time service says so."""
    found = diagnosis().of(replace(WELL, clock=clock, offset_ms=offset_ms), STATE).of(Part.CLOCK)
    assert found
    assert (found.reason, found.figures) == (reason, figures)
    assert found.grade is (Grade.WARNING if reason else Grade.GOOD)


def test_a_threshold_is_left_only_with_some_distance() -> None:
    """Around a limit the grade does not flutter; from critical it goes by way of warning."""
    hot = Threshold(75, 82, 5)
    grades = [hot.take(value) for value in (74, 75, 71, 70, 69, 90, 78, 76, 70, 69)]
    good, warning, critical = Grade.GOOD, Grade.WARNING, Grade.CRITICAL
    assert grades == [good, warning, warning, warning, good, critical, critical, warning, warning, good]
    free = Threshold(10, 3, 2)
    assert [free.take(value) for value in (11, 10, 11.9, 12.1, 3, 5.1)] == [
        good,
        warning,
        warning,
        good,
        critical,
        warning,
    ]


def test_a_figure_that_jumps_has_to_be_bad_for_some_rounds() -> None:
    """One bad look is none."""
    loss = Threshold(2, 10, 1, rounds=3)
    assert [loss.take(value) for value in (20, 0, 20, 20, 20)] == [Grade.GOOD] * 4 + [Grade.CRITICAL]


def test_all_is_well() -> None:
    """Nothing to say, nothing to alert."""
    report = diagnosis().of(WELL, STATE)
    assert {finding.grade for finding in report.findings} == {Grade.GOOD}
    assert {finding.reason for finding in report.findings} == {""}
    assert [finding.part for finding in report.findings] == list(Part)
    assert not list(Alerts().changes(replace(STATE, health=report), is_duplicate=False))


ILL: dict[str, tuple[Part, Grade, dict[str, Any]]] = {
    "hot": (Part.TEMPERATURE, Grade.CRITICAL, {"power": Power(temperature_c=83, now=())}),
    "voltage-low": (Part.POWER, Grade.CRITICAL, {"power": Power(now=("voltage-low", "throttled"))}),
    "throttled": (Part.POWER, Grade.WARNING, {"power": Power(now=("throttled",))}),
    "was-voltage-low": (Part.POWER, Grade.WARNING, {"power": Power(now=(), since_boot=("voltage-low",))}),
    "memory-short": (Part.MEMORY, Grade.CRITICAL, {"work": Work(memory_available_mb=40, memory_total_mb=1800)}),
    "storage-full": (Part.STORAGE, Grade.CRITICAL, {"storage": Storage(free_pct=2, free_gb=0.5)}),
    "worn": (Part.WEAR, Grade.WARNING, {"storage": Storage(wear_pct=90)}),
    "life-over": (Part.WEAR, Grade.CRITICAL, {"storage": Storage(wear_pct=90, end_of_life="life-over")}),
    "clock-unset": (Part.CLOCK, Grade.WARNING, {"clock": Clock.UNSET}),
    "link-down": (Part.NETWORK, Grade.CRITICAL, {"network": Network(interface="eth0", is_up=False), "way": None}),
    "no-gateway": (Part.NETWORK, Grade.CRITICAL, {"network": Network(interface="eth0", is_up=True), "way": None}),
    "no-broker": (Part.BROKER, Grade.CRITICAL, {"way": None}),
    "broker-refuses": (Part.BROKER, Grade.CRITICAL, {"way": None, "broker_trouble": "broker-refuses"}),
    "camera-missing": (Part.CAMERA, Grade.CRITICAL, {"devices": Devices(has_camera=False)}),
    "sound-missing": (Part.SOUND, Grade.CRITICAL, {"devices": Devices(has_sound=False)}),
    "touch-missing": (Part.TOUCH, Grade.CRITICAL, {"devices": Devices(has_touch=False)}),
    "comes-back-often": (Part.PROCESSES, Grade.WARNING, {"returns": {"media": 4, "ui": 0}}),
    "certificate-expired": (
        Part.CERTIFICATE,
        Grade.CRITICAL,
        {"certificate": Certificate(begin=NOW - 90 * DAY, end=NOW)},
    ),
}


@pytest.mark.parametrize("reason", ILL)
def test_what_is_ill_is_said_with_its_reason(reason: str) -> None:
    """One figure, one part, one grade."""
    part, grade, changes = ILL[reason]
    finding = diagnosis().of(replace(WELL, **changes), STATE).of(part)
    assert finding is not None
    assert (finding.grade, finding.reason) == (grade, reason)


@pytest.mark.parametrize(
    ("age_days", "is_enrolled", "fault", "grade"),
    [
        (62, True, "", Grade.GOOD),
        (64, True, "", Grade.WARNING),
        (80, False, "", Grade.GOOD),
        (30, True, "unreachable", Grade.WARNING),
        (82, True, "unreachable", Grade.CRITICAL),
        (82, False, "", Grade.CRITICAL),
    ],
)
def test_a_certificate_that_is_not_renewed_in_time_is_told(
    age_days: int, is_enrolled: bool, fault: str, grade: Grade
) -> None:
    """Of ninety days: due after sixty, late after three more, urgent in the last nine; at once where a try failed."""
    begin = NOW - age_days * DAY
    certificate = Certificate(begin=begin, end=begin + 90 * DAY, is_enrolled=is_enrolled, fault=fault)
    report = diagnosis().of(replace(WELL, certificate=certificate), STATE)
    found = report.of(Part.CERTIFICATE)
    assert found
    assert (found.grade, found.figures) == (grade, {"days_left": 90 - age_days})
    alerts = dict(Alerts().changes(replace(STATE, health=report), is_duplicate=False))
    text = "certificate: not-renewed" + (f" ({fault})" if fault else "")
    assert [alert.text if alert else "" for alert in alerts.values()] == ([] if grade is Grade.GOOD else [text])
    assert set(alerts) <= {"health-certificate"}
    unset = diagnosis().of(replace(WELL, certificate=certificate, clock=Clock.UNSET), STATE).of(Part.CERTIFICATE)
    assert unset
    assert (unset.grade, unset.figures) == (Grade.WARNING if fault else Grade.UNKNOWN, {})


def test_what_this_machine_does_not_have_is_unknown() -> None:
    """No thermometer, no pressure, no firmware: nobody is alarmed."""
    bare = Measured(
        power=Power(), work=Work(), storage=Storage(), network=Network(), devices=Devices(), clock=Clock.NTP, way=Way()
    )
    report = diagnosis().of(bare, STATE)
    grades = {finding.part: finding.grade for finding in report.findings}
    assert [part for part, grade in grades.items() if grade is Grade.GOOD] == [
        Part.CLOCK, Part.NETWORK, Part.BROKER, Part.WIRES, Part.PROCESSES,
    ]  # fmt: skip
    assert Grade.WARNING not in grades.values()
    assert worst(Grade.UNKNOWN, Grade.GOOD) is Grade.GOOD


def test_what_media_and_wires_say_counts() -> None:
    """A camera that is listed and does not open is none."""
    state = replace(STATE, media=MediaReport(camera_reason=Reason.CAMERA_BUSY), hardware_faults=("door-sign",))
    report = diagnosis().of(WELL, state)
    camera, wires = report.of(Part.CAMERA), report.of(Part.WIRES)
    assert camera is not None
    assert camera.reason == "camera-busy"
    assert wires is not None
    assert (wires.grade, wires.figures) == (Grade.WARNING, {"faults": 1})


def test_an_alert_follows_the_grade() -> None:
    """Raised, made worse, resolved; what has an alert of its own has no second one."""
    looks, alerts = diagnosis(), Alerts()

    def said(temperature_c: float) -> list[tuple[str, str | None]]:
        measured = replace(WELL, power=Power(temperature_c=temperature_c, now=()), way=None)
        state = replace(STATE, health=looks.of(measured, STATE))
        changes = alerts.changes(state, is_duplicate=False)
        return [(name, alert.severity if alert else None) for name, alert in changes]

    assert said(76) == [("health-temperature", "warning")]
    assert said(77) == []
    assert said(90) == [("health-temperature", "critical")]
    assert said(60) == [("health-temperature", None)]


def test_a_trend_needs_hours_and_finds_what_grows() -> None:
    """5 MB an hour under noise is found, a cache that fills once is not."""
    trend = Trend(most_growth_mb_h=4, most_mb=600)
    for minute in range(8 * 60):
        noise = 3 * (minute % 7 - 3)
        cache = min(minute, 25) * 3
        trend.take(minute * 60.0, {"media": 100 + 5 * minute / 60 + noise, "ui": 100 + cache + noise})
        if minute == 60:
            assert trend.growth_mb_h("media") is None
    assert trend.growth_mb_h("media") == pytest.approx(5, abs=0.5)
    assert trend.growth_mb_h("ui") == pytest.approx(0, abs=0.5)
    assert [growth.process for growth in trend.growing()] == ["media"]
    trend.take(9 * 3600.0, {"ui": 700})
    assert [growth.process for growth in trend.growing()] == ["ui", "media"]
    trend.forget("media")
    assert [growth.process for growth in trend.growing()] == ["ui"]


def test_the_night_may_reach_over_midnight() -> None:
    """In the house's own time."""
    berlin = ZoneInfo("Europe/Berlin")
    assert is_night(NOW, berlin, time(2), time(5))
    assert not is_night(NOW + timedelta(hours=2), berlin, time(2), time(5))
    assert is_night(NOW, berlin, time(22), time(4))
    assert not is_night(NOW + timedelta(hours=8), berlin, time(22), time(4))


def test_a_process_that_grows_starts_anew_at_night_and_never_beside_people(tmp_path: Path) -> None:
    """Once, in the window, a quarter of an hour after the last visitor; not in a session."""
    machine = Machine(tmp_path / "root")
    configuration = configuration_in(tmp_path)
    states, anew, happened = [STATE], list[Growth](), list[events.Event]()
    reader = Reader(configuration, Tree(machine.root), lambda: {"media": 1})
    watch = Watch(configuration, reader, Broker(), lambda: states[-1], happened.append, lambda *_: None, anew.append)
    machine.say("sys/fs/cgroup/system.slice/kiosk-media.service/memory.stat", f"anon {700 << 20}")
    begin_s = watch._busy_s
    states.append(replace(STATE, phase=Phase.SESSION))
    watch.look(NOW, begin_s + 2000)
    states.append(STATE)
    watch.look(NOW, begin_s + 2800)
    watch.look(NOW + timedelta(hours=5), begin_s + 3000)
    assert anew == []
    watch.look(NOW, begin_s + 3060)
    machine.say("sys/fs/cgroup/system.slice/kiosk-media.service/memory.stat", f"anon {90 << 20}")
    watch.look(NOW, begin_s + 3120)
    assert [(growth.process, growth.memory_mb) for growth in anew] == [("media", 700.0)]
    assert len([event for event in happened if isinstance(event, events.HealthMeasured)]) == 5


def test_what_media_says_is_looked_at_at_once(tmp_path: Path) -> None:
    """An update on probation has less patience for the camera than there is between two looks."""
    states = [replace(STATE, is_media_here=False)]
    reader = Reader(configuration_in(tmp_path), Tree(Machine(tmp_path / "root").root), lambda: {})
    watch = Watch(
        configuration_in(tmp_path),
        reader,
        Broker(),
        lambda: states[-1],
        lambda _: None,
        lambda *_: None,
        lambda _: None,
    )
    missing = replace(STATE, media=MediaReport(camera_reason=Reason.CAMERA_MISSING))
    for state in (*states, STATE, missing, STATE):
        states.append(state)
        watch.show(state)
        assert watch.due.is_set()
        watch.due.clear()
        watch.look(NOW, 0.0)
        watch.show(replace(state, now=NOW + timedelta(seconds=1)))
        assert not watch.due.is_set()
