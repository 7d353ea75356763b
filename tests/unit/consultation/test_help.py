"""Help is asked for, answered and over; unseen help leaves no trace in the room."""

from msgspec.structs import replace

from kiosk.consultation import events, room_plan
from kiosk.consultation.commands import PlaySound
from kiosk.contract import intents
from kiosk.contract.links import Sound
from kiosk.contract.room import Situation
from kiosk.contract.state import Phase, Sheet
from tests.unit.consultation.house import House


def test_help_is_asked_once():
    """Lamp on, one event; a second touch shows the sheet again and calls nobody twice."""
    house = House().do(intents.AskHelp()).do(intents.CloseSheet()).do(intents.AskHelp())
    assert Situation.HELP in room_plan(house.state).situations
    assert house.events_of("help-asked") == [{"origin": "screen"}]


def test_help_can_be_called_off():
    """Lamp off, sheet closed, the monitor knows; calling off nothing is no news."""
    house = House().do(intents.AskHelp()).do(intents.CancelHelp()).do(intents.CancelHelp())
    assert (house.state.is_help_asked, house.state.sheet) == (False, Sheet.NONE)
    assert house.events_of("help-cancelled") == [{}]


def test_the_button_on_the_wall_does_the_same():
    """It says so on the screen, too, but pushes nothing aside."""
    house = House().do(events.HelpPressed())
    assert (house.state.is_help_asked, house.state.sheet) == (True, Sheet.HELP)
    assert house.events_of("help-asked") == [{"origin": "wall"}]
    busy = House().in_session().do(intents.OpenEnd()).do(events.HelpPressed())
    assert (busy.state.is_help_asked, busy.state.sheet) == (True, Sheet.END)


def test_help_is_still_on_its_way_after_the_goodbye():
    """Who was called comes, even when the screen has gone back to idle."""
    house = House().in_session().do(intents.AskHelp()).do(intents.EndSession()).wait(31)
    assert house.state.phase is Phase.IDLE
    assert house.state.is_help_asked


def help_shown(house: House) -> list[str]:
    return [one for one in room_plan(house.state).situations if "help" in one]


def test_the_wires_know_whether_somebody_has_answered():
    """By default: lamp blinking, buzzer and relay; then the lamp alone, steady; then nothing."""
    house = House().do(events.HelpPressed())
    assert help_shown(house) == [Situation.HELP]
    assert help_shown(house.do(events.HelpAnswered(who="Frau Weber"), 42)) == [Situation.HELP_COMING]
    assert help_shown(house.do(events.HelpEnded(), 300)) == []
    assert house.events_of("help-answered") == [{"origin": "wall", "after_s": 42}]
    assert house.events_of("help-over") == [{"origin": "wall", "after_s": 342}]


def test_who_comes_is_on_the_screen_and_in_no_event():
    """The sheet and a notice; the monitor learns when, not who."""
    house = House().do(intents.AskHelp()).do(intents.CloseSheet()).do(events.HelpAnswered(who="Frau Weber"))
    assert house.state.help
    assert (house.state.help.who, house.state.sheet) == ("Frau Weber", Sheet.HELP)
    assert "Weber" not in repr(house.said)


def test_who_comes_is_one_line():
    """Whatever the page that answers has sent."""
    house = House().do(intents.AskHelp()).do(events.HelpAnswered(who="Frau\n\nWeber\n"))
    assert house.state.help is not None
    assert house.state.help.who == "Frau Weber"


def test_an_answer_does_not_cover_a_conversation():
    """There the notice says it, and the button in the bar."""
    house = House().in_session().do(intents.AskHelp()).do(intents.CloseSheet()).do(events.HelpAnswered())
    assert house.state.sheet is Sheet.NONE
    assert house.state.notice
    assert house.state.notice.kind == "help-answered"


def test_an_answer_to_nobody_is_none():
    """Late words change nothing."""
    house = House().do(events.HelpAnswered(who="Frau Weber")).do(events.HelpEnded())
    assert house.state.help is None
    assert not house.events_of("help-answered")
    assert not house.events_of("help-over")


def test_another_answer_changes_who_comes_and_not_since_when():
    """One event."""
    house = House().do(intents.AskHelp()).do(events.HelpAnswered(who="A"), 5).do(events.HelpAnswered(who="B"), 5)
    assert house.state.help
    assert (house.state.help.who, len(house.events_of("help-answered"))) == ("B", 1)


def test_after_a_minute_without_an_answer_the_room_is_told():
    """Not before, and not when somebody is on the way."""

    def is_overdue(house: House) -> bool:
        return house.state.help is not None and house.state.help.is_overdue

    house = House().do(intents.AskHelp()).wait(59)
    assert not is_overdue(house)
    assert is_overdue(house.wait(2))
    assert not is_overdue(House().do(intents.AskHelp()).do(events.HelpAnswered()).wait(99))


def test_unseen_help_shows_nothing_in_the_room():
    """No sheet, no lamp, no sound, no notice, asked or answered; the contact closes and the monitor knows."""
    quiet = House().in_session()
    before = quiet.state
    quiet.do(events.HelpPressed(is_silent=True))
    assert replace(quiet.state, help=None, now=before.now) == before
    assert help_shown(quiet) == [Situation.SILENT_HELP]
    assert replace(quiet.do(events.HelpAnswered(who="Frau Weber")).state, help=None, now=before.now) == before
    assert not [command for command in quiet.said if isinstance(command, PlaySound)]
    assert quiet.events_of("help-asked") == [{"origin": "silent"}]


def test_unseen_help_is_not_called_off_by_the_room():
    """Somebody asks openly as well, and thinks better of it: the counsellor's call stands, unseen as before."""
    house = House().do(events.HelpPressed(is_silent=True)).do(intents.CancelHelp())
    assert not house.events_of("help-cancelled")
    house.do(intents.AskHelp()).do(intents.CancelHelp())
    assert house.state.help
    assert (house.state.help.is_open, house.state.help.is_silent, house.state.sheet) == (False, True, Sheet.NONE)
    assert [data["origin"] for data in house.events_of("help-asked")] == ["silent", "screen"]
    assert house.do(events.HelpEnded()).state.help is None


def test_asking_openly_is_heard_in_the_room():
    """Once, by a sound of its own."""
    house = House()
    heard = [command for command in house.do(intents.AskHelp()).said if isinstance(command, PlaySound)]
    assert heard == [PlaySound(sound=Sound.HELP)]
