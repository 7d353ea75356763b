"""When the self-test may run, what it opens, who ends it, and what follows for a visitor from what it found."""

from msgspec.structs import replace

from kiosk.consultation import events
from kiosk.consultation.commands import Command, EmitEvent
from kiosk.contract import intents
from kiosk.contract.media import Plan, Sending
from kiosk.contract.mqtt import Clock, SelfTestState
from kiosk.contract.self_test import Check, CheckResult, SelfTest, SelfTestReport, Trigger, Verdict
from kiosk.contract.state import Phase, Sheet, State

_Step = tuple[State, tuple[Command, ...]]

_VOLUME_PCT = 80
"""Of the test sound."""
_SHEETS = (Sheet.NONE, Sheet.STAFF)


def may_run(state: State, trigger: Trigger) -> bool:
    """Only where nobody is: no visit, nobody preparing, no call for help; who asks at the screen may be there."""
    is_alone = trigger is Trigger.STAFF or not state.room.is_occupied
    has_nobody = state.phase is Phase.IDLE and state.session is None and state.help is None
    return has_nobody and is_alone and state.sheet in _SHEETS


def ask(state: State, event: events.SelfTestAsked, fresh: events.Fresh) -> State:
    """Begins, unless one runs already."""
    if state.self_test.trigger is not None or not may_run(state, event.trigger):
        return state
    running = replace(state.self_test, trigger=event.trigger, began=state.now, step=None, results=())
    return replace(state, self_test=running)


def ask_by_hand(state: State, intent: intents.TestRoom, fresh: events.Fresh) -> State:
    """The button on the staff page, and nowhere else."""
    if state.sheet is not Sheet.STAFF:
        return state
    return ask(state, events.SelfTestAsked(trigger=Trigger.STAFF), fresh)


def step(state: State, event: events.SelfTestStep, fresh: events.Fresh) -> State:
    test = state.self_test
    return state if test.trigger is None else replace(state, self_test=replace(test, step=event.check))


def note(state: State, event: events.CheckDone, fresh: events.Fresh) -> State:
    test = state.self_test
    if test.trigger is None:
        return state
    return replace(state, self_test=replace(test, step=None, results=(*test.results, event.result)))


def end(state: State, event: events.SelfTestDone, fresh: events.Fresh) -> _Step:
    """The last word counts, but for what was not looked at this time."""
    test = state.self_test
    if test.trigger is None or test.began is None:
        return state, ()
    results = tuple(_with_the_past(test, result) for result in test.results)
    report = SelfTestReport(trigger=test.trigger, began=test.began, ended=state.now, results=results)
    failed = ",".join(result.check.value for result in report.failed)
    duration_s = round((state.now - test.began).total_seconds())
    data: dict[str, str | int | float | bool] = {"trigger": test.trigger.value, "failed": failed}
    said = EmitEvent(type="self-test-done", data={**data, "duration_s": duration_s})
    looked_at = test.looked_at if test.trigger is Trigger.REMOTE else test.began
    return replace(state, self_test=SelfTest(last=report, looked_at=looked_at)), (said,)


def _with_the_past(test: SelfTest, result: CheckResult) -> CheckResult:
    """A fault that was found on the spot is not mended by looking from afar."""
    before = test.last.of(result.check) if test.last else None
    is_unseen = result.verdict is Verdict.SKIPPED and result.reason == "not-from-afar"
    return before if is_unseen and before is not None and before.verdict is Verdict.FAILED else result


def go_on(state: State, intent: intents.GoOnAnyway, fresh: events.Fresh) -> State:
    """The visitor has read what does not work."""
    return replace(state, self_test=replace(state.self_test, is_accepted=True)) if state.phase is Phase.TODAY else state


def settle(state: State) -> State:
    """Whoever comes ends it at once; the next visitor is told anew."""
    test = state.self_test
    if test.trigger is not None and not may_run(state, test.trigger):
        test = replace(test, trigger=None, began=None, step=None, results=())
    if test.is_accepted and state.phase is Phase.IDLE:
        test = replace(test, is_accepted=False)
    return state if test is state.self_test else replace(state, self_test=test)


def plan(test: SelfTest, *, may_see: bool, may_hear: bool) -> Plan:
    """What media opens for it; from afar nothing."""
    is_local = test.trigger is not None and test.trigger is not Trigger.REMOTE
    return Plan(
        camera=Sending.HERE if may_see and is_local and test.step is Check.CAMERA else Sending.OFF,
        microphone=Sending.HERE if may_hear and is_local and test.step is Check.SOUND else Sending.OFF,
        volume_pct=_VOLUME_PCT,
    )


def missing(state: State) -> tuple[Check, ...]:
    """What a visitor will miss, by the last self-test. About the broker there is always newer word."""
    report = state.self_test.last
    if report is None:
        return ()
    found = tuple(result.check for result in report.failed)
    return tuple(
        check
        for check in (Check.CAMERA, Check.SHUTTER, Check.SOUND, Check.BROKER)
        if check in found and not (check is Check.BROKER and state.is_broker_here)
    )


def is_ready(state: State) -> bool:
    """Whether the room is what a visitor may expect."""
    return not missing(state)


def self_test_state(state: State, clock: Clock = Clock.NTP) -> SelfTestState:
    """`state/self-test`. Its `time` is the state's."""
    last = state.self_test.last
    return SelfTestState(
        time=state.now,
        clock=clock,
        is_running=state.self_test.trigger is not None,
        trigger=last.trigger.value if last else "",
        began=last.began if last else None,
        ended=last.ended if last else None,
        results=last.results if last else (),
        is_ready=is_ready(state),
    )
