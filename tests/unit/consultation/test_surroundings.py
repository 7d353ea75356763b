"""Directory, presence of desks, media, broker, wires and remote hands."""

from datetime import datetime, timedelta

import msgspec
import pytest

from kiosk.consultation import events
from kiosk.consultation.commands import EmitEvent, PlaySound, ReadScheduleAgain, Refuse
from kiosk.contract.directory import DeskPresence, Presence
from kiosk.contract.errors import Reason
from kiosk.contract.links import Sound
from kiosk.contract.media import Lamp, MediaReport, PeerReport
from kiosk.contract.room import RoomReport, ShutterPosition
from tests.unit.consultation.house import DIRECTORY, House, call_of, schedule_of


def directory(**changes: object) -> House:
    """A terminal that has just read a directory of one good office, need and desk, with some parts changed."""
    good: dict[str, object] = {
        "version": 9,
        "offices": [{"id": "o", "name": {"de": "O"}}],
        "needs": [{"id": "n", "name": {"de": "N"}}],
        "desks": [{"id": "d", "office": "o", "name": {"de": "D"}, "needs": ["n"]}],
    }
    return House().do(events.DirectoryChanged(document=msgspec.json.encode({**good, **changes})))


def test_a_new_directory_has_the_schedule_looked_at_again():
    """Appointments of a desk that was unknown until now become possible; the same directory again is no news."""
    house = directory()
    assert house.said == [ReadScheduleAgain()]
    assert house.state.directory.version == 9
    document = msgspec.json.encode(house.state.directory)
    assert house.do(events.DirectoryChanged(document=document)).said == []


@pytest.mark.parametrize(
    ("part", "entries", "path"),
    [
        ("offices", [{"id": "o", "name": {"de": "O"}}, {"id": "o", "name": {"de": "P"}}], "offices[1].id"),
        ("offices", [{"id": "o", "name": {"de": "O"}}, {"id": "p", "name": {"en": "P"}}], "offices[1].name"),
        ("needs", [{"id": "n", "name": {"de": "N"}}, {"id": "N N", "name": {"de": "M"}}], "needs[1].id"),
        ("needs", [{"id": "n", "name": {"de": "N"}}, 7], "needs[1]"),
    ],
)
def test_a_bad_entry_of_the_directory_is_refused_by_path(part, entries, path):
    """Twice the same id, no German words, a wrong id, no entry at all: the rest stays."""
    house = directory(**{part: entries})
    assert [len(house.state.directory.offices), len(house.state.directory.needs)] == [1, 1]
    assert [desk.id for desk in house.state.directory.desks] == ["d"]
    (refusal,) = house.told(Refuse)
    assert refusal.detail.endswith(f"at `$.{path}`")


@pytest.mark.parametrize(
    ("change", "path"), [({"office": "nobody"}, "desks[1].office"), ({"needs": ["n", "x"]}, "desks[1].needs[1]")]
)
def test_a_desk_of_an_unknown_office_or_need_is_refused(change, path):
    """References have to hold."""
    good = {"id": "d", "office": "o", "name": {"de": "D"}, "needs": ["n"]}
    house = directory(desks=[good, {**good, "id": "e", **change}])
    assert [desk.id for desk in house.state.directory.desks] == ["d"]
    assert house.told(Refuse)[0].detail.endswith(f"at `$.{path}`")


def test_a_directory_that_is_none_leaves_the_last_good_one():
    """As with the schedule."""
    house = House().do(events.DirectoryChanged(document=b"{"))
    assert house.state.directory == DIRECTORY
    assert [type(command) for command in house.said] == [Refuse]


def test_a_desk_is_believed_for_90_s():
    """What is not repeated counts as gone."""
    house = House().presence("words-1").wait(89)
    seen = ["words-1" in house.state.presence]
    house.wait(1)
    seen.append("words-1" in house.state.presence)
    assert seen == [True, False]
    assert house.state.presence_until == {}


def test_a_retained_word_is_believed_for_the_rest_of_its_time():
    """An old word does not become young by being delivered, and none lives longer than 90 s."""
    house = House()
    word = DeskPresence(state=Presence.FREE, since=house.now)
    house.do(events.PresenceChanged(desk="words-1", presence=word, valid_s=10))
    house.do(events.PresenceChanged(desk="words-2", presence=word, valid_s=9999))
    assert set(house.wait(10).state.presence) == {"words-2"}
    assert house.wait(80).state.presence == {}


@pytest.mark.parametrize("word", [None, Presence.GONE])
def test_a_desk_that_goes_is_gone_at_once(word):
    """Taken back or said so."""
    house = House().presence("words-1")
    presence = word and DeskPresence(state=word, since=house.now)
    assert house.do(events.PresenceChanged(desk="words-1", presence=presence)).state.presence == {}


def test_desks_the_directory_does_not_know_are_passed_over():
    """Every desk speaks to every terminal; that is no error, and no place for strangers."""
    house = House().presence("other-1")
    assert house.state.presence == {}
    assert house.said == []


def test_a_desk_taken_off_the_directory_is_free_no_longer():
    """It cannot be offered."""
    house = House().presence("words-1")
    document = msgspec.json.encode(msgspec.structs.replace(DIRECTORY, desks=DIRECTORY.desks[:1]))
    assert house.do(events.DirectoryChanged(document=document)).state.presence == {}


def test_a_word_without_a_time_zone_is_refused():
    """It could not be compared with the clock."""
    naive = DeskPresence(state=Presence.BUSY, since=datetime(2026, 3, 2, 9), until=None)
    house = House().do(events.PresenceChanged(desk="words-1", presence=naive))
    assert house.state.presence == {}
    assert house.told(Refuse)[0].source == "desk words-1"


def test_media_reports_of_peers_that_are_not_on_the_plan_are_left_out():
    """A late report brings no call back."""
    house = House().in_session().admitted("youth-1")
    peers = (PeerReport(call=call_of("youth-1")), PeerReport(call="over000000000000"))
    house.do(events.MediaReported(report=MediaReport(camera=Lamp.ON, peers=peers)))
    assert house.state.media.camera is Lamp.ON
    assert [peer.call for peer in house.state.media.peers] == [call_of("youth-1")]


def test_a_fault_of_the_camera_is_told_once():
    """Event and sound when it comes, an event when it is over."""
    house = House()
    faulty = MediaReport(camera=Lamp.FAULT, camera_reason=Reason.CAMERA_BUSY)
    for report in (faulty, faulty, MediaReport()):
        house.do(events.MediaReported(report=report))
    data = {"part": "camera", "reason": "camera-busy"}
    assert (house.events_of("fault"), house.events_of("fault-over")) == ([data], [data])
    assert house.all_said.count(PlaySound(sound=Sound.FAULT)) == 1


def test_without_media_the_lamps_are_out():
    """A dead process has closed camera and microphone."""
    house = House().do(events.MediaCame()).do(events.MediaReported(report=MediaReport(camera=Lamp.HERE)))
    house.do(events.MediaWent())
    assert (house.state.is_media_here, house.state.media) == (False, MediaReport())


def test_the_call_goes_on_without_broker_and_without_media():
    """Neither changes who is admitted."""
    house = House().do(events.BrokerCame()).do(events.MediaCame()).in_session().admitted("youth-1")
    session = house.session
    house.do(events.BrokerWent()).do(events.MediaWent())
    assert not house.state.is_broker_here
    assert house.session == session
    assert house.do(events.BrokerCame()).state.is_broker_here


def test_a_wire_that_fails_and_comes_back():
    """Listed while it fails, told once each way."""
    house = House()
    for is_faulty in (True, True, False, False):
        house.do(events.HardwareFault(part="door-sign", is_faulty=is_faulty))
        assert house.state.hardware_faults == (("door-sign",) if is_faulty else ())
    kinds = [command.type for command in house.all_said if isinstance(command, EmitEvent)]
    assert kinds == ["fault", "fault-over"]


def test_the_reason_of_a_broken_wire_is_told():
    """Another reason is news; with the fault its reason goes."""
    house = House()
    for reason in (Reason.LINE_CHATTERS, Reason.BUTTON_STUCK):
        house.do(events.HardwareFault(part="help-button", reason=reason))
        assert house.state.hardware_reasons == {"help-button": reason}
    house.do(events.HardwareFault(part="help-button", is_faulty=False))
    assert (house.state.hardware_faults, house.state.hardware_reasons) == ((), {})
    told = [(said.type, said.data["reason"]) for said in house.all_said if isinstance(said, EmitEvent)]
    assert told == [("fault", "line-chatters"), ("fault", "button-stuck"), ("fault-over", "button-stuck")]


def test_what_the_wires_say_is_in_the_state():
    """As a whole, the last word counts."""
    report = RoomReport(shutter=ShutterPosition.SHUT, is_mute_switch_on=True)
    house = House().do(events.RoomReported(report=report))
    assert house.state.room == report
    assert house.do(events.RoomReported(report=RoomReport())).state.room == RoomReport()


def test_a_remote_hand_is_seen_as_long_as_it_is_there():
    """The screen says so while it happens."""
    house = House().do(events.RemoteHand(command="identify"))
    assert house.state.remote_hand == "identify"
    assert house.state.notice
    assert house.state.notice.kind == "remote-hand"
    assert house.do(events.RemoteHand(command="")).state.remote_hand == ""


def test_presence_lives_through_a_schedule():
    """Documents of the central side do not touch what desks say."""
    house = House().presence("words-1").do(events.ScheduleChanged(document=schedule_of()))
    assert house.state.presence["words-1"].since == house.now - timedelta()
