"""How a version on probation is judged, by the reports of its agent: pure, second by second."""

from collections.abc import Callable

from msgspec.structs import replace

from kiosk.contract.configuration import Update
from kiosk.contract.update import Cause, Report
from provisioning.update.probation import Judge

USUAL = (Cause.NO_FRAMES, Cause.NO_BROKER, Cause.NO_CAMERA)
WELL = Report(at_s=0, pid=1, has_frames=True, has_broker=True, has_camera=True)


def judge(report: Callable[[int], Report | None], expected: tuple[Cause, ...] = USUAL) -> tuple[Cause | bool, int]:
    """The verdict and its second; `report` is what the agent says at a second."""
    one = Judge(expected, Update(), 0)
    for second in range(2000):
        said = report(second)
        verdict = one.take(replace(said, at_s=second) if said else None, second)
        if verdict is not False:
            return verdict, second
    raise AssertionError("no verdict")


def test_a_version_that_is_well_proves_itself_after_ten_minutes() -> None:
    assert judge(lambda second: WELL) == (True, 600)


def test_a_version_that_never_reports_is_taken_back_within_a_minute() -> None:
    assert judge(lambda second: None) == (Cause.NOT_READY, 40)


def test_each_part_may_be_away_for_the_patience_and_no_longer() -> None:
    """At whatever moment of the probation."""
    for part, cause in (
        ("has_frames", Cause.NO_FRAMES),
        ("has_broker", Cause.NO_BROKER),
        ("has_camera", Cause.NO_CAMERA),
    ):
        ill = replace(WELL, **{part: False})
        assert judge(lambda second, ill=ill: ill if 300 <= second < 339 else WELL) == (True, 600)  # type: ignore[misc]
        assert judge(lambda second, ill=ill: ill if second >= 300 else WELL) == (cause, 340)  # type: ignore[misc]
        assert judge(lambda second, ill=ill: ill if second >= 570 else WELL) == (cause, 610)  # type: ignore[misc]


def test_what_was_missing_before_is_not_expected() -> None:
    """A terminal without a camera, or whose broker was away already."""
    bare = replace(WELL, has_broker=False, has_camera=False)
    assert judge(lambda second: bare, (Cause.NO_FRAMES,)) == (True, 600)


def test_an_agent_that_comes_back_again_and_again_is_not_well() -> None:
    """However well it looks in between; once or twice may happen."""
    assert judge(lambda second: replace(WELL, pid=second // 100)) == (Cause.NOT_READY, 400)
    assert judge(lambda second: replace(WELL, pid=second // 250)) == (True, 600)


def test_an_old_report_is_none() -> None:
    """The agent hangs: its last word stays on the disk."""
    one = Judge(USUAL, Update(), 0)
    assert [one.take(WELL, second) for second in (0, 6, 7, 46, 47)] == [False] * 4 + [Cause.NOT_READY]
