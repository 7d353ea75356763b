"""A central side whose authority is one below the house's own, on a real broker."""

from pathlib import Path

import aiomqtt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from device.broker import identity
from kiosk.contract import topics
from provisioning import broker, installation, subordination
from provisioning.central import configuration
from provisioning.demo.ports import HOST, free_port, until_open
from provisioning.demo.processes import Program, Supervisor
from provisioning.outside.survey import House
from tests.fakes.central_house import ROOM, faults
from tests.fakes.house_authority import HouseAuthority


async def test_a_central_side_below_the_house_s_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker has the chain up to the root; an enrolled terminal knows the installation's authority alone."""
    above, folder = HouseAuthority(), tmp_path / "house"
    signed = tmp_path / "signed.pem"
    signed.write_bytes(above.answer(subordination.request(folder / "authority")) + above.pem)
    authority = subordination.adopt(folder / "authority", signed)
    plan = installation.Plan(terminals=(ROOM,), hosts=(HOST,), broker_port=free_port(), is_miniature=True)
    made = installation.create(folder, plan)
    mqtt, terminal = configuration.load(made.central_file).mqtt, made.terminal_file(ROOM)
    (tmp_path / "learnt.pem").write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    own = replace(mqtt, ca_file=tmp_path / "learnt.pem", certificate_file=terminal.parent / "certificate.pem")
    async with Supervisor(tmp_path / "logs") as supervisor:
        await supervisor.start(Program(name="broker", command=(broker.find_mosquitto(), "-c", str(made.broker_file))))
        await until_open(plan.broker_port)
        assert set(await faults(House(central=replace(configuration.load(made.central_file), page="")))) == {
            "broker: directory"
        }
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(made.credentials(terminal)))
        context = identity.tls(own)
        async with aiomqtt.Client(
            HOST, plan.broker_port, tls_context=context, protocol=aiomqtt.ProtocolVersion.V5
        ) as one:
            await one.publish(topics.terminal(ROOM, "status"), b"{}", qos=1)
