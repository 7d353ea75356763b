"""Which commands were carried out and how they ended, so that one that comes again is answered and not done again."""

from device.broker.store import Store
from kiosk.contract import codec
from kiosk.contract.mqtt import Ack

MAX_ANSWERS = 512


class Answers:
    """The last answer to each of the last `MAX_ANSWERS` commands. A command is called `{type}/{id}`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def find(self, command: str) -> Ack | None:
        rows = self._store.read("SELECT ack FROM answer WHERE command = ?", (command,))
        return codec.decode(rows[0][0], Ack, "answers") if rows else None

    async def keep(self, command: str, ack: Ack) -> None:
        """Returns when the answer is safe on disk."""
        self._store.write(
            "INSERT INTO answer (command, ack) VALUES (?, ?) ON CONFLICT (command) DO UPDATE SET ack = excluded.ack",
            (command, codec.encode(ack)),
        )
        self._store.write("DELETE FROM answer WHERE number <= (SELECT max(number) FROM answer) - ?", (MAX_ANSWERS,))
        await self._store.settle()
