"""When a rollout goes wrong: how many of how many, for which reasons, and what is nobody's fault."""

from datetime import UTC, datetime

import pytest

from kiosk.contract.mqtt import Clock, UpdateState
from kiosk.contract.update import Cause
from provisioning.release import rings
from provisioning.release.offer import Rollout
from provisioning.release.trouble import Course, Limits, course_of

NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)
ROLLOUT = Rollout(serial=8, percent=50)
NAMES = [name for name in (f"nord.r{number}" for number in range(100)) if rings.is_in(name, ROLLOUT.percent)]


def state(serial: int, **fields: str | int) -> UpdateState:
    return UpdateState(time=NOW, clock=Clock.NTP, serial=serial, **fields)  # type: ignore[arg-type]


def failed(cause: str = "no-frames", offered: int = 8) -> UpdateState:
    return state(7, offered=offered, cause=cause)


def course(*states: UpdateState) -> Course:
    return course_of(ROLLOUT, dict(zip(NAMES, states, strict=False)))


@pytest.mark.parametrize(
    ("failed_", "done", "waiting", "is_bad"),
    [
        (1, 0, 5, False),
        (2, 0, 5, True),
        (1, 0, 0, True),
        (2, 38, 0, True),
        (2, 39, 0, False),
        (0, 0, 0, False),
        (0, 40, 0, False),
    ],
)
def test_two_of_the_ring_are_too_many_if_they_are_a_twentieth_of_those_that_tried(
    failed_: int, done: int, waiting: int, is_bad: bool
) -> None:
    """One alone is chance, unless the ring has no other; among hundreds, two are chance too."""
    states = [*[failed()] * failed_, *[state(8)] * done, *[state(7)] * waiting]
    found = course(*states)
    assert (found.ring, found.done, len(found.failed)) == (len(states), done, failed_)
    assert found.is_bad(Limits()) is is_bad


def test_how_many_are_too_many_can_be_said() -> None:
    """Both numbers."""
    found = course(failed(), failed(), *[state(8)] * 18)
    assert found.is_bad(Limits(terminals=2, share_pct=10))
    assert not found.is_bad(Limits(terminals=3))
    assert not found.is_bad(Limits(share_pct=11))


@pytest.mark.parametrize("cause", Cause)
def test_what_is_not_the_release_s_fault_does_not_count(cause: Cause) -> None:
    """A server that is away, a clock that is wrong, a person's wish."""
    others = ("clock-unset", "no-server", "expired", "older", "by-hand")
    assert bool(course(failed(cause.value)).failed) is (cause.value not in others)


def test_only_this_release_and_only_its_ring_count() -> None:
    """What became of another one is past; who is on probation has not failed, and is not through with it."""
    assert course(failed(offered=6), failed(offered=0)).failed == {}
    on_probation = course(state(8, phase="probation", offered=8))
    assert (on_probation.done, on_probation.failed) == (0, {})
    outside = next(name for name in (f"sued.r{number}" for number in range(100)) if not rings.is_in(name, 50))
    assert course_of(ROLLOUT, {outside: failed()}) == Course()


def test_what_is_told_names_nobody() -> None:
    """It stands in what is public."""
    text = course(failed(), failed(), failed("did-not-start"), state(8)).text
    assert text == "3 of 4 terminals that tried it could not keep it: 2 × no-frames, 1 × did-not-start"
