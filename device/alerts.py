"""What calls for somebody: help, and parts that do not work. Raised within 5 s, resolved when it is over."""

from collections.abc import Iterator
from datetime import timedelta

from kiosk.contract.media import PeerLink
from kiosk.contract.mqtt import Alert
from kiosk.contract.state import State

CRITICAL = "critical"
WARNING = "warning"
_GRACE = timedelta(seconds=3)
"""What repairs itself within this time is no alert: a process that was started again, a short drop."""


class Alerts:
    """Remembers what is raised. Texts are English and name nobody; `kiosk.ui` has the words for people in the room."""

    def __init__(self) -> None:
        self._seen: dict[str, Alert] = {}
        self._raised: set[str] = set()

    def changes(self, state: State, is_duplicate: bool) -> Iterator[tuple[str, Alert | None]]:
        """Name and alert for each that is to be raised now, name and None for each that is over."""
        due = {name: (severity, text, grace) for name, severity, text, grace in _due(state, is_duplicate)}
        for name in tuple(self._seen):
            if name not in due:
                del self._seen[name]
                if name in self._raised:
                    self._raised.discard(name)
                    yield name, None
        for name, (severity, text, grace) in due.items():
            alert = self._seen.setdefault(name, Alert(severity=severity, text=text, since=state.now))
            if name not in self._raised and state.now - alert.since >= grace:
                self._raised.add(name)
                yield name, alert


def _due(state: State, is_duplicate: bool) -> Iterator[tuple[str, str, str, timedelta]]:
    """Name, severity, text, and how long it may last before it is raised."""
    now = timedelta()
    media = state.media
    if state.is_help_asked:
        yield "help", CRITICAL, "Help was asked for in the room", now
    if is_duplicate:
        yield "duplicate-identity", CRITICAL, "Another client uses this terminal's certificate", now
    if not state.is_media_here:
        yield "media", WARNING, "Camera and microphone are not served", _GRACE
    parts = {"camera": media.camera_reason, "microphone": media.microphone_reason}
    for part, reason in {**parts, "loudspeaker": media.loudspeaker_reason}.items():
        if reason is not None:
            yield part, WARNING, f"{part}: {reason.value}", now
    for part in state.hardware_faults:
        yield f"hardware-{part}", WARNING, f"{part} does not answer", now
    if any(peer.link is PeerLink.LOST for peer in media.peers):
        yield "call-path", WARNING, "The way to a partner is lost, it is being rebuilt", _GRACE
