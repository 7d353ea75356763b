"""From what was measured to how good it is. Keeps one threshold a figure; no file, no clock."""

from datetime import datetime, timedelta

from msgspec import Struct

from device.broker.way import Way
from device.health.certificate import Certificate
from device.health.devices import Devices
from device.health.network import Network
from device.health.power import Power
from device.health.processor import Work
from device.health.storage import Storage
from device.health.thresholds import Threshold, worst
from kiosk.contract.configuration import Health as Limits
from kiosk.contract.health import Address, Finding, Grade, HealthReport, Part
from kiosk.contract.mqtt import Clock
from kiosk.contract.renewal import GRACE, due
from kiosk.contract.state import State

_RETURNS = (3, 10)
"""So often a process may come back in an hour."""
_PRESSURE_PCT = {"cpu": (80.0, 95.0), "memory": (10.0, 30.0), "io": (50.0, 80.0)}
"""A busy processor lets work wait; memory must hardly ever."""
_LOSS_PCT = (2.0, 10.0)
_OFFSET_MS = 2000.0
"""A clock on a wall is set by hand when it is off by more."""
_ROUND_TRIP_MS = (250.0, 1000.0)
_LAST_OF_LIFE = 10
"""With less than this part of its life left, a certificate needs people."""
_DAY = timedelta(days=1)
_ROUNDS = 3
"""A figure that jumps has to be bad so often in a row."""


class Measured(Struct, frozen=True, kw_only=True):
    """One look at everything."""

    power: Power
    work: Work
    storage: Storage
    network: Network
    addresses: tuple[Address, ...] = ()
    devices: Devices
    clock: Clock
    offset_ms: float | None = None
    """Of the clock to its time server's; None where nobody tells."""
    way: Way | None = None
    """None while there is no broker."""
    broker_trouble: str = ""
    """Why there is none: `broker-refuses`, `identity-twice`, `no-broker`."""
    returns: dict[str, int] = {}
    """In the last hour, by process."""
    memory_mb: dict[str, float] = {}
    """By process."""
    certificate: Certificate | None = None
    """None where none can be read."""


class Diagnosis:
    """`of` is one look; hysteresis goes from look to look."""

    def __init__(self, limits: Limits, is_touch_expected: bool) -> None:
        self._is_touch_expected = is_touch_expected
        self._hot = Threshold(limits.temperature_warning_c, limits.temperature_critical_c, 5.0)
        self._use = Threshold(limits.processor_warning_pct, 101.0, 10.0, rounds=10)
        self._memory = Threshold(limits.memory_free_warning_pct, limits.memory_free_critical_pct, 5.0)
        self._pressure = {what: Threshold(*limits, 5.0, _ROUNDS) for what, limits in _PRESSURE_PCT.items()}
        self._free = Threshold(limits.storage_free_warning_pct, limits.storage_free_critical_pct, 2.0)
        self._wear = Threshold(limits.wear_warning_pct, limits.wear_critical_pct, 1.0)
        self._loss = Threshold(*_LOSS_PCT, 1.0, _ROUNDS)
        self._round_trip = Threshold(*_ROUND_TRIP_MS, 50.0, _ROUNDS)

    def of(self, measured: Measured, state: State) -> HealthReport:
        """Parts that this machine does not have are unknown, not missing."""
        findings = (
            self._temperature(measured.power),
            _power(measured.power),
            self._processor(measured.work),
            self._memory_of(measured.work),
            self._pressure_of(measured.work),
            self._storage(measured.storage),
            self._wear_of(measured.storage),
            _clock(measured.clock, measured.offset_ms),
            _network(measured.network, has_broker=measured.way is not None),
            self._broker(measured),
            _camera(measured.devices, state),
            _sound(measured.devices, state),
            self._touch(measured.devices),
            _wires(state),
            _processes(measured.returns),
            _certificate(measured.certificate, measured.clock, state.now),
        )
        return HealthReport(findings=findings, addresses=measured.addresses)

    def _temperature(self, power: Power) -> Finding:
        value = power.temperature_c
        if value is None:
            return Finding(part=Part.TEMPERATURE, grade=Grade.UNKNOWN)
        return _graded(Part.TEMPERATURE, self._hot.take(value), "hot", temperature_c=round(value))

    def _processor(self, work: Work) -> Finding:
        if work.use_pct is None:
            return Finding(part=Part.PROCESSOR, grade=Grade.UNKNOWN)
        return _graded(Part.PROCESSOR, self._use.take(work.use_pct), "busy", use_pct=round(work.use_pct))

    def _memory_of(self, work: Work) -> Finding:
        available, total = work.memory_available_mb, work.memory_total_mb
        if available is None or not total:
            return Finding(part=Part.MEMORY, grade=Grade.UNKNOWN)
        free_pct = min(100.0, 100 * available / total)
        grade = self._memory.take(free_pct)
        return _graded(Part.MEMORY, grade, "memory-short", free_pct=round(free_pct), free_mb=round(available, -1))

    def _pressure_of(self, work: Work) -> Finding:
        if not work.pressure_pct:
            return Finding(part=Part.PRESSURE, grade=Grade.UNKNOWN)
        grades = [self._pressure[what].take(value) for what, value in work.pressure_pct.items()]
        figures = {f"{what}_pct": float(round(value)) for what, value in work.pressure_pct.items()}
        return _graded(Part.PRESSURE, worst(*grades), "work-waits", **figures)

    def _storage(self, storage: Storage) -> Finding:
        if storage.free_pct is None or storage.free_gb is None:
            return Finding(part=Part.STORAGE, grade=Grade.UNKNOWN)
        grade = self._free.take(storage.free_pct)
        figures = {"free_pct": round(storage.free_pct), "free_gb": round(storage.free_gb, 1)}
        return _graded(Part.STORAGE, grade, "storage-full", **figures)

    def _wear_of(self, storage: Storage) -> Finding:
        over = {"life-80-pct": Grade.WARNING, "life-over": Grade.CRITICAL}.get(storage.end_of_life, Grade.UNKNOWN)
        if storage.wear_pct is None:
            return Finding(part=Part.WEAR, grade=over, reason=storage.end_of_life)
        grade = worst(over, self._wear.take(storage.wear_pct))
        return _graded(Part.WEAR, grade, storage.end_of_life or "worn", wear_pct=round(storage.wear_pct))

    def _broker(self, measured: Measured) -> Finding:
        way = measured.way
        if way is None or measured.broker_trouble:
            return Finding(part=Part.BROKER, grade=Grade.CRITICAL, reason=measured.broker_trouble or "no-broker")
        lost, slow = self._loss.take(way.loss_pct), self._round_trip.take(way.round_trip_ms)
        reason = "packets-lost" if lost is not Grade.GOOD else "slow"
        figures = {"round_trip_ms": round(way.round_trip_ms), "loss_pct": round(way.loss_pct, 1)}
        return _graded(Part.BROKER, worst(lost, slow), reason, **figures)

    def _touch(self, devices: Devices) -> Finding:
        if devices.has_touch is None or not (devices.has_touch or self._is_touch_expected):
            return Finding(part=Part.TOUCH, grade=Grade.UNKNOWN)
        return _graded(Part.TOUCH, Grade.GOOD if devices.has_touch else Grade.CRITICAL, "touch-missing")


def _graded(part: Part, grade: Grade, reason: str, **figures: float) -> Finding:
    """`reason` is left out where all is well."""
    is_ill = grade in (Grade.WARNING, Grade.CRITICAL)
    return Finding(part=part, grade=grade, reason=reason if is_ill else "", figures=figures)


def _power(power: Power) -> Finding:
    """A weak supply shows as single moments: that it ever was is worth a word until the machine starts anew."""
    if power.now is None:
        return Finding(part=Part.POWER, grade=Grade.UNKNOWN)
    for word in ("voltage-low", "throttled", "clock-capped", "soft-limit"):
        if word in power.now:
            return Finding(
                part=Part.POWER, grade=Grade.CRITICAL if word == "voltage-low" else Grade.WARNING, reason=word
            )
    was = next((word for word in ("voltage-low", "throttled") if word in power.since_boot), "")
    return Finding(part=Part.POWER, grade=Grade.WARNING if was else Grade.GOOD, reason=f"was-{was}" if was else "")


def _clock(clock: Clock, offset_ms: float | None) -> Finding:
    reason = {Clock.NTP: "", Clock.RTC: "clock-not-compared", Clock.UNSET: "clock-unset"}[clock]
    grade = {Clock.NTP: Grade.GOOD, Clock.RTC: Grade.GOOD, Clock.UNSET: Grade.WARNING}[clock]
    figures = {} if offset_ms is None else {"offset_ms": offset_ms}
    if clock is Clock.NTP and offset_ms is not None and abs(offset_ms) > _OFFSET_MS:
        reason, grade = "clock-off", Grade.WARNING
    return Finding(part=Part.CLOCK, grade=grade, reason=reason, figures=figures)


def _network(network: Network, *, has_broker: bool) -> Finding:
    """A house without a way out has no gateway, and misses none: whoever reaches the broker is well."""
    speed = {} if network.speed_mbps is None else {"speed_mbps": float(network.speed_mbps)}
    reason = ""
    if has_broker:
        reason = ""
    elif not network.interface or network.is_up is False:
        reason = "link-down"
    elif not network.gateway:
        reason = "no-gateway"
    elif not network.address:
        reason = "no-address"
    elif network.has_gateway_answered is False:
        reason = "gateway-silent"
    return Finding(part=Part.NETWORK, grade=Grade.CRITICAL if reason else Grade.GOOD, reason=reason, figures=speed)


def _camera(devices: Devices, state: State) -> Finding:
    why = state.media.camera_reason
    if why is not None:
        return Finding(part=Part.CAMERA, grade=Grade.CRITICAL, reason=why.value)
    if not state.is_media_here:
        return Finding(part=Part.CAMERA, grade=Grade.CRITICAL, reason="media-gone")
    if devices.has_camera is None:
        return Finding(part=Part.CAMERA, grade=Grade.UNKNOWN)
    return _graded(Part.CAMERA, Grade.GOOD if devices.has_camera else Grade.CRITICAL, "camera-missing")


def _sound(devices: Devices, state: State) -> Finding:
    why = state.media.microphone_reason or state.media.loudspeaker_reason
    if why is not None:
        return Finding(part=Part.SOUND, grade=Grade.CRITICAL, reason=why.value)
    if not state.is_media_here:
        return Finding(part=Part.SOUND, grade=Grade.CRITICAL, reason="media-gone")
    if devices.has_sound is None:
        return Finding(part=Part.SOUND, grade=Grade.UNKNOWN)
    return _graded(Part.SOUND, Grade.GOOD if devices.has_sound else Grade.CRITICAL, "sound-missing")


def _wires(state: State) -> Finding:
    faults = len(state.hardware_faults)
    return _graded(Part.WIRES, Grade.WARNING if faults else Grade.GOOD, "wires-silent", faults=faults)


def _processes(returns: dict[str, int]) -> Finding:
    most = max(returns.values(), default=0)
    grade = Grade.CRITICAL if most >= _RETURNS[1] else Grade.WARNING if most >= _RETURNS[0] else Grade.GOOD
    return _graded(Part.PROCESSES, grade, "comes-back-often", **{name: float(count) for name, count in returns.items()})


def _certificate(certificate: Certificate | None, clock: Clock, now: datetime) -> Finding:
    """One that comes by enrolment is renewed by itself, in time; one made by hand is people's work."""
    if certificate is None:
        return Finding(part=Part.CERTIFICATE, grade=Grade.UNKNOWN)
    begin, end, fault = certificate.begin, certificate.end, certificate.fault
    grade = Grade.WARNING if fault else Grade.GOOD
    if clock is Clock.UNSET:  # how long it is still good nobody can say
        grade = grade if fault else Grade.UNKNOWN
        return Finding(part=Part.CERTIFICATE, grade=grade, reason="not-renewed" if fault else "", detail=fault)
    if certificate.is_enrolled and now > due(begin, end) + GRACE:
        grade = Grade.WARNING
    if end - now < (end - begin) / _LAST_OF_LIFE:
        grade = Grade.CRITICAL
    reason = "" if grade is Grade.GOOD else "not-renewed" if now < end else "certificate-expired"
    days_left = float(max(0, (end - now) // _DAY))
    return Finding(part=Part.CERTIFICATE, grade=grade, reason=reason, detail=fault, figures={"days_left": days_left})
