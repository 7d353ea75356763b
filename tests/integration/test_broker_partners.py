"""A partner's page, the agent and media: knocking, admission, sealed signaling, all across the real broker."""

import contextlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.contract import codec, intents, topics
from kiosk.contract.links import IceServers
from kiosk.contract.media import (
    IceServer,
    MediaReport,
    PeerLink,
    PeerReport,
    PeerStats,
    Plan,
    Quality,
    Route,
    Signal,
    SignalKind,
)
from kiosk.contract.mqtt import CallState, CallTelemetry
from kiosk.contract.partner import Invitations, PartnerMedia, RoomView, Sealed
from kiosk.contract.schedule import Appointment, Guest, Schedule
from kiosk.contract.state import Consent, Phase, Standing
from tests.fakes.agent_house import TERMINAL, AgentHouse, App, MediaDouble, Observer, Speaker
from tests.fakes.partner_page import Page
from tests.integration.test_broker_documents import DIRECTORY, WANTED

NUMBER = "A-1"
GUEST = "guest-1"


@dataclass
class Scene:
    """A room with an appointment of one desk and one guest, whose pages have not knocked yet."""

    house: AgentHouse
    central: Observer
    speaker: Speaker
    app: App
    media: MediaDouble
    desk: Page
    guest: Page

    async def admit(self) -> None:
        """Both wait when the customer chooses "with camera"; the session runs."""
        for page in (self.desk, self.guest):
            await page.knock(NUMBER)
            await self.central.until(page.doors)
        for touch in (
            intents.ChooseLanguage(language="de"),
            intents.JoinAppointment(number=NUMBER),
            intents.Choose(choice=Consent.ALL),
        ):
            self.app.touch(touch)
        await self.app.until(lambda state: state.phase is Phase.SESSION)
        await self.central.until(lambda: self.guest.doors()[-1].standing is Standing.ADMITTED)


@pytest.fixture
async def scene(house: AgentHouse) -> AsyncIterator[Scene]:
    async with a_scene(house) as scene:
        yield scene


@contextlib.asynccontextmanager
async def a_scene(house: AgentHouse) -> AsyncIterator[Scene]:
    await house.start_broker()
    async with house.observe() as central, house.desk() as speaker:
        await central.publish(topics.DIRECTORY, DIRECTORY, retain=True)
        start = datetime.now(UTC) - timedelta(minutes=5)
        appointment = Appointment(
            number=NUMBER,
            start=start,
            end=start + timedelta(hours=1),
            desks=("youth-1",),
            guests=(Guest(id=GUEST),),
        )
        await central.publish(WANTED, Schedule(version=1, appointments=(appointment,)), retain=True)
        await house.start_agent(is_restarted=True)
        app, media = await house.app(), await house.media()
        (payload, *_) = await central.until(lambda: central.payloads("desk", GUEST, "invitations"))
        key = codec.decode(payload, Invitations, "test").key
        pages = [Page(name, speaker, central, key) for name in ("youth-1", GUEST)]
        yield Scene(house, central, speaker, app, media, *pages)


def offer(page: Page, target: str = "room", generation: int = 0) -> Signal:
    return Signal(source=page.call, target=target, kind=SignalKind.OFFER, generation=generation, sdp="v=0")


async def test_a_knock_is_seen_by_name_in_the_room_and_nowhere_else(scene: Scene) -> None:
    """The app shows who waits; broker and desk server saw no name."""
    await scene.desk.knock(NUMBER)
    state = await scene.app.until(lambda state: state.waiting)
    assert (state.waiting[0].id, state.waiting[0].name) == ("youth-1", "Frau Kaya")
    assert not [one for one in scene.central.seen if b"Kaya" in bytes(one.payload or b"")]


async def test_who_waits_is_admitted_by_the_choice_and_put_through_to_media(scene: Scene) -> None:
    """Offer in a box → media; answer of media → in a box; the plan names both peers; each sees the round."""
    await scene.admit()
    plan = await scene.media.until(lambda one: isinstance(one, Plan) and len(one.peers) == 2)
    assert {peer.call for peer in plan.peers} == {scene.desk.call, scene.guest.call}
    sent = offer(scene.desk, generation=1)
    await scene.desk.say(sent)
    assert await scene.media.until(lambda one: isinstance(one, Signal)) == sent
    answer = Signal(source="room", target=scene.desk.call, kind=SignalKind.ANSWER, generation=1, sdp="v=0")
    scene.media.link.send(answer)
    await scene.central.until(lambda: answer in scene.desk.heard())
    await scene.central.until(lambda: scene.guest.heard(RoomView))
    view = scene.guest.heard(RoomView)[-1]
    assert (view.room, [peer.call for peer in view.peers]) == ("r1", [scene.desk.call])


async def test_partners_signal_to_each_other_through_the_agent(scene: Scene) -> None:
    """Opened with the key of one, sealed with the key of the other, unchanged."""
    await scene.admit()
    sent = offer(scene.guest, target=scene.desk.call)
    await scene.guest.say(sent)
    await scene.central.until(lambda: sent in scene.desk.heard())


async def test_nothing_passes_before_the_yes(scene: Scene) -> None:
    """A partner who waits cannot signal, neither to the room nor to somebody at the table."""
    await scene.desk.knock(NUMBER)
    await scene.app.until(lambda state: state.waiting)
    await scene.desk.say(offer(scene.desk))
    await scene.admit()
    await scene.guest.say(offer(scene.guest))
    first = await scene.media.until(lambda one: isinstance(one, Signal))
    assert first.source == scene.guest.call


async def test_a_desk_that_uses_another_s_name_gets_nothing_through(scene: Scene) -> None:
    """A signal in another's name, a foreign call, a call that was never opened, an oversized description."""
    await scene.admit()
    await scene.guest.say(offer(scene.guest, target=scene.desk.call, generation=7))
    await scene.central.until(lambda: scene.desk.heard(Signal))
    await scene.guest.say(offer(scene.desk))
    await scene.guest.say(offer(scene.guest), desk="youth-1")
    await scene.guest.say(Signal(source=scene.guest.call, target="room", kind=SignalKind.OFFER, sdp="x" * 70_000))
    await scene.desk.publish("sealed", Sealed(call="f" * 16, box="AAAA"))
    await scene.desk.publish("sealed", Sealed(call=scene.desk.call, box="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))
    await scene.desk.say(offer(scene.desk, generation=9))
    only = await scene.media.until(lambda one: isinstance(one, Signal))
    assert (only.source, only.generation) == (scene.desk.call, 9)
    assert len([one for one in scene.media.told if isinstance(one, Signal)]) == 1


async def test_malformed_messages_of_a_desk_change_nothing(house: AgentHouse) -> None:
    """Refused one by one; the next good message is understood."""
    await house.start_broker()
    async with house.observe() as central, house.desk() as desk:
        await house.start_agent()
        await central.until(lambda: "ready" in central.statuses())
        for kind in ("knock", "ring-answer", "leave", "sealed", "invitations", "nonsense"):
            for payload in (b"", b"{", b'{"type":"leave"}', b'{"type":"leave","call":"../../x"}', b"[" * 9999):
                await desk.publish(topics.partner_to_room("youth-1", TERMINAL, kind), payload)
        await central.command("ping", "1")
        await central.until(lambda: len(central.acks("ping", "1")) == 2)


async def test_a_killed_agent_goes_on_with_the_session(scene: Scene) -> None:
    """`kill -9` in a session: the same session, partners and keys; media is told the same plan, and is not started."""
    await scene.admit()
    before = await scene.app.until(lambda state: state.phase is Phase.SESSION)
    await scene.media.until(lambda one: isinstance(one, Plan) and len(one.peers) == 2)
    os.kill(scene.house.supervisor["agent"].pid, signal.SIGKILL)
    app, media = await scene.house.app(), await scene.house.media()
    after = await app.until(lambda state: state.is_broker_here)
    assert after.session is not None
    assert before.session is not None
    assert (after.session.id, after.session.partners) == (before.session.id, before.session.partners)
    assert after.key == before.key
    plan = await media.until(lambda one: isinstance(one, Plan))
    assert len(plan.peers) == 2
    await scene.desk.say(offer(scene.desk, generation=4))
    await media.until(lambda one: isinstance(one, Signal) and one.generation == 4)
    assert not [one for one in scene.desk.heard(Signal) if one.kind is SignalKind.RECONNECT]


async def test_new_media_has_the_pages_offer_again(scene: Scene) -> None:
    """Another process than before: everybody at the table is asked, with the generation that was last heard."""
    await scene.admit()
    await scene.desk.say(offer(scene.desk, generation=3))
    await scene.media.until(lambda one: isinstance(one, Signal))
    await scene.media.link.close()
    await scene.app.until(lambda state: not state.is_media_here)
    (scene.house.configuration.paths.runtime_directory / "media.pid").write_text("1")
    await scene.house.media()
    await scene.central.until(lambda: scene.desk.heard(Signal) and scene.guest.heard(Signal))
    asked = scene.desk.heard(Signal)[0]
    assert (asked.source, asked.kind, asked.generation) == ("room", SignalKind.RECONNECT, 3)


async def test_who_shares_is_seen_and_who_leaves_is_gone(scene: Scene) -> None:
    """From a box, and in the open."""
    await scene.admit()
    await scene.desk.say(PartnerMedia(is_sharing=True))
    await scene.app.until(lambda state: bool(state.session and state.session.partners[0].is_sharing))
    await scene.desk.leave()
    state = await scene.app.until(lambda state: _standing(state.session, "youth-1") is Standing.LEFT)
    assert _standing(state.session, GUEST) is Standing.ADMITTED
    await scene.media.until(
        lambda one: isinstance(one, Plan) and [peer.call for peer in one.peers] == [scene.guest.call]
    )


def _standing(session: object, desk: str) -> Standing | None:
    partners = getattr(session, "partners", ())
    return next((partner.standing for partner in partners if partner.id == desk), None)


async def test_relays_reach_media_and_pages(scene: Scene) -> None:
    """`desired/ice-servers`: to media at once, to a page with its next view of the round."""
    relays = IceServers(servers=(IceServer(urls=("turn:10.0.0.1:3478",), username="u", credential="c"),))
    await scene.central.publish(topics.terminal(TERMINAL, "desired", "ice-servers"), relays, retain=True)
    assert await scene.media.until(lambda one: isinstance(one, IceServers) and one.servers) == relays
    await scene.admit()
    await scene.central.until(lambda: scene.desk.heard(RoomView))
    assert scene.desk.heard(RoomView)[-1].ice_servers == relays.servers


async def test_the_monitor_sees_how_the_call_runs_and_of_whom_only_the_desk(scene: Scene) -> None:
    """`state/call` at once and empty after the end, `telemetry/call` within its 5 s; calls and names in neither."""
    await scene.admit()
    stats = PeerStats(in_bps=1_200_000, round_trip_ms=12.5, codec="VP8", route=Route.RELAY, width_px=640, height_px=360)
    peers = [
        PeerReport(call=scene.desk.call, link=PeerLink.UP, quality=Quality.WEAK, stats=stats),
        PeerReport(call=scene.guest.call, link=PeerLink.CONNECTING),
    ]
    scene.media.link.send(MediaReport(encoder="libvpx", peers=tuple(peers)))

    def state() -> CallState:
        payloads = scene.central.payloads("state", "call")
        return codec.decode(payloads[-1], CallState, "test") if payloads else CallState(time=datetime.now(UTC))

    await scene.central.until(lambda: state().desks)
    assert (state().engine, state().encoder) == ("mesh", "libvpx")
    seen = {one.desk: (one.link, one.quality, one.codec, one.route, one.height_px) for one in state().desks}
    assert seen["youth-1"] == (PeerLink.UP, Quality.WEAK, "VP8", Route.RELAY, 360)
    assert seen[GUEST][0] is PeerLink.CONNECTING
    (payload, *_) = await scene.central.until(lambda: scene.central.payloads("telemetry", "call"), timeout_s=8)
    figures = codec.decode(payload, CallTelemetry, "test").peers
    assert (figures["youth-1"].in_bps, figures["youth-1"].round_trip_ms) == (1_200_000, 12.5)
    assert set(figures) == {"youth-1", GUEST}
    scene.app.touch(intents.EndSession())
    await scene.central.until(lambda: not state().desks and not state().engine)
    said = b"".join((*scene.central.payloads("state", "call"), *scene.central.payloads("telemetry", "call")))
    assert scene.desk.call.encode() not in said
    assert b"Kaya" not in said
