"""What calls for somebody: help, and parts that do not work. Raised within 5 s, resolved when it is over."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from kiosk.contract.errors import Reason
from kiosk.contract.health import Grade, Part
from kiosk.contract.media import PeerLink
from kiosk.contract.mqtt import Alert
from kiosk.contract.state import Help, State

CRITICAL = "critical"
WARNING = "warning"
_GRACE = timedelta(seconds=3)
"""What repairs itself within this time is no alert: a process that was started again, a short drop."""


_SETTLING = timedelta(minutes=10)
"""So long after the start a clock may take to find its time server."""
_SEVERITY = {Grade.WARNING: WARNING, Grade.CRITICAL: CRITICAL}
_SAID_ELSEWHERE = {*(reason.value for reason in Reason), "wires-silent", "no-broker", "identity-twice"}
"""Findings that have an alert of their own, or nobody to be told."""


class Alerts:
    """Remembers what is raised. Texts are English and name nobody; `kiosk.ui` has the words for people in the room."""

    def __init__(self) -> None:
        self._seen: dict[str, Alert] = {}
        self._raised: set[str] = set()

    def changes(self, state: State, is_duplicate: bool) -> Iterator[tuple[str, Alert | None]]:
        """Name and alert for each that is to be raised now, name and None for each that is over.

        Raised again where severity or text have changed; `since` stays.
        """
        due = {name: (severity, text, grace) for name, severity, text, grace in _due(state, is_duplicate)}
        for name in tuple(self._seen):
            if name not in due:
                del self._seen[name]
                if name in self._raised:
                    self._raised.discard(name)
                    yield name, None
        for name, (severity, text, grace) in due.items():
            alert = self._seen.setdefault(name, Alert(severity=severity, text=text, since=_since(name, state)))
            if alert.since > state.now:  # the clock was set back
                self._seen[name] = alert = replace(alert, since=_since(name, state))
            has_changed = (alert.severity, alert.text) != (severity, text)
            if has_changed:
                self._seen[name] = alert = replace(alert, severity=severity, text=text)
            is_raised = name in self._raised
            if (is_raised and has_changed) or (not is_raised and state.now - alert.since >= grace):
                self._raised.add(name)
                yield name, alert


def _since(name: str, state: State) -> datetime:
    """Help was asked for when it was, also if we have died since."""
    return state.help.asked if name == "help" and state.help else state.now


def _due(state: State, is_duplicate: bool) -> Iterator[tuple[str, str, str, timedelta]]:
    """Name, severity, text, and how long it may last before it is raised."""
    now = timedelta()
    media = state.media
    if state.help is not None:
        yield "help", *_help(state.help, state.now), now
    for part, doubt in state.watch.closed.items():
        yield "privacy", CRITICAL, f"The {part} is closed until somebody opens it again: {doubt.value}", now
        break
    if is_duplicate:
        yield "duplicate-identity", CRITICAL, "Another client uses this terminal's certificate", now
    if not state.is_media_here:
        yield "media", WARNING, "Camera and microphone are not served", _GRACE
    parts = {"camera": media.camera_reason, "microphone": media.microphone_reason}
    for part, reason in {**parts, "loudspeaker": media.loudspeaker_reason}.items():
        if reason is not None:
            yield part, WARNING, f"{part}: {reason.value}", now
    for part in state.hardware_faults:
        yield f"hardware-{part}", WARNING, _hardware(part, state.hardware_reasons.get(part)), now
    last = state.self_test.last
    if last is not None and last.failed:
        found = ", ".join(f"{result.check.value} ({result.reason})" for result in last.failed)
        yield "self-test", WARNING, f"The self-test failed: {found}", now
    for finding in state.health.findings:
        if finding.grade in _SEVERITY and finding.reason not in _SAID_ELSEWHERE:
            text = f"{finding.part.value}: {finding.reason}"  # its figures are in telemetry: they change all the time
            text += f" ({finding.detail})" if finding.detail else ""
            yield (
                f"health-{finding.part.value}",
                _SEVERITY[finding.grade],
                text,
                _SETTLING if finding.part is Part.CLOCK else now,
            )
    if any(peer.link is PeerLink.LOST for peer in media.peers):
        yield "call-path", WARNING, "The way to a partner is lost, it is being rebuilt", _GRACE


_HARDWARE = {
    Reason.LINE_CHATTERS: "chatters: its wire is loose or disturbed, it is not listened to",
    Reason.LINE_BUSY: "is held by another program",
    Reason.BUTTON_STUCK: "is stuck: pressed for too long",
    Reason.SENSOR_SILENT: "has not changed for days",
    Reason.SHUTTER_STUCK: "did not arrive in its time",
    Reason.SWITCHES_DISAGREE: "says at both ends that the shutter is there",
    Reason.PINS_MISSING: "cannot be reached: lgpio or the chip is missing",
    Reason.PINS_FORBIDDEN: "cannot be reached: no permission for the chip",
    Reason.BUS_SILENT: "cannot be reached: its bus does not answer",
}


def _hardware(part: str, reason: Reason | None) -> str:
    return f"{part} {_HARDWARE.get(reason, 'does not answer') if reason else 'does not answer'}"


def _help(help: Help, at: datetime) -> tuple[str, str]:
    """Severity and text; said again every minute as long as nobody answers. "Silent": do not ring, do not call out."""
    how = (
        "Help was asked for in the room" if help.is_open else "Silent help was asked for: nobody in the room may notice"
    )
    if help.is_open and help.is_silent:
        how = "Help was asked for in the room, also by the silent button"
    if help.answered is not None:
        return WARNING, f"{how}; somebody is on the way"
    minutes = int((at - help.asked) / timedelta(minutes=1))
    return CRITICAL, f"{how}; nobody has answered for {minutes} min" if minutes > 0 else how
