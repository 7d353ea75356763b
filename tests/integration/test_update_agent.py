"""The real agent at a real broker, with an updater's files beside it: what central sees and may ask."""

from pathlib import Path

from msgspec.structs import replace

from kiosk.contract import codec
from kiosk.contract.configuration import Update
from kiosk.contract.links import TouchReport
from kiosk.contract.mqtt import AckState, UpdateState
from kiosk.contract.update import LOCK, NOTES, PROGRESS, REPORT, REQUEST, Cause, Note, Progress, Report
from kiosk.runtime.lock import Lock
from provisioning.central import configuration as central
from provisioning.demo.waiting import until
from provisioning.release import fleet
from tests.fakes.agent_house import TERMINAL, agent_house


def report_of(path: Path) -> Report:
    report: Report = codec.decode(path.read_bytes(), Report, "test")
    return report


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
        house.configure(update=update, media=replace(house.configuration.media, camera="pattern"))
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
            path = update.runtime_directory / REPORT
            await until(lambda: report_of(path).has_broker, 20, "the report of a broker")
            assert not report_of(path).has_frames
            (await house.app()).touch(TouchReport(frames_per_second=2, reaction_ms_p95=0))
            await until(lambda: report_of(path).has_frames, 20, "the report of pictures")
            assert not report_of(path).has_camera
            await house.media()
            await until(lambda: report_of(path).has_camera, 20, "the report of a camera, though media came last")
            lock = Lock(update.runtime_directory / LOCK)
            assert lock.take(), "nobody is here"
            lock.give()
            await observer.command("update-apply", "1")
            acks = await observer.until(lambda: observer.acks("update-apply", "1")[1:])
            assert acks[-1].state is AckState.SUCCEEDED
            assert (update.runtime_directory / REQUEST).read_bytes() == b'{"wish":"apply"}'
