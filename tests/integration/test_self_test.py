"""The self-test on real parts: media with cameras and loudspeakers that fail, a relay, a media server, an agent."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import av
import numpy as np
import pytest

from kiosk.contract import codec, intents
from kiosk.contract.configuration import SelfTest as Times
from kiosk.contract.errors import MediaServerError, Reason
from kiosk.contract.health import Program
from kiosk.contract.links import IceServers, MediaServers, StartAnew
from kiosk.contract.media import IceServer, Lamp, Plan, Sending
from kiosk.contract.mqtt import Ack, AckState, Alert, RejectCode, SelfTestState
from kiosk.contract.self_test import Check, CheckResult, Examine, Examined, Verdict
from kiosk.contract.state import Phase, Sheet
from kiosk.media.echo import ENOUGH
from kiosk.runtime import turn
from provisioning.demo.waiting import until
from tests.fakes import coturn
from tests.fakes.agent_house import AgentHouse, Observer
from tests.fakes.coturn import Coturn
from tests.fakes.janus import Janus
from tests.fakes.media_bench import Terminal, running_terminal
from tests.fakes.sound_server import run, sound_server

BLOCKING = ("--denied-peer-ip=0.0.0.0-255.255.255.255",)
"""A relay that sends to nobody."""
CAMERA, SOUND = Plan(camera=Sending.HERE), Plan(microphone=Sending.HERE, volume_pct=80)


def film(path: Path, level: int, is_moving: bool) -> str:
    """Two seconds of one shade, lossless; with a little noise where it moves."""
    dice = np.random.default_rng(3)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=20)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for _ in range(40):
            frame = av.VideoFrame(640, 360, "yuv420p")
            for plane, value in zip(frame.planes, (level, 128, 128), strict=True):
                noise = dice.integers(0, 4 if is_moving else 1, plane.buffer_size)
                plane.update((value + noise).astype(np.uint8).tobytes())
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return str(path)


async def examined(terminal: Terminal, plan: Plan, check: Check) -> CheckResult:
    """What media answers, as the agent asks it: first the plan, then the question; and everything shut again."""
    terminal.plan = plan
    terminal.send(plan)
    terminal.send(Examine(number=7, check=check))
    async with asyncio.timeout(15):
        answer = await terminal.examined.get()
    assert answer.number == 7
    terminal.plan = Plan()
    terminal.send(Plan())
    await terminal.until(lambda report: report.camera is report.microphone is Lamp.OFF)
    return answer.result


@pytest.mark.parametrize(
    ("camera", "reason"),
    [("pattern", ""), ("dark", "dark"), ("frozen", "frozen"), ("dusk", ""), ("/nowhere.mp4", "camera-missing")],
)
async def test_the_camera_is_looked_at(tmp_path: Path, camera: str, reason: str) -> None:
    """A moving picture passes; a covered lens, a picture that stands, a missing camera do not."""
    made = {"dark": (16, True), "frozen": (120, False), "dusk": (40, True)}
    name = film(tmp_path / f"{camera}.mkv", *made[camera]) if camera in made else camera
    async with running_terminal(tmp_path, camera=name) as terminal:
        result = await examined(terminal, CAMERA, Check.CAMERA)
    assert (result.check, result.reason) == (Check.CAMERA, reason)
    assert result.verdict is (Verdict.FAILED if reason else Verdict.PASSED)
    assert result.duration_ms > 0


async def test_a_plan_that_shuts_the_camera_ends_the_look(tmp_path: Path) -> None:
    """Whoever comes does not wait for it; and without a plan that opens it nothing is ever seen."""
    async with running_terminal(tmp_path) as terminal:
        terminal.send(CAMERA)
        terminal.send(Examine(number=1, check=Check.CAMERA))
        await terminal.until(lambda report: report.camera is Lamp.HERE)
        terminal.send(Plan())
        async with asyncio.timeout(1):
            answer = await terminal.examined.get()
        assert (answer.result.verdict, answer.result.reason) == (Verdict.FAILED, "interrupted")
        await terminal.until(lambda report: report.camera is Lamp.OFF)
        terminal.send(Examine(number=2, check=Check.CAMERA))
        async with asyncio.timeout(10):
            answer = await terminal.examined.get()
        assert (answer.number, answer.result.reason) == (2, "no-picture")
        assert terminal.report.camera is Lamp.OFF


@pytest.mark.parametrize(("is_wired", "reason"), [(True, ""), (False, "not-heard")])
async def test_the_loudspeaker_is_heard_past_the_echo_canceller(tmp_path: Path, is_wired: bool, reason: str) -> None:
    """In a room where the microphone hears the loudspeaker it passes; with a silent loudspeaker it does not."""
    folder = tmp_path / "s"
    folder.mkdir()
    async with sound_server(folder) as environment:
        if is_wired:
            loop = ("load-module", "module-loopback", "source=speaker.monitor", "sink=air", "latency_msec=60")
            await run(environment, "pactl", *loop)
        noise = (np.random.default_rng(1).normal(0, 40, 48_000 * 30)).astype(np.int16)
        (folder / "noise.raw").write_bytes(noise.tobytes())
        raw = ("--raw", "--format=s16le", "--channels=1", "--rate=48000")
        player = await asyncio.create_subprocess_exec(
            "paplay", "--device=air", *raw, str(folder / "noise.raw"), env=environment
        )
        try:
            running = running_terminal(tmp_path, environment=environment, microphone="default", loudspeaker="default")
            async with running as terminal:
                result = await examined(terminal, SOUND, Check.SOUND)
        finally:
            player.terminate()
            await player.wait()
    assert result.reason == reason, result


async def test_the_terminal_calls_itself(tmp_path: Path) -> None:
    """Pictures and sound go and come back; camera and microphone stay shut. Straight, where there is no relay."""
    async with running_terminal(tmp_path) as terminal:
        result = await examined(terminal, Plan(), Check.CALL)
        assert (result.verdict, result.reason) == (Verdict.PASSED, ""), result
        assert result.figures["relayed"] == 0
        assert min(result.figures["pictures_there"], result.figures["pictures_back"]) >= ENOUGH
        assert terminal.report.camera is terminal.report.microphone is Lamp.OFF
        assert not terminal.report.peers


@pytest.fixture
async def relay(tmp_path: Path) -> AsyncIterator[Coturn]:
    async with coturn.running(tmp_path) as made:
        yield made


@pytest.mark.parametrize(("options", "reason", "relayed"), [((), "", 1), (BLOCKING, "relay-carries-nothing", 0)])
async def test_the_terminal_calls_itself_through_the_relay(
    tmp_path: Path, options: tuple[str, ...], reason: str, relayed: float
) -> None:
    """One that gives addresses but lets nothing through is found out; the rest of the call is whole all the same."""
    async with coturn.running(tmp_path, options=options) as relay, running_terminal(tmp_path) as terminal:
        terminal.send(IceServers(servers=relay.servers("udp")))
        async with asyncio.timeout(15):
            while True:  # until it was found that the relay answers
                result = await examined(terminal, Plan(), Check.CALL)
                if result.reason or result.figures["relayed"]:
                    break
    assert (result.reason, result.figures["relayed"]) == (reason, relayed), result
    assert result.figures["pictures_back"] >= ENOUGH


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_a_relay_gives_an_address(relay: Coturn, transport: str) -> None:
    """By every transport, with the right name; with a wrong one the reason is the relay's word."""
    trust = ssl.create_default_context(cafile=relay.ca_file)
    (server,) = relay.servers(transport)
    await turn.allocate(server, trust)
    wrong = IceServer(urls=server.urls, username=server.username, credential="wrong")
    with pytest.raises(MediaServerError) as error:
        await turn.allocate(wrong, trust)
    assert (error.value.reason, error.value.code) == (Reason.FAR_SIDE_REFUSED, 401)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_a_relay_that_is_not_there_has_a_reason(transport: str) -> None:
    """Nobody listens there."""
    dead = IceServer(urls=(f"turn:10.99.0.1:9?transport={transport}",), username="u", credential="c")
    with pytest.raises(MediaServerError) as error:
        await turn.allocate(dead)
    assert error.value.reason in (Reason.NETWORK_LOST, Reason.NO_ANSWER)


async def results_of(central: Observer, number: str) -> dict[str, tuple[str, str]]:
    """A self-test from afar: check to verdict and reason, as `state/self-test` says it."""
    await central.command("self-test", number, MessageExpiryInterval=60)
    done = await central.until(
        lambda: [ack for ack in central.acks("self-test", number) if ack.state is not AckState.ACCEPTED], 30
    )
    ack: Ack = done[0]
    assert ack.state is AckState.SUCCEEDED, ack
    state: SelfTestState = codec.decode(central.payloads("state", "self-test")[-1], SelfTestState, "test")
    found = {result.check.value: (result.verdict.value, result.reason) for result in state.results}
    assert ack.result["results"] == {check: verdict for check, (verdict, _) in found.items()}
    return found


async def test_from_afar_everything_but_camera_and_microphone(house: AgentHouse, tmp_path: Path) -> None:
    """Real broker, relay and media server; then both are down, and it is said with its reason. Media opens nothing."""
    await house.start_broker()
    janus = Janus(tmp_path)
    await janus.start()
    async with house.observe() as central:
        async with coturn.running(tmp_path) as relay:
            desired = "rundtisch/v1/terminals/nord.r1/desired"
            await central.publish(f"{desired}/ice-servers", IceServers(servers=relay.servers("udp")), retain=True)
            await central.publish(f"{desired}/media-servers", MediaServers(servers=(janus.server,)), retain=True)
            await house.start_agent()
            media = await house.media()
            await media.until(lambda message: isinstance(message, IceServers) and message.servers)
            found = await results_of(central, "1")
        await janus.kill()
        assert {found.pop(check) for check in ("camera", "shutter", "sound")} == {("skipped", "not-from-afar")}
        for check in ("lamps", "broker", "relay", "media-server", "call"):
            assert found[check] == ("passed", "")
        assert found["schedule"] == ("failed", "schedule-missing")
        found = await results_of(central, "2")
        assert found["relay"] in (("failed", "no-answer"), ("failed", "network-lost"))
        assert found["media-server"] == ("failed", "far-side-refused")
        plans = [message for message in media.told if isinstance(message, Plan)]
        assert {(plan.camera, plan.microphone) for plan in plans} == {(Sending.OFF, Sending.OFF)}
        assert {message.check for message in media.told if isinstance(message, Examine)} == {Check.CALL}
        done = await central.until(lambda: [one for one in central.events() if one.type == "self-test-done"][1:])
        assert [event.data["trigger"] for event in central.events() if event.type == "self-test-done"] == ["remote"] * 2
        assert done[0].data["trigger"] == "remote"
        alert = codec.decode(central.payloads("alert", "self-test")[-1], Alert, "test")
        assert "relay" in alert.text


async def test_a_visitor_ends_the_morning_test_at_once(house: AgentHouse) -> None:
    """The camera's plan is taken back with the first touch, and a command from afar is busy while somebody is here."""
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    house.configure(self_test=Times(morning=now.time().replace(microsecond=0)))
    await house.start_broker()
    await house.start_agent()
    app, media = await house.app(), await house.media()
    await media.until(lambda message: isinstance(message, Examine) and message.check is Check.CAMERA, 30)
    plans = [message for message in media.told if isinstance(message, Plan)]
    assert plans[-1] == Plan(camera=Sending.HERE, volume_pct=plans[-1].volume_pct)
    told = len(media.told)
    app.touch(intents.ChooseLanguage(language="de"))
    await media.until(lambda message: isinstance(message, Plan) and message in media.told[told:])
    assert [message for message in media.told[told:] if isinstance(message, Plan)] == [Plan()]
    state = await app.until(lambda state: state.self_test.trigger is None)
    assert state.phase is Phase.TODAY
    async with house.observe() as central:
        await central.command("self-test", "1")
        (ack,) = await central.until(lambda: [ack for ack in central.acks("self-test", "1") if ack.code])
        assert (ack.state, ack.code) == (AckState.BUSY, RejectCode.BUSY_IN_SESSION)


async def test_staff_get_to_their_page_by_a_number(house: AgentHouse) -> None:
    """The one of the credential; the page tests the room, camera and microphone included."""
    agent = await house.start_agent(is_restarted=True)
    app, media = await house.app(), await house.media()
    await app.until(lambda state: state.staff.has_page and state.is_media_here)
    number = (house.made.credentials(house.file) / "staff-pin").read_text().strip()
    for typed in ("0" * 4, number):
        app.touch(intents.OpenStaff())
        for digit in typed:
            app.touch(intents.TypeDigit(digit=digit))
        app.touch(intents.EnterPin())
    await app.until(lambda state: state.sheet is Sheet.STAFF)
    app.touch(intents.TestRoom())
    asked = await media.until(lambda message: isinstance(message, Examine))
    failed = CheckResult(check=Check.CAMERA, verdict=Verdict.FAILED, reason="dark")
    media.link.send(Examined(number=asked.number, result=failed))
    asked = await media.until(lambda message: isinstance(message, Examine) and message.check is Check.SOUND)
    media.link.send(Examined(number=asked.number, result=CheckResult(check=Check.SOUND, verdict=Verdict.PASSED)))
    state = await app.until(lambda state: state.self_test.last, 20)
    assert state.self_test.last is not None
    assert state.self_test.last.of(Check.CAMERA) is not None
    assert failed.reason in [result.reason for result in state.self_test.last.failed]
    state = await app.until(lambda state: state.staff.lines and state.health.addresses)
    assert {line.name for line in state.staff.lines} >= {"door-sign.lamps.free", "help-button"}
    for program in (Program.MEDIA, Program.UI, Program.DEVICE):
        app.touch(intents.OpenRestart())
        app.touch(intents.RestartProgram(program=program))
    await media.until(lambda message: isinstance(message, StartAnew))
    await until(lambda: agent.exit_codes == [0], 5.0, "the agent's end")
    assert app.was_asked_to_start_anew
    again = await house.app()
    await again.until(lambda state: state.sheet is Sheet.STAFF)
