"""Keys in use: one seal a visit, made when it is first needed and forgotten with the conversation."""

from kiosk.consultation import room_key, roster
from kiosk.contract.errors import SealError
from kiosk.contract.state import State
from kiosk.runtime.sealing import Seal

_MAX_SEALS = 256


class Seals:
    """Making a seal costs a few tenths of a millisecond; a call exchanges dozens of boxes."""

    def __init__(self) -> None:
        self._seals: dict[tuple[str, str, str], Seal] = {}

    def of(self, state: State, call: str) -> Seal:
        """The seal of a partner on the roster. Raises SealError for any other call."""
        partner = roster.by_call(state, call)
        if partner is None or not partner.key:
            raise SealError("a sealed message of nobody on the roster")
        return self.make(state, call, partner.key)

    def make(self, state: State, call: str, key: str) -> Seal:
        """The seal of a page that knocks with this public key. Raises SealError when that is none."""
        secret = room_key(state, call)
        known = (secret, key, call)
        if known not in self._seals:
            if len(self._seals) >= _MAX_SEALS:
                self._seals.pop(next(iter(self._seals)))
            self._seals[known] = Seal(secret, key, call, is_room=True)
        return self._seals[known]

    def forget(self) -> None:
        self._seals.clear()
