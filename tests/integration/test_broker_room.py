"""The room works without a screen and with broken wires, and every way in checks who comes."""

import asyncio
import os

import pytest
from msgspec.structs import replace

from kiosk.contract import codec, intents
from kiosk.contract.mqtt import Alert, HardwareState, PartState
from kiosk.contract.state import Consent, Phase
from kiosk.contract.wiring import HelpButton, Light
from tests.fakes.agent_house import PINS, AgentHouse, Observer


def hardware(central: Observer) -> HardwareState | None:
    payloads = central.payloads("state", "hardware")
    return codec.decode(payloads[-1], HardwareState, "test") if payloads else None


async def test_the_help_button_works_with_no_app_there(house: AgentHouse) -> None:
    """Wire → agent → lamp and alert on MQTT, within 5 s; a numbered event says where it came from."""
    await house.start_broker()
    async with house.observe() as central:
        await house.start_agent()
        await central.until(lambda: "ready" in central.statuses())
        bench = house.bench()
        await bench.ask(do="press", pin=24)
        (payload,) = await central.until(lambda: central.payloads("alert", "help"), timeout_s=5)
        assert codec.decode(payload, Alert, "test").severity == "critical"
        (event,) = await central.until(central.events)
        assert (event.type, event.data) == ("help-asked", {"origin": "wall"})
        assert (await bench.ask(do="levels"))["levels"]["25"] == 1
        bench.close()
        app = await house.app()
        await app.until(lambda state: state.is_help_asked)
        app.touch(intents.CancelHelp())
        await central.until(lambda: central.payloads("alert", "help")[-1] == b"")


async def test_the_door_sign_follows_a_visit(house: AgentHouse) -> None:
    """Free, in use, free: on the wire and on MQTT, and `status` with it."""
    await house.start_broker()
    async with house.observe() as central:
        await house.start_agent()
        await central.until(lambda: central.statuses() == ["init", "ready"])
        watching = house.bench()
        before = await watching.ask(do="watch")
        app = await house.app()
        for intent in (
            intents.ChooseLanguage(language="de"),
            intents.StartWithoutAppointment(),
            intents.Choose(choice=Consent.SOUND),
        ):
            app.touch(intent)
        await app.until(lambda state: state.phase is Phase.SESSION)
        await central.until(lambda: "busy" in central.statuses())
        app.touch(intents.EndSession())
        app.touch(intents.Rate(value=1))
        state = await app.until(lambda state: state.phase in (Phase.ENDED, Phase.IDLE))
        if state.phase is Phase.ENDED:
            app.touch(intents.GoBack())
        signs = [dict(zip((17, 27), (before["levels"]["17"], before["levels"]["27"]), strict=True))]
        async for change in watching.following():
            signs.append({**signs[-1], change["pin"]: change["level"]})
            if len(signs) > 3 and signs[-1][17] == 1 and signs[-1][27] == 0:
                break
        watching.close()
        assert {17: 0, 27: 1} in [{pin: sign[pin] for pin in (17, 27)} for sign in signs]
        await central.until(lambda: central.statuses()[-1] == "ready")
        assert central.statuses() == ["init", "ready", "busy", "ready"]


async def test_wires_that_do_not_answer_are_faults(house: AgentHouse) -> None:
    """Two parts on chips that are not there: alerts, and everything else works."""
    room = replace(
        PINS,
        bench_socket=house.configuration.room.bench_socket,
        parts={**PINS.parts, "ceiling-light": Light(pin=23, chip=14), "help-button": HelpButton(pin=24, chip=15)},
    )
    house.configure(room=room)
    await house.start_broker()
    async with house.observe() as central:
        await house.start_agent()
        await central.until(lambda: (told := hardware(central)) and told.faults == ("ceiling-light", "help-button"))
        await central.until(lambda: central.payloads("alert", "hardware-help-button"))
        told = hardware(central)
        assert told is not None
        assert told.help_button == "missing"
        assert told.parts["help-button"] == PartState(role="help-button", fault="pins-missing")
        sign = {"lamps.free": 1.0, "lamps.busy": 0.0, "lamps.wait": 0.0}
        assert told.parts["door-sign"] == PartState(role="door-sign", says="free", levels=sign)
        app = await house.app()
        assert set((await app.until(lambda _: True)).hardware_faults) == {"ceiling-light", "help-button"}


async def test_an_app_of_another_user_is_shown_nothing(house: AgentHouse) -> None:
    """The kernel says who connects; a name in a greeting does not count."""
    house.configure(links=replace(house.configuration.links, ui_user=str(os.getuid() + 1)))
    await house.start_agent()
    await house.media()
    reader, writer = await asyncio.open_unix_connection(house.configuration.links.ui_socket)
    writer.write(b'{"type":"greeting","role":"ui","version":1}\n')
    said = b""
    try:
        said = await asyncio.wait_for(reader.read(), 5)
    except ConnectionError:
        pass  # closed with our greeting unread
    writer.close()
    assert said == b""


async def test_nonsense_of_the_app_is_skipped(house: AgentHouse) -> None:
    """Malformed and oversized lines, intents that are none: the agent goes on, with this app, too."""
    await house.start_agent()
    app = await house.app()
    writer = app.link._writer
    for line in (b"nonsense\n", b'{"type":"Explode"}\n', b"x" * 1_000_000 + b"\n", b'{"type":"Admit","call":1}\n'):
        writer.write(line)
    app.touch(intents.AskHelp())
    await app.until(lambda state: state.is_help_asked)


async def test_a_killed_app_comes_back_to_the_same_picture(house: AgentHouse) -> None:
    """The snapshot on connect is the whole truth."""
    await house.start_agent()
    app = await house.app()
    app.touch(intents.ChooseLanguage(language="ar"))
    app.touch(intents.OpenCorner())
    before = await app.until(lambda state: state.sheet.value == "corner")
    await app.link.close()
    after = await (await house.app()).until(lambda _: True)
    assert (after.phase, after.sheet, after.language) == (before.phase, before.sheet, "ar")


async def test_idle_is_quiet(house: AgentHouse) -> None:
    """Nobody touches anything: once the agent has read and connected what it needs, there is at most one a minute."""
    await house.start_agent()
    app = await house.app()
    with pytest.raises(TimeoutError):
        await app.until(lambda _: app.snapshots > 4, timeout_s=1)
    begun = app.snapshots
    with pytest.raises(TimeoutError):
        await app.until(lambda _: app.snapshots > begun + 1, timeout_s=3)


async def test_a_wrong_configuration_ends_with_its_reason(house: AgentHouse) -> None:
    """Exit code 78, which systemd does not try again; file, path and value are named."""
    house.file.write_text(house.file.read_text().replace('pin_factory = "mock"', 'pin_factory = "wishful"'))
    agent = await house.start_agent()
    assert agent.task is not None
    await asyncio.wait([agent.task])
    assert agent.exit_codes == [78]
    assert "$.room.pin_factory" in agent.tail()
