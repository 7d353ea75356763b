"""The agent's half of a renewal."""

from pathlib import Path

import pytest

from device.broker.commands import CommandError
from device.renewal import Renewals
from kiosk.contract.configuration import Mqtt
from kiosk.contract.renewal import ENROLLED, REQUEST


async def test_who_asks_where_nothing_can_be_written_is_answered(tmp_path: Path) -> None:
    """That it failed; and the agent lives on."""
    (tmp_path / ENROLLED).touch()
    mqtt = Mqtt(host="127.0.0.1", ca_file=tmp_path / "ca.pem", certificate_file=tmp_path / "certificate.pem")
    (tmp_path / "run" / REQUEST).mkdir(parents=True)
    renewals = Renewals(mqtt, tmp_path / "run", lambda: None)
    with pytest.raises(CommandError, match="internal"):
        await renewals.handlers["renew-certificate"]({})
