"""The real agent at a real broker, with an updater's files beside it: what central sees and may ask."""

from pathlib import Path

from kiosk.contract import codec
from kiosk.contract.configuration import Update
from kiosk.contract.mqtt import AckState, UpdateState
from kiosk.contract.update import LOCK, NOTES, PROGRESS, REPORT, REQUEST, Cause, Note, Progress, Report
from kiosk.runtime.lock import Lock
from provisioning.central import configuration as central
from provisioning.release import fleet
from tests.fakes.agent_house import TERMINAL, agent_house


async def test_central_hears_of_updates_and_may_ask_for_them(short_path: Path) -> None:
    """`state/update`, the event of a version that was taken back, `release status`, and the command."""
    update = Update(runtime_directory=short_path / "update", state_directory=short_path / "updater")
    update.runtime_directory.mkdir()
    (update.state_directory / NOTES).mkdir(parents=True)
    note = Note(number=1, type="update-rolled-back", data={"serial": 8, "to": 7, "cause": "no-frames"})
    (update.state_directory / NOTES / "00000001.json").write_bytes(codec.encode(note))
    progress = Progress(serial=7, cause=Cause.NO_FRAMES.value)
    (update.state_directory / PROGRESS).write_bytes(codec.encode(progress))
    async with agent_house(short_path) as house:
        house.configure(update=update)
        await house.start_broker()
        await house.start_agent()
        async with house.observe() as observer:
            await observer.until(lambda: [one for one in observer.events() if one.type == note.type])
            assert [one.data for one in observer.events() if one.type == note.type] == [note.data]
            await observer.until(lambda: observer.payloads("state", "update"))
            state = codec.decode(observer.payloads("state", "update")[-1], UpdateState, "test")
            assert (state.serial, state.cause) == (7, "no-frames")
            table = fleet.status(central.load(house.made.central_file)).table
            assert table is not None
            row = dict(zip(fleet.COLUMNS, table.rows[0], strict=True))
            assert (row["terminal"], row["serial"], row["cause"]) == (TERMINAL, "7", "no-frames")
            report: Report = codec.decode((update.runtime_directory / REPORT).read_bytes(), Report, "test")
            assert report.has_broker
            assert not report.has_frames
            lock = Lock(update.runtime_directory / LOCK)
            assert lock.take(), "nobody is here"
            lock.give()
            await observer.command("update-apply", "1")
            acks = await observer.until(lambda: observer.acks("update-apply", "1")[1:])
            assert acks[-1].state is AckState.SUCCEEDED
            assert (update.runtime_directory / REQUEST).read_bytes() == b'{"wish":"apply"}'
