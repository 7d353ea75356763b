"""Who acts from afar at this moment: everybody in the room sees it, until the last of them has ended."""

import contextlib
from collections.abc import Callable, Iterator

from kiosk.consultation import events


class Hands:
    """Commands are carried out side by side, so that one may end in the middle of another."""

    def __init__(self, dispatch: Callable[[events.Event], None]) -> None:
        self._dispatch = dispatch
        self._acting: list[str] = []

    @contextlib.contextmanager
    def acting(self, command: str) -> Iterator[None]:
        """While the context is open the screen says so."""
        self._acting.append(command)
        self._dispatch(events.RemoteHand(command=command))
        try:
            yield
        finally:
            before = self._acting[-1]
            self._acting.remove(command)
            after = self._acting[-1] if self._acting else ""
            if after != before:
                self._dispatch(events.RemoteHand(command=after))
