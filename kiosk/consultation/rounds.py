"""When a session goes by way of a media server, and who may sit where in its round. The agent makes it so.

See `kiosk.contract.media.Seat` for the two rooms of a round and how they enforce consent.
"""

import hashlib
from collections.abc import Mapping

from msgspec.structs import replace

from kiosk.consultation import roster
from kiosk.consultation.events import EngineChosen, Fresh, RoundGone, RoundOpened, RoundSeated
from kiosk.contract.configuration import EngineChoice
from kiosk.contract.media import Seat
from kiosk.contract.state import Consent, Phase, Round, Standing, State

ROOM = "room"
"""What the room is called among those who sit."""
_PARTNERS = 4
"""With so many the room is the fifth party: peer to peer up to four."""
_TOKEN_BYTES = 16
_HERE = (Standing.WAITING, Standing.ADMITTED)


def choose_engine(state: State, event: EngineChosen, fresh: Fresh) -> State:
    return replace(state, engine=event.engine, has_help_relay=event.has_help_relay)


def opened(state: State, event: RoundOpened, fresh: Fresh) -> State:
    """A round stands ready; in place of another one it is used as that was."""
    session = state.session
    if session is None or session.id != event.session or not is_wanted(state):
        return state
    is_used = session.round is not None and session.round.is_used
    return replace(state, session=replace(session, round=replace(event.round, is_used=is_used, open=())))


def seated(state: State, event: RoundSeated, fresh: Fresh) -> State:
    session = state.session
    if session is None or session.round is None or session.round.room != event.room:
        return state
    return replace(state, session=replace(session, round=replace(session.round, open=event.tokens)))


def gone(state: State, event: RoundGone, fresh: Fresh) -> State:
    """No media server carries the round any more: peer to peer again."""
    session = state.session
    if session is None or session.round is None or session.round.room != event.room:
        return state
    return replace(state, session=replace(session, round=None))


def settle(state: State) -> State:
    """From the moment at which a session needs its round, it stays there until its end; one nobody wants is let go."""
    session = state.session
    if session is None or session.round is None or session.round.is_used:
        return state
    if not is_wanted(state):
        return replace(state, session=replace(session, round=None))
    if _is_needed(state):
        return replace(state, session=replace(session, round=replace(session.round, is_used=True)))
    return state


def is_wanted(state: State) -> bool:
    """Whether there should be a round, used or ready: made while people are still at the door, so that none waits."""
    session = state.session
    if session is None or state.engine is EngineChoice.MESH:
        return False
    if state.engine is EngineChoice.JANUS or (session.round is not None and session.round.is_used):
        return True
    return sum(partner.standing in _HERE for partner in session.partners) >= _PARTNERS


def _is_needed(state: State) -> bool:
    if state.engine is EngineChoice.JANUS:
        return True
    return state.engine is EngineChoice.AUTO and len(roster.all_admitted(state)) >= _PARTNERS


def in_use(state: State) -> Round | None:
    """The round by way of which media goes at this moment; None: peer to peer."""
    session = state.session
    if session is None or session.round is None or not session.round.is_used or state.phase is not Phase.SESSION:
        return None
    return session.round


def engine(state: State) -> str:
    """The engine that carries the session: `mesh` or `janus`."""
    return "mesh" if in_use(state) is None else "janus"


def feed(state: State, who: str) -> str:
    """Under which id the peer of this call, or `ROOM`, publishes; empty: peer to peer."""
    in_round = in_use(state)
    return _derive(in_round, "feed", who) if in_round else ""


def seat(state: State, who: str) -> Seat | None:
    """The place at which sound and pictures cross; None where there is none, or not yet."""
    in_round = in_use(state)
    return _seat(state, in_round.room, who) if in_round else None


def sound_seat(state: State, who: str) -> Seat | None:
    """The place at which only sound crosses; None where there is none, or not yet."""
    in_round = in_use(state)
    return _seat(state, in_round.sound_room, who) if in_round else None


def _seat(state: State, room: str, who: str) -> Seat | None:
    in_round = in_use(state)
    if in_round is None:
        return None
    own = _derive(in_round, "feed", who)
    tokens = [token for token, found in tables(state).get(room, {}).items() if found == own]
    if not tokens or tokens[0] not in in_round.open:
        return None
    return Seat(url=in_round.url, room=room, token=tokens[0], feed=own)


def tables(state: State) -> Mapping[str, Mapping[str, str]]:
    """Who may sit at this moment: room of the media server to token to feed. Whoever is not in it is put out."""
    session = state.session
    if session is None or session.round is None:
        return {}
    own = session.round
    if in_use(state) is None:
        return {own.room: {}, own.sound_room: {}}
    everybody = roster.all_admitted(state)
    seeing = [partner.call for partner in everybody if partner.consent is Consent.ALL]
    has_listeners = len(seeing) < len(everybody)
    with_pictures = [ROOM, *seeing] if seeing or not has_listeners else []
    with_sound = [ROOM, *(partner.call for partner in everybody)] if has_listeners else []
    return {
        room: {_derive(own, room, who): _derive(own, "feed", who) for who in people}
        for room, people in ((own.room, with_pictures), (own.sound_room, with_sound))
    }


def _derive(own: Round, purpose: str, who: str) -> str:
    """128 bits that only the round's secret leads to; nobody learns another one's token from his own."""
    text = f"{purpose}/{who}".encode()
    return hashlib.blake2s(text, key=own.secret.encode()[:32], digest_size=_TOKEN_BYTES).hexdigest()
