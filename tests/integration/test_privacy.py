"""The agent, its wires and a broker for real; a media process that reports what a test tells it to, true or not."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from kiosk.contract import codec, intents
from kiosk.contract.media import Lamp, MediaReport, PeerLink, PeerReport, Plan, Sending
from kiosk.contract.mqtt import Alert, PrivacyState
from kiosk.contract.room import ShutterPosition
from kiosk.contract.state import Consent, Phase, State
from kiosk.contract.wiring import Drive, MuteSwitch, PrivacyLed, Shutter
from provisioning.demo.lines import Lines
from tests.fakes.agent_house import PINS, AgentHouse, App, MediaDouble, Observer

LED, SWITCH, OPENS, SHUTS, IS_OPEN, IS_SHUT = 12, 16, 5, 6, 19, 26
GATE_MS = 100.0
ON, OFF, HERE = Lamp.ON, Lamp.OFF, Lamp.HERE


def is_closed(state: State) -> bool:
    """Something was closed because it was not what it was said to be."""
    return bool(state.watch.closed)


class Room:
    """A session under way, with all that can be pulled at."""

    def __init__(self, app: App, media: MediaDouble, bench: Lines, central: Observer) -> None:
        self.app, self.media, self.bench, self.central = app, media, bench, central
        self.packets = self.frames = 0

    def says(self, camera: Lamp = OFF, microphone: Lamp = OFF, frames: int = 0, packets: int = 0) -> None:
        """One report; counters are those of a peer that nobody has let in, as a liar's might be."""
        self.frames, self.packets = self.frames + frames, self.packets + packets
        peer = PeerReport(call="c" * 16, link=PeerLink.UP, frames_sent=self.frames, audio_packets_sent=self.packets)
        self.media.link.send(MediaReport(camera=camera, microphone=microphone, peers=(peer,)))

    async def plan(self, **wanted: Sending) -> Plan:
        """The newest plan, once it is so."""

        def newest() -> Plan | None:
            return next((one for one in reversed(self.media.told) if isinstance(one, Plan)), None)

        def is_so(_: object) -> bool:
            plan = newest()
            return plan is not None and all(getattr(plan, name) is sending for name, sending in wanted.items())

        await self.media.until(is_so)
        plan = newest()
        assert plan
        return plan

    async def lie(self, until: Callable[[State], Any], **report: Any) -> None:
        """The same report twice a second, as from a process that does not do what it is told."""
        async with asyncio.timeout(15):
            while True:
                self.says(**report)
                with contextlib.suppress(TimeoutError):
                    await self.app.until(until, timeout_s=0.5)
                    return

    async def until_closed(self, reason: str) -> None:
        """Told by an alert, by `state/privacy`, by an event and on the screen."""
        await self.central.until(lambda: self.central.payloads("alert", "privacy"))
        alert = codec.decode(self.central.payloads("alert", "privacy")[0], Alert, "test")
        assert (alert.severity, alert.text.rpartition(" ")[2]) == ("critical", reason)
        await self.central.until(lambda: any(one.type == "privacy-closed" for one in self.central.events()))
        state = await self.app.until(lambda state: state.watch.closed)
        assert set(state.watch.closed.values()) == {reason}
        await self.central.until(lambda: self.privacy().camera_reason == reason)
        assert self.privacy().camera is Lamp.FAULT

    def privacy(self) -> PrivacyState:
        told: PrivacyState = codec.decode(self.central.payloads("state", "privacy")[-1], PrivacyState, "test")
        return told

    async def level(self, pin: int) -> int:
        return int((await self.bench.ask(do="levels"))["levels"][str(pin)])


@pytest.fixture
async def room(house: AgentHouse) -> AsyncIterator[Room]:
    """Camera and microphone are open and sent, the shutter is open, the switch is off."""
    shutter = Shutter(
        drive=Drive.MOTOR, open_pin=OPENS, shut_pin=SHUTS, is_open_pin=IS_OPEN, is_shut_pin=IS_SHUT, travel_s=0.3
    )
    more = {"privacy-led": PrivacyLed(pin=LED), "mute": MuteSwitch(pin=SWITCH), "shutter": shutter}
    bench = house.configuration.room.bench_socket
    house.configure(room=replace(PINS, bench_socket=bench, parts={**PINS.parts, **more}))
    await house.start_broker()
    async with house.observe() as central:
        await house.start_agent()
        await central.until(lambda: "ready" in central.statuses())
        made = Room(await house.app(), await house.media(), house.bench(), central)
        for touch in (intents.ChooseLanguage(language="de"), intents.StartWithoutAppointment()):
            made.app.touch(touch)
        await made.plan(camera=Sending.HERE)
        made.says(HERE, HERE)
        made.app.touch(intents.Choose(choice=Consent.ALL))
        await made.plan(camera=Sending.ON, microphone=Sending.ON)
        made.says(ON, ON)
        await made.app.until(lambda state: state.phase is Phase.SESSION and state.room.shutter is ShutterPosition.OPEN)
        yield made
        made.bench.close()


async def test_the_switch_closes_the_gate_at_once_with_app_and_network_dead(house: AgentHouse, room: Room) -> None:
    """Switch → agent → plan; neither broker nor app is asked. Median of ten."""
    await house.supervisor.stop("broker")
    await room.app.link.close()
    took_ms = []
    for _ in range(10):
        start_s = time.monotonic()
        await room.bench.ask(do="press", pin=SWITCH)
        await room.plan(microphone=Sending.OFF)
        took_ms.append((time.monotonic() - start_s) * 1000)
        room.says(ON, OFF)
        await room.bench.ask(do="release", pin=SWITCH)
        await room.plan(microphone=Sending.HERE)
        room.says(ON, HERE)
        await room.plan(microphone=Sending.ON)
        room.says(ON, ON)
    assert sorted(took_ms)[5] <= GATE_MS, took_ms


async def test_the_led_is_lit_before_the_gate_opens_and_until_all_is_closed(room: Room) -> None:
    """Off only after media has said that both are closed; on before the plan lets anything out."""
    room.app.touch(intents.SetCamera(is_on=False))
    room.app.touch(intents.SetMicrophone(is_on=False))
    await room.plan(camera=Sending.OFF, microphone=Sending.OFF)
    assert await room.level(LED) == 1
    room.says(OFF, OFF)
    await room.central.until(lambda: not room.privacy().led)
    assert await room.level(LED) == 0
    room.app.touch(intents.SetCamera(is_on=True))
    await room.plan(camera=Sending.HERE)
    assert await room.level(LED) == 0
    room.says(HERE, OFF)
    await room.plan(camera=Sending.ON)
    assert await room.level(LED) == 1


async def test_a_shutter_that_is_jammed_open_is_said_and_told(room: Room) -> None:
    """By its end switches: the camera is off and the shutter is not."""
    await room.bench.ask(do="jam", part="shutter")
    room.app.touch(intents.SetCamera(is_on=False))
    await room.plan(camera=Sending.OFF)
    room.says(OFF, ON)
    state = await room.app.until(lambda state: state.watch.closed)
    await room.until_closed(state.watch.closed["camera"])
    assert state.watch.closed["camera"] in ("shutter-open", "shutter-fault")


async def test_pictures_that_go_from_a_closed_camera_cut_every_line(room: Room) -> None:
    """The capture says closed; the senders' counters say otherwise. The shutter shuts."""
    room.app.touch(intents.SetCamera(is_on=False))
    await room.plan(camera=Sending.OFF)
    await room.lie(is_closed, camera=OFF, microphone=ON, frames=15, packets=25)
    await room.until_closed("camera-sent")
    plan = await room.plan(camera=Sending.OFF, microphone=Sending.OFF)
    assert plan.peers == ()
    await room.app.until(lambda state: state.room.shutter is ShutterPosition.SHUT)
    assert await room.level(LED) == 1


async def test_sound_that_leaves_with_the_switch_on_mute_cuts_every_line(room: Room) -> None:
    """The hardware's word is what people trust."""
    await room.bench.ask(do="press", pin=SWITCH)
    await room.plan(microphone=Sending.OFF)
    await room.lie(is_closed, camera=ON, microphone=ON, packets=25)
    await room.until_closed("mute-switch")
    await room.plan(camera=Sending.OFF, microphone=Sending.OFF)


async def test_a_camera_that_does_not_close_is_said_and_told(room: Room) -> None:
    """Capture against plan: it goes on giving pictures to nobody."""
    room.app.touch(intents.SetCamera(is_on=False))
    await room.plan(camera=Sending.OFF)
    await room.lie(is_closed, camera=HERE, microphone=ON, packets=25)
    await room.until_closed("camera-open")


async def test_a_touch_opens_again_what_was_closed_and_ends_the_alert(room: Room) -> None:
    """Nothing else does."""
    await room.bench.ask(do="press", pin=SWITCH)
    await room.plan(microphone=Sending.OFF)
    await room.lie(is_closed, camera=ON, microphone=ON, packets=25)
    await room.until_closed("mute-switch")
    room.says(OFF, OFF)
    await room.bench.ask(do="release", pin=SWITCH)
    await room.lie(lambda state: not state.watch.doubts, camera=OFF, microphone=OFF)
    for touch in (intents.SetCamera(is_on=True), intents.SetMicrophone(is_on=True)):
        room.app.touch(touch)
    await room.app.until(lambda state: not state.watch.closed)
    await room.central.until(lambda: room.central.payloads("alert", "privacy")[-1] == b"")


async def test_no_command_opens_camera_or_microphone(room: Room) -> None:
    """Every type there is, with arguments that would like to: what is closed stays closed."""
    room.app.touch(intents.SetCamera(is_on=False))
    room.app.touch(intents.SetMicrophone(is_on=False))
    await room.plan(camera=Sending.OFF, microphone=Sending.OFF)
    room.says(OFF, OFF)
    known = len(room.media.told)
    far = "ping reboot restart display volume screenshot log-bundle self-test update-check update-apply update-rollback"
    near = "maintenance-on maintenance-off message renew-certificate help-answer help-over set-camera camera microphone"
    kinds = (*far.split(), *near.split())
    wish = b'{"args": {"camera": "on", "microphone": "on", "is_on": true, "by": "x", "power": "on"}}'
    for number, kind in enumerate(kinds):
        await room.central.command(kind, f"n{number}", wish)
    await room.central.until(
        lambda: all(room.central.acks(kind, f"n{number}") for number, kind in enumerate(kinds)), timeout_s=20
    )
    plans = [one for one in room.media.told[known:] if isinstance(one, Plan)]
    assert {(plan.camera, plan.microphone) for plan in plans} <= {(Sending.OFF, Sending.OFF)}
