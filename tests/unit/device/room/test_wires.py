"""What only the absence of a Pi shows."""

from device.room.wires import Room
from kiosk.consultation import RoomPlan, Sign
from kiosk.contract import configuration
from kiosk.contract.configuration import Button, Output, PinFactory


async def test_a_machine_without_gpio_has_a_room_full_of_faults_and_no_crash() -> None:
    """lgpio or its chip is missing: every wired part is at fault, what is shown goes nowhere."""
    faults: list[tuple[str, bool]] = []
    wiring = configuration.Room(
        pin_factory=PinFactory.LGPIO, sign_busy=Output(pin=27), help_lamp=Output(pin=25), help_button=Button(pin=24)
    )
    with Room(wiring, lambda: None, lambda part, is_faulty: faults.append((part, is_faulty))) as room:
        room.show(RoomPlan(sign=Sign.BUSY, ceiling_light=True, help_lamp=True))
        room.mend()
        assert room.factory is None
    assert faults == [("door-sign", True), ("help-lamp", True), ("help-button", True)]
