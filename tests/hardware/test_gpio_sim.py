"""What only a kernel's lines show: chips, permissions, other processes. The tests of conformance hold there as well.

For the simulator of `tests/run.sh --simulated-hardware`; there RUNDTISCH_GPIO_SIM and …_SIM_1 name the chips in sysfs.
"""

import asyncio
import os
import sys
from pathlib import Path

import pytest
from gpiozero import OutputDevice
from msgspec.structs import replace

from device.room.lines import Line
from device.room.pins import make_factory, our_errors
from kiosk.contract.errors import Reason, RoomError
from kiosk.contract.wiring import PinFactory, Room
from tests.fakes.wires import SimulatedWires, wires_of_machine

pytestmark = pytest.mark.gpio_sim
ROOM = Room(pin_factory=PinFactory.LGPIO)


@pytest.fixture
def header() -> SimulatedWires:
    """The 40 pins, as new."""
    wires = wires_of_machine()
    assert isinstance(wires, SimulatedWires)
    return wires


@pytest.fixture
def expander() -> SimulatedWires:
    """The chip with the number 1."""
    return SimulatedWires(Path(os.environ["RUNDTISCH_GPIO_SIM_1"]))


async def run(program: str) -> asyncio.subprocess.Process:
    """Another process of the same Python; it is ended with the test's loop only if the test does so."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )


async def said(process: asyncio.subprocess.Process) -> str:
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    return output.decode().strip()


def test_the_board_is_a_pi_4_and_its_pins_are_lgpio_s() -> None:
    """Otherwise all that follows would show something else."""
    factory = make_factory(ROOM)
    assert (type(factory).__name__, factory.board_info.model, factory.chip) == ("LGPIOFactory", "4B", 0)
    factory.close()


def test_a_chip_can_be_chosen(header: SimulatedWires, expander: SimulatedWires) -> None:
    """Line 4 of the second chip, and not of the first."""
    factory = make_factory(ROOM, 1)
    with OutputDevice(4, initial_value=True, pin_factory=factory):
        assert (header.level(4), expander.level(4)) == (0, 1)
    factory.close()


def test_a_chip_that_is_not_the_header_is_said() -> None:
    """On a Pi 5 the number of the header's chip has changed with the kernel: no line of another chip is touched."""
    with pytest.raises(RoomError, match=r"/dev/gpiochip1") as refused:
        make_factory(replace(ROOM, chip=1))
    assert "this is raspberrypi-exp-gpio, not the header" in refused.value.detail
    assert refused.value.reason is Reason.PINS_MISSING


def test_a_chip_that_is_not_there_is_said() -> None:
    """A wrong number in the configuration."""
    with pytest.raises(RoomError, match=r"pins: .*/dev/gpiochip9") as refused:
        make_factory(ROOM, 9)
    assert refused.value.reason is Reason.PINS_MISSING


async def test_a_chip_this_user_may_not_open_is_said() -> None:
    """The unit without its group gpio."""
    program = """
import os
os.chdir(os.environ["TMPDIR"])
from gpiozero.pins.lgpio import LGPIOFactory  # while its files may be read
from device.room.pins import make_factory
from kiosk.contract.errors import Reason, RoomError
from kiosk.contract.wiring import PinFactory, Room
os.chmod("/dev/gpiochip0", 0o660)
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
try:
    make_factory(Room(pin_factory=PinFactory.LGPIO))
except RoomError as error:
    print(error.reason, error.detail)
"""
    assert (await said(await run(program))).startswith("pins-forbidden pins: ")


HOLDER = """
import signal
from gpiozero import OutputDevice
from device.room.pins import make_factory
from kiosk.contract.wiring import PinFactory, Room
factory = make_factory(Room(pin_factory=PinFactory.LGPIO))
lamp = OutputDevice(17, initial_value=True, pin_factory=factory)
print("held", flush=True)
signal.pause()
"""


async def test_a_line_another_process_holds_is_busy_and_free_when_it_was_killed(header: SimulatedWires) -> None:
    """The kernel gives it back at once. What the line then shows is the driver's matter: gpio-sim's falls to low."""
    factory = make_factory(ROOM)
    holder = await run(HOLDER)
    assert holder.stdout is not None
    assert await asyncio.wait_for(holder.stdout.readline(), 30) == b"held\n"
    assert header.level(17) == 1
    with pytest.raises(RoomError, match=r"lamp: .*GPIO busy"), our_errors("lamp"):
        OutputDevice(17, pin_factory=factory)
    holder.kill()
    await holder.wait()
    await header.until(17, 0)
    factory.close()
    factory = make_factory(ROOM)
    with OutputDevice(17, initial_value=True, pin_factory=factory):
        assert header.level(17) == 1
    factory.close()


async def test_a_line_that_chatters_is_told_and_heard_again_when_it_is_calm(header: SimulatedWires) -> None:
    """A thousand edges a second, of which this kernel may merge some; then a button as any other."""
    factory = make_factory(ROOM)
    faults: asyncio.Queue[Reason | None] = asyncio.Queue()
    changes: asyncio.Queue[bool] = asyncio.Queue()
    line = Line("help", 5, True, 0.02, changes.put_nowait, faults.put_nowait)
    line.open(factory)
    async with asyncio.timeout(10):
        while faults.empty():
            header.drive(5, 0)
            await asyncio.sleep(0.001)
            header.drive(5, 1)
            await asyncio.sleep(0.001)
        assert await faults.get() is Reason.LINE_CHATTERS
        assert await faults.get() is None
        while not changes.empty():
            changes.get_nowait()
        header.drive(5, 0)
        assert await changes.get()
    line.close()
    factory.close()


def test_a_bus_answers_where_a_chip_is_and_is_silent_where_none_is() -> None:
    """Expanders and displays; the kernel's stub has chips at 0x20 and 0x27."""
    make_factory(ROOM).close()  # brings lgpio in, which wants a folder to write to
    import lgpio

    chip = lgpio.i2c_open(0, 0x20)
    lgpio.i2c_write_byte_data(chip, 0x12, 0x5A)
    assert lgpio.i2c_read_byte_data(chip, 0x12) == 0x5A
    lgpio.i2c_close(chip)
    nobody = lgpio.i2c_open(0, 0x21)
    with pytest.raises(RoomError), our_errors("bus"):
        lgpio.i2c_write_byte_data(nobody, 0x12, 0x5A)
    lgpio.i2c_close(nobody)
