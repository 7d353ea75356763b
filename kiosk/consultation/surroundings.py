"""What the terminal learns about the world around it: documents, presence of desks, the processes next door, wires."""

from datetime import timedelta

from msgspec.structs import replace

from kiosk.consultation import clock, events, intake, ringing, roster, showing, visit
from kiosk.consultation.commands import Command, ReadScheduleAgain, Refuse
from kiosk.consultation.plan import media_plan
from kiosk.contract.directory import Presence
from kiosk.contract.errors import Reason
from kiosk.contract.media import MediaReport, Showing
from kiosk.contract.state import State

_Step = tuple[State, tuple[Command, ...]]


def change_schedule(state: State, event: events.ScheduleChanged, fresh: events.Fresh) -> _Step:
    after, refusals = intake.read_schedule(state, event.document)
    return clock.without_strangers(visit.follow_schedule(state, after)), tuple(refusals)


def change_directory(state: State, event: events.DirectoryChanged, fresh: events.Fresh) -> _Step:
    """Desks that are no longer listed have nothing to say; appointments are looked at again."""
    after, refusals = intake.read_directory(state, event.document)
    if after.directory == state.directory:
        return state, tuple(refusals)
    known = {desk.id for desk in after.directory.desks}
    after = replace(
        after,
        presence={desk: word for desk, word in after.presence.items() if desk in known},
        presence_until={desk: until for desk, until in after.presence_until.items() if desk in known},
    )
    return after, (*refusals, ReadScheduleAgain())


def change_presence(state: State, event: events.PresenceChanged, fresh: events.Fresh) -> _Step:
    """Every desk speaks to every terminal: those the directory does not list are passed over in silence."""
    known = {desk.id for desk in state.directory.desks}
    if known and event.desk not in known:
        return state, ()
    presence = {desk: word for desk, word in state.presence.items() if desk != event.desk}
    until = {desk: moment for desk, moment in state.presence_until.items() if desk != event.desk}
    word = event.presence
    if word is not None and not all(intake.is_sound(moment) for moment in (word.since, word.until) if moment):
        detail = "no time zone, or a year out of range - at `$.since` or `$.until`"
        return state, (Refuse(source=f"desk {event.desk}", detail=detail, reason=Reason.MALFORMED),)
    if word is None or word.state is Presence.GONE or event.valid_s <= 0:
        return ringing.drop(replace(state, presence=presence, presence_until=until), event.desk), ()
    presence[event.desk] = word
    until[event.desk] = state.now + timedelta(seconds=min(event.valid_s, events.PRESENCE_S))
    return replace(state, presence=presence, presence_until=until), ()


def take_report(state: State, event: events.MediaReported, fresh: events.Fresh) -> State:
    """A late word about peers that are gone is left out."""
    calls = {peer.call for peer in media_plan(state).peers}
    peers = tuple(peer for peer in event.report.peers if peer.call in calls)
    return replace(state, media=replace(event.report, peers=peers))


def take_room_report(state: State, event: events.RoomReported, fresh: events.Fresh) -> State:
    return replace(state, room=event.report)


def take_health(state: State, event: events.HealthMeasured, fresh: events.Fresh) -> State:
    return replace(state, health=event.report)


def media_came(state: State, event: events.MediaCame, fresh: events.Fresh) -> State:
    return replace(state, is_media_here=True)


def media_went(state: State, event: events.MediaWent, fresh: events.Fresh) -> State:
    """With the process its camera and microphone are closed, and a still is lost: another one takes a touch."""
    session = state.session
    if session is not None and session.showing is Showing.DOCUMENT:
        session = showing.without_showing(session)
    return replace(state, is_media_here=False, media=MediaReport(), session=session)


def broker_came(state: State, event: events.BrokerCame, fresh: events.Fresh) -> State:
    return replace(state, is_broker_here=True)


def broker_went(state: State, event: events.BrokerWent, fresh: events.Fresh) -> State:
    return replace(state, is_broker_here=False)


def note_fault(state: State, event: events.HardwareFault, fresh: events.Fresh) -> State:
    """A part that was faulty before may be so for another reason now."""
    parts = tuple(part for part in state.hardware_faults if part != event.part)
    reasons = {part: reason for part, reason in state.hardware_reasons.items() if part != event.part}
    if event.is_faulty:
        parts = state.hardware_faults if event.part in state.hardware_faults else (*parts, event.part)
        reasons[event.part] = event.reason
    if (parts, reasons) == (state.hardware_faults, state.hardware_reasons):
        return state
    return replace(state, hardware_faults=parts, hardware_reasons=reasons)


def show_remote_hand(state: State, event: events.RemoteHand, fresh: events.Fresh) -> State:
    """Whoever acts from afar is seen while it happens."""
    state = replace(state, remote_hand=event.command)
    return roster.note(state, "remote-hand") if event.command else state
