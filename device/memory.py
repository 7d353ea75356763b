"""The consultation under way, in a file on tmpfs, so that an agent that dies and comes back knows it."""

import logging
from pathlib import Path

from msgspec.structs import replace

from device import files
from kiosk.contract import codec
from kiosk.contract.display import DisplayReport
from kiosk.contract.errors import MalformedError
from kiosk.contract.health import HealthReport
from kiosk.contract.media import MediaReport
from kiosk.contract.privacy import Watch
from kiosk.contract.room import RoomReport
from kiosk.contract.self_test import SelfTest
from kiosk.contract.state import State

_logger = logging.getLogger(__name__)


class Memory:
    """`state.json` in the runtime directory. May hold names; a disk is no place for it."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / "state.json"
        self._refused = directory / "state.refused"

    def load(self) -> State | None:
        """The last state, without those who have to come again; None when there is none. A bad file is set aside."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            state: State = codec.decode(data, State, self._path.name)
        except MalformedError as error:
            _logger.error("refused and set aside as %s, the room begins anew: %s", self._refused.name, error.detail)
            self._path.replace(self._refused)
            return None
        return replace(
            state,
            is_media_here=False,
            is_broker_here=False,
            media=MediaReport(),
            room=RoomReport(is_mute_switch_on=state.room.is_mute_switch_on),  # one that is lost meanwhile is missed
            watch=Watch(closed=state.watch.closed),
            display=replace(state.display, report=DisplayReport()),
            hardware_faults=(),
            hardware_reasons={},
            health=HealthReport(),
            self_test=SelfTest(last=state.self_test.last, looked_at=state.self_test.looked_at),
            staff=replace(state.staff, typed="", is_wrong=False),
            remote_hand="",
        )

    def save(self, state: State) -> None:
        files.write(self._path, codec.encode(state))

    def wipe(self) -> None:
        """The conversation is over; what was set aside may be of it, too."""
        self._refused.unlink(missing_ok=True)
