"""Capture, senders, shutter and mute switch: one value where they agree; closed, said and told where they do not."""

from typing import Any

import pytest

from kiosk.consultation import events, media_plan, privacy, privacy_state, room_plan, session_state
from kiosk.contract import intents
from kiosk.contract.media import Lamp, MediaReport, PeerLink, PeerReport, Plan, Sending
from kiosk.contract.privacy import Doubt
from kiosk.contract.room import RoomReport, ShutterPosition, Situation
from kiosk.contract.state import Consent, Phase
from tests.unit.consultation.house import House, call_of

OPEN, SHUT, FAULT = ShutterPosition.OPEN, ShutterPosition.SHUT, ShutterPosition.FAULT
ON, OFF, HERE = Lamp.ON, Lamp.OFF, Lamp.HERE


class Media:
    """Reports once a second, as media does in a call; its counters move as told."""

    def __init__(self, house: House) -> None:
        self.house = house
        sent = house.state.watch.sent
        self.frames, self.screen_frames, self.packets = sent.frames, sent.screen_frames, sent.audio_packets

    def says(self, camera: Lamp = ON, microphone: Lamp = ON, screen: Lamp = OFF, later_s: float = 1.0) -> "Media":
        peer = PeerReport(
            call=call_of("youth-1"),
            link=PeerLink.UP,
            frames_sent=self.frames,
            screen_frames_sent=self.screen_frames,
            audio_packets_sent=self.packets,
        )
        report = MediaReport(camera=camera, microphone=microphone, screen=screen, peers=(peer,))
        self.house.do(events.MediaReported(report=report), later_s)
        return self

    def for_seconds(self, seconds: int, frames: int = 30, packets: int = 50, screen: int = 0, **lamps: Any) -> "Media":
        for _ in range(seconds):
            self.frames, self.packets = self.frames + frames, self.packets + packets
            self.screen_frames += screen
            self.says(**lamps)
        return self


@pytest.fixture
def house() -> House:
    """A session with a partner, everything open and sent, a shutter that is open and a switch that is off."""
    house = House().in_session().admitted("youth-1")
    Media(house).for_seconds(3)
    return house.do(room(OPEN))


def room(shutter: ShutterPosition = OPEN, is_muted: bool | None = False) -> events.RoomReported:
    return events.RoomReported(report=RoomReport(shutter=shutter, is_mute_switch_on=is_muted))


def assert_closed(house: House, doubt: Doubt, *parts: str) -> None:
    """Closed at media and at the shutter, the same word on screen, LED, sign and MQTT, an event for each part."""
    plan, shown, told = media_plan(house.state), room_plan(house.state), privacy_state(house.state)
    assert set(house.state.watch.closed) == set(parts)
    for part in parts:
        said = {"camera": privacy.camera, "microphone": privacy.microphone}[part](house.state)
        assert (said.lamp, said.why) == (Lamp.FAULT, doubt)
        assert getattr(plan, part) is Sending.OFF
        assert (getattr(told, part), getattr(told, f"{part}_reason")) == (said.lamp, said.why)
        assert getattr(session_state(house.state), part) == "fault"
    assert Situation.DOUBT in shown.situations
    assert house.state.notice
    assert house.state.notice.kind == "privacy"
    if "camera" in parts:
        assert not shown.is_shutter_open
    assert {data["part"]: data["reason"] for data in house.events_of("privacy-closed")} == dict.fromkeys(parts, doubt)


@pytest.mark.parametrize(
    ("touch", "lamps", "moving", "doubt"),
    [
        (intents.SetCamera(is_on=False), {"camera": OFF}, {"frames": 30}, Doubt.CAMERA_SENT),
        (intents.SetMicrophone(is_on=False), {"microphone": OFF}, {"packets": 50}, Doubt.MICROPHONE_SENT),
    ],
)
def test_packets_that_go_from_a_closed_capture_cut_every_line(
    house: House, touch: intents.Intent, lamps: dict[str, Lamp], moving: dict[str, int], doubt: Doubt
) -> None:
    """The capture says closed, its counter moves: within 5 s nobody is connected any more."""
    house.do(touch)
    given: dict[str, Any] = {"frames": 0, "packets": 0, **moving, **lamps}
    Media(house).for_seconds(5, **given)
    assert_closed(house, doubt, "camera", "microphone")
    assert media_plan(house.state).peers == ()
    assert room_plan(house.state).is_led_on


def test_a_screen_that_goes_on_after_it_was_stopped_cuts_every_line(house: House) -> None:
    """Documents are private, too."""
    Media(house).for_seconds(5, screen=10)
    assert_closed(house, Doubt.SCREEN_SENT, "camera", "microphone")


def test_a_capture_that_stays_open_is_said_and_told(house: House) -> None:
    """It gives pictures though it was to close; nothing leaves, so the sound goes on."""
    house.do(intents.SetCamera(is_on=False))
    Media(house).for_seconds(10, frames=0, camera=HERE)
    assert_closed(house, Doubt.CAMERA_OPEN, "camera")
    assert media_plan(house.state).microphone is Sending.ON


def test_a_shutter_that_stays_open_is_said_and_told(house: House) -> None:
    """Camera off, end switch says open."""
    house.do(intents.SetCamera(is_on=False))
    Media(house).for_seconds(5, frames=0, camera=OFF)
    assert_closed(house, Doubt.SHUTTER_OPEN, "camera")


def test_a_camera_that_sees_through_a_shut_shutter_is_closed(house: House) -> None:
    """One of the two is wrong, and nobody knows which."""
    house.do(room(SHUT))
    Media(house).for_seconds(4)
    assert_closed(house, Doubt.SHUTTER_SHUT, "camera")


def test_a_shutter_that_is_nowhere_closes_the_camera(house: House) -> None:
    """Both switches at once, or none for too long."""
    house.do(room(FAULT))
    Media(house).for_seconds(2)
    assert_closed(house, Doubt.SHUTTER_FAULT, "camera")


def test_sound_that_leaves_with_the_switch_on_mute_cuts_every_line(house: House) -> None:
    """The switch is what people trust."""
    house.do(room(is_muted=True))
    Media(house).for_seconds(5, microphone=OFF)
    assert_closed(house, Doubt.MUTE_SWITCH, "camera", "microphone")


def test_a_switch_that_is_not_heard_any_more_closes_the_microphone(house: House) -> None:
    """At once: it may have been thrown since."""
    assert_closed(house.do(room(is_muted=None)), Doubt.SWITCH_LOST, "microphone")


def test_media_that_falls_silent_in_a_call_is_not_believed(house: House) -> None:
    """No report for six seconds, though there is one a second."""
    house.wait(5)
    assert not house.state.watch.closed
    assert_closed(house.wait(3), Doubt.MEDIA_SILENT, "camera", "microphone")


def test_a_clock_that_is_set_in_a_call_closes_nothing(house: House) -> None:
    """The network brings the time late: hours go by between two reports that come in their second."""
    house.do(events.Tick(), 36_000.5)
    Media(house).for_seconds(3)
    assert not house.state.watch.closed


def test_media_that_is_gone_shuts_the_shutter_and_darkens_the_led(house: House) -> None:
    """With the process everything is closed; the plate says that something is missing, and no touch is needed later."""
    house.do(events.MediaWent())
    assert privacy.camera(house.state).lamp is privacy.microphone(house.state).lamp is Lamp.FAULT
    shown = room_plan(house.state)
    assert (shown.is_shutter_open, shown.is_led_on, house.state.watch.closed) == (False, False, {})


@pytest.mark.parametrize("touch", [intents.SetCamera(is_on=False), intents.SetPause(is_paused=True)])
def test_closing_in_order_is_no_doubt(house: House, touch: intents.Intent) -> None:
    """Packets until 0.1 s after the touch, counted a second later; the device closes in two, the shutter in one."""
    house.do(touch)
    media = Media(house)
    media.frames += 3
    media.packets += 5
    lamp = ON if isinstance(touch, intents.SetCamera) else OFF
    packets = 50 if lamp is ON else 0
    media.says(camera=HERE, microphone=lamp, later_s=0.4)
    media.for_seconds(1, frames=0, packets=packets, camera=HERE, microphone=lamp)
    house.do(room(ShutterPosition.MOVING), 0.1).do(room(SHUT), 0.9)
    media.for_seconds(9, frames=0, packets=packets, camera=OFF, microphone=lamp)
    assert not house.state.watch.closed
    assert not house.events_of("privacy-closed")


def test_a_new_touch_opens_again_once_nothing_disagrees(house: House) -> None:
    """Not while the shutter is still open; then the button does, and the alert is over."""
    house.do(intents.SetCamera(is_on=False))
    Media(house).for_seconds(5, frames=0, camera=OFF)
    house.do(intents.SetCamera(is_on=True))
    assert_closed(house, Doubt.SHUTTER_OPEN, "camera")
    assert not house.session.camera_wanted
    house.do(room(SHUT)).wait(2)
    assert "camera" in house.state.watch.closed
    house.do(intents.SetCamera(is_on=True))
    assert house.state.watch.closed == {}
    assert media_plan(house.state).camera is Sending.HERE
    assert house.events_of("privacy-settled") == [{"part": "camera", "reason": "shutter-open"}]


def test_nobody_is_reconnected_before_a_touch(house: House) -> None:
    """After a leak the partner stays out until somebody in the room wants one of the two again."""
    Media(house).for_seconds(5, screen=10)
    Media(house).for_seconds(30, frames=0, packets=0, camera=OFF, microphone=OFF)
    assert media_plan(house.state).peers == ()
    house.do(intents.SetMicrophone(is_on=True))
    assert "microphone" not in house.state.watch.closed


def test_an_idle_room_with_an_open_shutter_is_not_ready() -> None:
    """Until it is shut, without anybody's touch: nobody is there."""
    house = House().do(events.MediaCame()).do(room(OPEN)).wait(4)
    assert Situation.NOT_READY in room_plan(house.state).situations
    assert house.events_of("privacy-closed")
    house.do(room(SHUT))
    assert Situation.NOT_READY not in room_plan(house.state).situations


def test_the_switch_closes_and_opens_the_microphone_by_itself(house: House) -> None:
    """Also in preparation; what was wanted before is wanted after."""
    house.do(room(is_muted=True))
    assert media_plan(house.state).microphone is Sending.OFF
    Media(house).for_seconds(3, packets=0, microphone=OFF)
    said = privacy.microphone(house.state)
    assert (said.lamp, said.why) == (Lamp.OFF, "switch")
    assert media_plan(house.do(room(is_muted=False)).state).microphone is Sending.HERE
    prepared = House().do(room(is_muted=True)).prepare()
    assert media_plan(prepared.state).microphone is Sending.OFF


def test_no_touch_overrules_the_switch(house: House) -> None:
    """Who tries is told why."""
    house.do(intents.SetMicrophone(is_on=False)).do(room(is_muted=True)).do(intents.SetMicrophone(is_on=True))
    assert not house.session.microphone_wanted
    assert house.state.notice
    assert house.state.notice.kind == "mute-switch"


def test_nothing_is_sent_before_the_led_is_lit() -> None:
    """Open first; the report that says so lights the LED and opens the gate in the same breath."""
    house = House().in_session().admitted("youth-1").do(intents.SetCamera(is_on=False))
    house.do(intents.SetMicrophone(is_on=False)).do(events.MediaReported(report=MediaReport()))
    assert not room_plan(house.state).is_led_on
    house.do(intents.SetCamera(is_on=True))
    assert (media_plan(house.state).camera, room_plan(house.state).is_led_on) == (Sending.HERE, False)
    house.do(events.MediaReported(report=MediaReport(camera=HERE)))
    assert (media_plan(house.state).camera, room_plan(house.state).is_led_on) == (Sending.ON, True)


def test_the_led_is_lit_until_media_says_that_all_is_closed(house: House) -> None:
    """And for the picture that only the room sees."""
    house.do(intents.SetCamera(is_on=False)).do(intents.SetMicrophone(is_on=False))
    for camera, is_lit in ((ON, True), (HERE, True), (OFF, False)):
        Media(house).says(camera=camera, microphone=OFF, later_s=0.1)
        assert room_plan(house.state).is_led_on is is_lit
    here = House().do(events.MediaCame()).prepare().do(events.MediaReported(report=MediaReport(camera=HERE)))
    assert room_plan(here.state).is_led_on


def test_what_comes_from_afar_opens_nothing() -> None:
    """Every event that a message of the broker can cause, in every phase: the plan opens nothing by it."""
    far: tuple[events.Event, ...] = (
        events.RemoteHand(command="identify"),
        events.HelpAnswered(who="Frau Weber"),
        events.HelpEnded(),
        events.DisplayOrdered(brightness_pct=50),
        events.BrokerCame(),
        events.BrokerWent(),
        events.PartnerLeft(desk="youth-1", call=call_of("youth-1")),
    )
    for house in (House(), House().start(), House().prepare(), House().in_session(Consent.SOUND).admitted("youth-1")):
        for event in far:
            before = media_plan(house.state)
            after = media_plan(house.do(event).state)
            assert after.camera in (Sending.OFF, before.camera)
            assert after.microphone in (Sending.OFF, before.microphone)
    assert media_plan(House().state) == Plan()
    assert house.state.phase is Phase.SESSION
