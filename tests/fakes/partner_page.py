"""In the place of a partner's page and the desk server: one visit at one desk, with its half of the keys."""

import secrets
from typing import Any

from kiosk.contract import codec, topics
from kiosk.contract.media import Signal
from kiosk.contract.partner import Door, Inside, Introduction, Knock, Leave, LookAgain, PartnerMedia, Sealed
from kiosk.runtime.sealing import Seal, new_secret, public_of
from tests.fakes.agent_house import TERMINAL, Observer, Speaker


class Page:
    """Speaks through the desk server's client; hears through the monitor's, which sees everything."""

    def __init__(self, desk: str, speaker: Speaker, observer: Observer, room_key: str) -> None:
        self.desk = desk
        self.call = secrets.token_hex(8)
        self._speaker = speaker
        self._observer = observer
        self._secret = new_secret()
        self.seal = Seal(self._secret, room_key, self.call, is_room=False)

    async def publish(self, kind: str, message: object | bytes, desk: str = "") -> None:
        await self._speaker.publish(topics.partner_to_room(desk or self.desk, TERMINAL, kind), message)

    async def knock(self, number: str = "", ring: str = "", name: str = "Frau Kaya") -> None:
        box = self.seal.close(Introduction(name=name, why="Kita-Platz"))
        knock = Knock(call=self.call, key=public_of(self._secret), box=box, number=number, ring=ring)
        await self.publish("knock", knock)

    async def say(self, message: PartnerMedia | LookAgain | Signal | Introduction, desk: str = "") -> None:
        """Sealed."""
        await self.publish("sealed", Sealed(call=self.call, box=self.seal.close(message)), desk)

    async def leave(self) -> None:
        await self.publish("leave", Leave(call=self.call))

    def doors(self) -> list[Door]:
        """Where the visit stood, oldest first."""
        doors = (codec.decode(data, Door, "test") for data in self._observer.payloads("desk", self.desk, "door"))
        return [door for door in doors if door.call == self.call]

    def heard(self, kind: type | None = None) -> list[Any]:
        """What came in boxes for this visit, opened."""
        boxes = (codec.decode(data, Sealed, "test") for data in self._observer.payloads("desk", self.desk, "sealed"))
        opened = [self.seal.open(one.box, Inside, "test") for one in boxes if one.call == self.call]
        return [one for one in opened if kind is None or isinstance(one, kind)]
