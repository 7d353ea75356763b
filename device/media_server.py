"""The two rooms of a round on one Janus: made, guarded, destroyed. Knows tokens and feeds, no person and no state.

What is enforced by the server, and how, is said in `kiosk.contract.media.Seat`.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from kiosk.contract.errors import MediaServerError, Reason
from kiosk.contract.state import Round
from kiosk.runtime import janus
from kiosk.runtime.janus import Event, Handle, Session

_PUBLISHERS = 12
_BITRATE_BPS = 2_500_000
_ID_BYTES = 16
_ROOM: dict[str, Any] = {
    "permanent": False,
    "is_private": True,
    "require_pvtid": True,  # subscriptions belong to a publisher, so that a kick ends them too
    "notify_joining": True,
    "publishers": _PUBLISHERS,
    "bitrate": _BITRATE_BPS,
    "bitrate_cap": True,
    "fir_freq": 0,
    "audiocodec": "opus",
    "opus_fec": True,
    "transport_wide_cc_ext": True,
    "audiolevel_ext": True,
    "audiolevel_event": False,
    "videoorient_ext": False,  # whoever turns a picture turns it before it is sent
    "record": False,
    "lock_record": True,  # else every publisher could record itself on the server
}
_WITH_PICTURES = {"videocodec": "vp8,h264", "h264_profile": "42e01f"}
_SOUND_ONLY = {"videocodec": "h265"}
"""Janus wants one codec at least: one that no client of ours sends. Who publishes a picture all the same is kicked."""


_Kind = TypeVar("_Kind")


class _Feed(Struct, frozen=True):
    id: str


class _Stream(Struct, frozen=True):
    type: str = ""
    disabled: bool = False


class _Publisher(Struct, frozen=True):
    id: str
    streams: tuple[_Stream, ...] = ()


class _Allowed(Struct, frozen=True):
    """Answer to `allowed`."""

    allowed: frozenset[str]


class _Participants(Struct, frozen=True):
    """Answer to `listparticipants`."""

    participants: tuple[_Feed, ...]


class _News(Struct, frozen=True):
    """What a room announces, as far as a guard minds."""

    joining: _Feed | None = None
    leaving: str = ""
    publishers: tuple[_Publisher, ...] = ()


def new_round(url: str) -> Round:
    """Ids and a secret for a round that is still to be made."""
    room, sound_room, secret = (secrets.token_hex(_ID_BYTES) for _ in range(3))
    return Round(url=url, room=room, sound_room=sound_room, secret=secret)


async def create(session: Session, key: str, made: Round) -> None:
    """Makes both rooms; nobody may enter yet. Raises MediaServerError."""
    handle = await session.attach(_ignore)
    for room, kind in ((made.room, _WITH_PICTURES), (made.sound_room, _SOUND_ONLY)):
        body = {**_ROOM, **kind, "request": "create", "room": room, "secret": made.secret, "admin_key": key}
        answer = await handle.request({**body, "description": "", "allowed": []})
        if answer.data.get("videoroom") != "created":
            raise MediaServerError("create: not an answer of VideoRoom", Reason.MALFORMED)


async def destroy(session: Session, made: Round) -> None:
    """Both rooms; who is in them is put out. That a room is gone already is no error. Raises MediaServerError."""
    handle = await session.attach(_ignore)
    for room in (made.room, made.sound_room):
        try:
            await handle.request({"request": "destroy", "room": room, "secret": made.secret})
        except MediaServerError as error:
            if error.code != janus.NO_SUCH_ROOM:
                raise


async def exists(session: Session, made: Round) -> bool:
    """Whether both rooms are there. Raises MediaServerError."""
    handle = await session.attach(_ignore)
    answers = [
        await handle.request({"request": "exists", "room": room, "secret": made.secret})
        for room in (made.room, made.sound_room)
    ]
    return all(answer.data.get("exists") is True for answer in answers)


def _ignore(event: Event) -> None:
    """What a handle is told that is in no room."""


class Guard:
    """Watches over one room from the inside: lets people in, puts out everybody else."""

    def __init__(self, handle: Handle, room: str, secret: str, has_pictures: bool) -> None:
        self._has_pictures = has_pictures
        self._handle = handle
        self._own = secrets.token_hex(_ID_BYTES)
        self.room = room
        self._secret = secret
        self._has_stranger = False
        self._table: Mapping[str, str] | None = None
        self._offending: set[str] = set()
        """Feeds with a picture where only sound may cross."""
        self._came: set[str] = set()
        """Feeds that were here, and were not put out by us."""
        self._left: set[str] = set()
        """Feeds that went by themselves, and may have left a subscription behind."""
        self.has_slipped = False
        """Somebody who has to go may still receive: a kick ends what belongs to a feed that is here, no more."""

    async def enter(self) -> None:
        """Raises MediaServerError."""
        token = secrets.token_hex(_ID_BYTES)
        await self._ask("allowed", action="add", allowed=[token])
        await self._ask("join", ptype="publisher", id=self._own, token=token)
        await self._ask("allowed", action="remove", allowed=[token])

    def has_to_see(self, table: Mapping[str, str]) -> bool:
        """Whether `seat` with this table would change anything."""
        return self._has_stranger or self._table != table

    async def seat(self, table: Mapping[str, str]) -> None:
        """From now on these tokens open the room, for these feeds; whoever else is here is put out at once.

        Raises:
            MediaServerError: it may be so, and may not.
        """
        self._has_stranger = False
        known = _read(await self._ask("allowed", action="add", allowed=[]), _Allowed).allowed
        if self._table is None:
            # We come (back) to a room with people in it: as if they all had been here, and gone were slipped away.
            self.has_slipped = bool(known - set(table))
            self._came |= set(table.values()) if known else set()
        if outdated := sorted(known - set(table)):
            await self._ask("allowed", action="remove", allowed=outdated)
        await self._put_out(set(table.values()))
        if new := sorted(set(table) - known):
            await self._ask("allowed", action="add", allowed=new)
        self._table = dict(table)

    async def kick(self, feed: str) -> bool:
        """Puts one out who may come back with the same token; returns whether it was here. Raises MediaServerError."""
        try:
            await self._ask("kick", id=feed)
        except MediaServerError as error:
            if error.code != janus.NO_SUCH_FEED:
                raise
            return False
        self._came.discard(feed)
        return True

    async def _put_out(self, welcome: set[str]) -> None:
        here = {person.id for person in _read(await self._ask("listparticipants"), _Participants).participants}
        for feed in (here - welcome - {self._own}) | (here & self._offending):
            await self.kick(feed)
        self._offending.clear()
        gone = set((self._table or {}).values()) - welcome
        if gone & (self._came | self._left):
            self.has_slipped = True
        self._came -= gone
        self._left -= gone

    async def _ask(self, request: str, **more: Any) -> Event:
        return await self._handle.request({"request": request, "room": self.room, "secret": self._secret, **more})

    def hear(self, event: Event) -> bool:
        """Takes what the room announces; returns whether there is somebody to be put out."""
        try:
            news = _read(event, _News)
        except MediaServerError:
            return self._has_stranger  # there are many kinds of news, and none of the others is for us
        if news.joining:
            self._came.add(news.joining.id)
            self._has_stranger = self._has_stranger or news.joining.id not in (self._table or {}).values()
        elif news.leaving in self._came:
            self._left.add(news.leaving)
        elif not self._has_pictures:
            self._offending |= {publisher.id for publisher in news.publishers if _has_picture(publisher)}
            self._has_stranger = self._has_stranger or bool(self._offending)
        return self._has_stranger


def _read(event: Event, kind: type[_Kind]) -> _Kind:
    """Raises MediaServerError for what VideoRoom would not say."""
    try:
        return msgspec.convert(event.data, kind)
    except msgspec.ValidationError as error:
        raise MediaServerError(f"not an answer of VideoRoom: {error}", Reason.MALFORMED) from None


def _has_picture(publisher: _Publisher) -> bool:
    return any(stream.type == "video" and not stream.disabled for stream in publisher.streams)


class Keeper:
    """Both rooms of a round."""

    def __init__(self, guards: Mapping[str, Guard]) -> None:
        self._guards = guards

    @classmethod
    async def enter(cls, session: Session, made: Round, on_stranger: Callable[[], None]) -> "Keeper":
        """Raises MediaServerError, with `janus.NO_SUCH_ROOM` where the server has forgotten the round."""
        guards = {}
        for room in (made.room, made.sound_room):
            listener = _Listener(on_stranger)
            guard = Guard(await session.attach(listener), room, made.secret, has_pictures=room == made.room)
            listener.guard = guard
            await guard.enter()
            guards[room] = guard
        return cls(guards)

    @property
    def has_slipped(self) -> bool:
        """See `Guard`."""
        return any(guard.has_slipped for guard in self._guards.values())

    async def seat(self, tables: Mapping[str, Mapping[str, str]]) -> bool:
        """Makes it so where it is not.

        Args:
            tables: room to token to feed.

        Returns:
            Whether something has changed.

        Raises:
            MediaServerError: nobody knows who may enter; then nobody must be given a seat.
        """
        outdated = [guard for room, guard in self._guards.items() if guard.has_to_see(tables.get(room, {}))]
        for guard in outdated:
            await guard.seat(tables.get(guard.room, {}))
        return bool(outdated)

    async def kick(self, feed: str) -> None:
        """Out of both rooms, so that it may come back. Raises MediaServerError."""
        for guard in self._guards.values():
            await guard.kick(feed)


class _Listener:
    """What a guard's handle hears goes to the guard."""

    def __init__(self, on_stranger: Callable[[], None]) -> None:
        self._on_stranger = on_stranger
        self.guard: Guard | None = None

    def __call__(self, event: Event) -> None:
        if self.guard and self.guard.hear(event):
            self._on_stranger()
