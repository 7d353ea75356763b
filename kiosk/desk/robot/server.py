"""The robot's round by way of a media server: up to two seats (`page/server.js`)."""

import asyncio

from aiortc import RTCConfiguration

from kiosk.contract import media
from kiosk.contract.partner import RoomView
from kiosk.desk.robot.loops import Repertoire
from kiosk.desk.robot.path import LINES
from kiosk.desk.robot.seat import Seat, Wanted


class Server:
    """On the loop. Without a seat nobody is met."""

    def __init__(self, repertoire: Repertoire) -> None:
        self._repertoire = repertoire
        self._pictures: Seat | None = None
        self._sound: Seat | None = None

    async def update(self, view: RoomView, has_picture: bool, configuration: RTCConfiguration) -> None:
        """Takes the seats of a view, and gives up those it does not name any more."""
        place = view.seat if has_picture else None
        self._pictures = await self._take(self._pictures, place, LINES, configuration)
        self._sound = await self._take(self._sound, view.sound_seat, LINES[:1], configuration)

    async def _take(
        self, seat: Seat | None, place: media.Seat | None, lines: tuple[str, ...], configuration: RTCConfiguration
    ) -> Seat | None:
        if seat and seat.place == place:
            return seat
        if seat:
            await seat.close()
        return Seat(place, lines, configuration, self._repertoire) if place else None

    def want(self, pictures: dict[str, Wanted], sound: dict[str, Wanted]) -> None:
        """Whom to receive, by feed: with pictures by way of one seat, without by way of the other."""
        if self._pictures:
            self._pictures.want(pictures)
        if self._sound:
            self._sound.want(sound)

    def set_gates(self, gates: dict[str, bool]) -> None:
        """What is sent, by line."""
        for seat in (self._pictures, self._sound):
            if seat:
                seat.set_gates(gates)

    async def close(self) -> None:
        seats = [seat for seat in (self._pictures, self._sound) if seat]
        self._pictures = self._sound = None
        await asyncio.gather(*(seat.close() for seat in seats))
