"""What the room shows, how loud it is, and who may see it."""

import pytest

from kiosk.consultation import events, media_plan, room_view
from kiosk.consultation.commands import PlaySound, SendView
from kiosk.contract import intents
from kiosk.contract.links import Sound
from kiosk.contract.media import Lamp, MediaReport, PeerReport, Sending, Showing
from kiosk.contract.state import Consent, Phase, Sheet
from tests.unit.consultation.house import House, call_of

YOUTH = call_of("youth-1")
LAPTOP = MediaReport(camera=Lamp.ON, has_laptop=True)


def with_laptop(house: House) -> House:
    return house.do(events.MediaReported(report=LAPTOP))


def test_a_document_is_one_still_a_touch():
    """The first touch shows it, the next takes another; the sheet gives way to what is shown."""
    house = House().in_session().do(intents.OpenShow()).do(intents.ShowDocument())
    assert house.state.sheet is Sheet.NONE
    assert (media_plan(house.state).screen, media_plan(house.state).still) == (Showing.DOCUMENT, 1)
    since = house.session.showing_since
    house.do(intents.ShowDocument(), 5)
    assert (media_plan(house.state).still, house.session.showing_since) == (2, since)


def test_a_document_is_shown_without_a_camera_in_the_call():
    """With the camera switched off its gate stays shut: one still, and no moving picture."""
    house = House().in_session().do(intents.SetCamera(is_on=False)).do(intents.ShowDocument())
    plan = media_plan(house.state)
    assert (plan.camera, plan.screen, plan.still) == (Sending.OFF, Showing.DOCUMENT, 1)


def test_no_still_is_taken_without_a_touch():
    """With the media process the picture is lost; the next one does not photograph what lies there now."""
    house = with_laptop(House().in_session()).do(events.MediaCame()).do(intents.ShowDocument())
    house.do(events.MediaWent()).do(events.MediaCame())
    assert media_plan(house.state).screen is Showing.NOTHING
    assert house.events_of("showing-stopped") == [{"what": "document"}]
    with_laptop(house).do(intents.ShowLaptop()).do(events.MediaWent()).do(events.MediaCame())
    assert media_plan(house.state).screen is Showing.LAPTOP


def test_only_a_laptop_that_is_plugged_in_is_shown():
    """Nothing happens without one; one that is pulled out goes on being wanted."""
    house = House().in_session().do(intents.ShowLaptop())
    assert media_plan(house.state).screen is Showing.NOTHING
    with_laptop(house).do(intents.ShowLaptop()).do(events.MediaReported(report=MediaReport()))
    assert media_plan(house.state).screen is Showing.LAPTOP


def test_the_end_of_showing_is_one_touch():
    """Partners and the monitor hear of both ends; a second touch is no news."""
    house = with_laptop(House().in_session(waiting=("youth-1",))).do(intents.ShowLaptop())
    assert house.told(SendView) == [SendView(call=YOUTH)]
    seen = room_view(house.state, YOUTH)
    assert seen is not None
    assert seen.showing == "laptop"
    house.do(intents.ShowDocument()).do(intents.StopShowing()).do(intents.StopShowing())
    assert media_plan(house.state).screen is Showing.NOTHING
    assert house.events_of("showing-started") == [{"what": "laptop"}, {"what": "document"}]
    assert house.events_of("showing-stopped") == [{"what": "laptop"}, {"what": "document"}]


@pytest.mark.parametrize("ending", [intents.SetPause(is_paused=True), intents.EndSession()])
def test_nothing_is_shown_beyond_a_break_or_the_end(ending):
    """And after the break it takes a touch to show it again."""
    house = House().in_session().do(intents.ShowDocument()).do(ending).do(intents.SetPause(is_paused=False))
    assert media_plan(house.state).screen is Showing.NOTHING
    assert house.events_of("showing-stopped") == [{"what": "document"}]


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.TODAY, Phase.PREPARATION, Phase.ENDED])
def test_outside_a_session_nothing_is_shown(phase):
    """A late touch changes nothing."""
    house = with_laptop(House())
    if phase is Phase.TODAY:
        house.start()
    elif phase is Phase.PREPARATION:
        house.prepare()
    elif phase is Phase.ENDED:
        house.in_session().do(intents.EndSession())
    for touch in (intents.ShowLaptop(), intents.ShowDocument(), intents.StopShowing()):
        assert media_plan(house.do(touch).state).screen is Showing.NOTHING


def test_sound_only_is_kept_by_showing():
    """Who has said "sound only" to everybody shows nothing by mistake; with one partner who may see, it goes."""
    house = House().in_session(Consent.SOUND, waiting=("youth-1",)).do(intents.ShowDocument())
    assert media_plan(house.state).screen is Showing.NOTHING
    house.admitted("debts-1").do(intents.ShowDocument())
    assert media_plan(house.state).screen is Showing.DOCUMENT
    views = {desk: room_view(house.state, call_of(desk)) for desk in ("youth-1", "debts-1")}
    assert {desk: view and view.showing for desk, view in views.items()} == {"youth-1": "", "debts-1": "document"}
    house.do(intents.SendAway(call=call_of("debts-1")))
    assert media_plan(house.state).screen is Showing.NOTHING


def test_it_is_known_since_when_a_partner_shares():
    """The word said again is no new beginning; stopping and starting is."""
    house = House().in_session(waiting=("youth-1",)).shares("youth-1")
    since = house.partner("youth-1").sharing_since
    house.now = house.now.replace(second=30)
    assert house.shares("youth-1").partner("youth-1").sharing_since == since == house.session.started
    house.do(intents.SendAway(call=YOUTH))
    assert house.partner("youth-1").sharing_since is None


@pytest.mark.parametrize(("wanted", "kept"), [(50, 50), (-10, 0), (1000, 100)])
def test_the_volume_is_of_this_visit(wanted, kept):
    """Set from preparation on, within its bounds, and gone with the session."""
    house = House().do(intents.SetVolume(volume_pct=10)).prepare().do(intents.SetVolume(volume_pct=wanted))
    house.do(intents.Choose(choice=Consent.ALL))
    assert media_plan(house.state).volume_pct == kept
    assert media_plan(house.do(intents.EndSession()).state).volume_pct == 80


def test_the_loudspeaker_can_be_tried():
    """In preparation and in a session; never into an interpreter's words, and not where nobody is."""
    sound = [PlaySound(sound=Sound.TEST)]
    assert House().do(intents.TestLoudspeaker()).told(PlaySound) == []
    assert House().prepare().do(intents.TestLoudspeaker()).told(PlaySound) == sound
    house = House().in_session().ringing("words-1")
    assert house.session.ring is not None
    house.knock("words-1", ring=house.session.ring.id)
    house.do(intents.Admit(call=call_of("words-1"), consent=Consent.ALL))
    assert house.do(intents.TestLoudspeaker()).told(PlaySound) == sound
    speaking = MediaReport(peers=(PeerReport(call=call_of("words-1"), is_speaking=True),))
    house.do(events.MediaReported(report=speaking))
    assert house.do(intents.TestLoudspeaker()).told(PlaySound) == []


def test_the_sound_sheet_belongs_to_a_session():
    """It opens from preparation on, and goes with the visit."""
    assert House().do(intents.OpenSound()).state.sheet is Sheet.NONE
    assert House().prepare().do(intents.OpenSound()).state.sheet is Sheet.SOUND
    house = House().in_session().do(intents.OpenSound())
    assert house.state.sheet is Sheet.SOUND
    assert house.do(intents.EndSession()).state.sheet is Sheet.NONE
