"""The one place that decides: what happened, to what state, and what is to be done once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from kiosk.consultation import (
    clock,
    events,
    help,
    knocking,
    privacy,
    ringing,
    rounds,
    self_test,
    sheets,
    showing,
    staff,
    surroundings,
    visit,
    wakefulness,
)
from kiosk.consultation.commands import Command
from kiosk.consultation.news import news
from kiosk.contract import intents
from kiosk.contract.display import Display
from kiosk.contract.state import State

Step = tuple[State, tuple[Command, ...]]
_HANDS = intents.Intent | events.HelpPressed | events.StartPressed

_QUIET: dict[type, Callable[[State, Any, events.Fresh], State]] = {
    intents.ChooseLanguage: visit.choose_language,
    intents.ChooseLook: visit.choose_look,
    intents.GoBack: visit.go_back,
    intents.JoinAppointment: visit.join_appointment,
    intents.StartWithoutAppointment: visit.start_without_appointment,
    intents.Choose: visit.choose,
    intents.EndSession: visit.end_session,
    intents.MoreTime: visit.more_time,
    intents.OpenCorner: sheets.open_corner,
    intents.CloseSheet: sheets.close_sheet,
    intents.OpenSound: sheets.open_sound,
    intents.OpenShow: sheets.open_show,
    intents.OpenEnd: sheets.open_end,
    intents.OpenDoor: sheets.open_door,
    intents.SetMicrophone: sheets.set_microphone,
    intents.SetCamera: sheets.set_camera,
    intents.SetPause: sheets.set_pause,
    intents.ShowLaptop: showing.show_laptop,
    intents.ShowDocument: showing.show_document,
    intents.StopShowing: showing.stop_showing,
    intents.SetVolume: showing.set_volume,
    intents.Admit: knocking.admit,
    intents.SendAway: knocking.send_away,
    intents.OpenNeeds: ringing.open_needs,
    intents.ChooseNeed: ringing.choose_need,
    intents.RingDesks: ringing.ring_desks,
    intents.StopRinging: ringing.stop_ringing,
    events.MediaReported: surroundings.take_report,
    events.RoomReported: surroundings.take_room_report,
    events.MediaCame: surroundings.media_came,
    events.MediaWent: surroundings.media_went,
    events.BrokerCame: surroundings.broker_came,
    events.BrokerWent: surroundings.broker_went,
    events.HardwareFault: surroundings.note_fault,
    events.HealthMeasured: surroundings.take_health,
    events.SelfTestAsked: self_test.ask,
    events.SelfTestStep: self_test.step,
    events.CheckDone: self_test.note,
    events.StaffChosen: staff.choose,
    intents.GoOnAnyway: self_test.go_on,
    intents.TestRoom: self_test.ask_by_hand,
    intents.OpenStaff: staff.open_door,
    intents.OpenRestart: staff.open_restart,
    intents.TypeDigit: staff.type_digit,
    events.LinesRead: staff.note_lines,
    events.RemoteHand: surroundings.show_remote_hand,
    events.EngineChosen: rounds.choose_engine,
    events.HabitsChosen: wakefulness.choose_habits,
    events.DisplayReported: wakefulness.take_report,
    events.DisplayOrdered: wakefulness.order,
    events.StartPressed: visit.press_start,
    events.RoundOpened: rounds.opened,
    events.RoundSeated: rounds.seated,
    events.RoundGone: rounds.gone,
}
"""Rules whose whole effect is the state; what follows from the change, `news` finds out."""

_SPEAKING: dict[type, Callable[[State, Any, events.Fresh], Step]] = {
    intents.AskHelp: help.ask,
    intents.CancelHelp: help.cancel,
    intents.Rate: visit.rate,
    intents.TestLoudspeaker: showing.test_loudspeaker,
    events.KeyPressed: wakefulness.press_key,
    intents.EnterPin: staff.enter,
    intents.RestartProgram: staff.restart,
    events.PinChecked: staff.take_word,
    events.SelfTestDone: self_test.end,
    events.HelpPressed: help.press,
    events.HelpAnswered: help.answer,
    events.HelpEnded: help.end,
    events.ScheduleChanged: surroundings.change_schedule,
    events.DirectoryChanged: surroundings.change_directory,
    events.PresenceChanged: surroundings.change_presence,
    events.Knocked: knocking.knock,
    events.RingAnswered: ringing.answer,
    events.PartnerLeft: knocking.leave,
    events.PartnerMediaChanged: knocking.change_media,
    events.LookedAgain: knocking.look_again,
}
"""Rules that also answer, refuse, or say something the state does not hold."""


def first_state(now: datetime, house_language: str, fresh: events.Fresh) -> State:
    """The state of a terminal that remembers nothing; `now` is aware, UTC."""
    display = Display(alone_since=now)
    return State(now=now, language=house_language, house_language=house_language, key=fresh.key, display=display)


def is_used(state: State, fresh: events.Fresh) -> bool:
    """Whether the state holds something of `fresh`, so that the next occurrence needs a new one."""
    session = state.session
    ids = (session.id, session.ring.id if session.ring else "") if session else ()
    return fresh.key == state.key or fresh.id in (*ids, state.help.id if state.help else "")


def transition(state: State, occurrence: events.Occurrence) -> Step:
    """Time passes until `occurrence.at`, then its event happens. Never raises: what is not offered changes nothing."""
    event, passed = occurrence.event, clock.advance(state, occurrence.at)
    after, said = (passed, ()) if wakefulness.swallows(passed, event) else _happen(passed, event, occurrence.fresh)
    after = rounds.settle(showing.settle(self_test.settle(staff.settle(sheets.settle(after)))))
    if _is_by_hand(event) and after != passed:
        after = visit.touched(passed, after)
    elif isinstance(event, events.KeyPressed) and after.closes_at is not None:
        after = visit.put_off(after)
    after = wakefulness.settle(passed, privacy.settle(state, after, event), event)
    return after, (*said, *news(state, after))


def _is_by_hand(event: events.Event) -> bool:
    """Whether somebody in the room did this, and may be seen to have."""
    return isinstance(event, _HANDS) and not (isinstance(event, events.HelpPressed) and event.is_silent)


def _happen(state: State, event: events.Event, fresh: events.Fresh) -> Step:
    kind = type(event)
    if kind in _SPEAKING:
        return _SPEAKING[kind](state, event, fresh)
    if kind in _QUIET:
        return _QUIET[kind](state, event, fresh), ()
    return state, ()
