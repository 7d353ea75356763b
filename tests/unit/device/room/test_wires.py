"""What only the absence of a Pi shows."""

from device.room.wires import Room
from kiosk.contract import wiring
from kiosk.contract.errors import Reason
from kiosk.contract.wiring import PinFactory
from provisioning.demo.installation import PARTS
from tests.fakes.room import IN_SESSION, Heard


async def test_a_machine_without_gpio_has_a_room_full_of_faults_and_no_crash() -> None:
    """lgpio or its chip is missing: every wired part is at fault, what is shown goes nowhere."""
    heard = Heard()
    with Room(wiring.Room(pin_factory=PinFactory.LGPIO, parts=PARTS, chip=15), heard.take) as room:
        room.show(IN_SESSION)
        room.mend()
        assert room.factory is None
    assert heard.faults == dict.fromkeys(PARTS, Reason.PINS_MISSING)
