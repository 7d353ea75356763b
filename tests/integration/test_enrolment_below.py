"""A house that has an authority already: ours is one below it, and nobody but us lets anybody in."""

from pathlib import Path

import pytest

from device.broker.connection import connected
from kiosk.contract.configuration import Mqtt
from kiosk.contract.errors import BrokerError
from provisioning import broker
from provisioning.demo.ports import HOST, free_port, until_open
from provisioning.demo.processes import Program, Supervisor
from tests.fakes import certificates
from tests.fakes.enrolment_house import TERMINAL, enrolment_house, now


async def test_a_terminal_below_the_houses_authority_comes_in_and_what_the_house_itself_signs_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker needs the chain up to the root; only our list of revocations is there, so only our certificates go."""
    root, own = certificates.below(tmp_path)
    port = free_port()
    configuration = broker.write(tmp_path / "broker", own, hosts=(HOST,), port=port, address=HOST)
    async with enrolment_house(tmp_path) as house, Supervisor(tmp_path / "logs") as supervisor:
        assert house.authority.fingerprint == own.fingerprint != root.fingerprint
        await supervisor.start(Program(name="broker", command=(broker.find_mosquitto(), "-c", str(configuration))))
        await until_open(port)
        places = (await house.enrolled("a")).places
        mqtt = Mqtt(host=HOST, port=port, ca_file=places.authority, certificate_file=places.certificate)
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(places.plain_credential.parent))
        async with connected(mqtt, TERMINAL, "1", now()):
            pass
        _, key = certificates.issue(root, tmp_path / "by-root", TERMINAL, -certificates.DAY, certificates.DAY)
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(key.parent))
        with pytest.raises(BrokerError, match="hung up"):
            async with connected(
                Mqtt(host=HOST, port=port, ca_file=places.authority, certificate_file=key.parent / "certificate.pem"),
                TERMINAL,
                "1",
                now(),
            ):
                pass
