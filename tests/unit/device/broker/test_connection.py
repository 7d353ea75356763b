"""What the broker says against us is sorted by what is to be done about it."""

from pathlib import Path

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from device import clock
from device.broker.connection import RefusedError, TakenOverError, connected, our_error
from kiosk.contract.configuration import Mqtt
from kiosk.contract.errors import BrokerError


@pytest.mark.parametrize("code", [0x86, 0x87, 0x8A])
def test_who_is_not_let_in_tries_slowly(code: int) -> None:
    """Bad user name or password, not authorised, banned."""
    assert type(our_error(aiomqtt.MqttCodeError(ReasonCode(PacketTypes.CONNACK, identifier=code)))) is RefusedError


@pytest.mark.parametrize("code", [0x80, 0x88, 0x89, 0x97])
def test_a_broker_in_trouble_is_tried_again_soon(code: int) -> None:
    """Unspecified error, unavailable, busy, quota exceeded."""
    assert type(our_error(aiomqtt.MqttCodeError(ReasonCode(PacketTypes.CONNACK, identifier=code)))) is BrokerError


def test_a_taken_over_session_is_told_by_the_cause_of_the_end() -> None:
    """aiomqtt hides the reason of a DISCONNECT in the cause of what it raises while messages are awaited."""
    error = aiomqtt.MqttError("Disconnected during message iteration")
    error.__cause__ = aiomqtt.MqttCodeError(ReasonCode(PacketTypes.DISCONNECT, identifier=0x8E))
    assert type(our_error(error)) is TakenOverError


async def test_a_terminal_without_its_key_waits_for_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not enrolled yet, or the card is damaged: no crash, the room works; the log names what is missing."""
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    mqtt = Mqtt(host="127.0.0.1", ca_file=tmp_path / "ca.pem", certificate_file=tmp_path / "certificate.pem")
    with pytest.raises(RefusedError, match="mqtt-key"):
        async with connected(mqtt, "nord.r1", "1", clock.now()):
            pass
    (tmp_path / "mqtt-key").write_text("no key")
    with pytest.raises(RefusedError, match=r"ca\.pem"):
        async with connected(mqtt, "nord.r1", "1", clock.now()):
            pass
