"""What a change of state is to others: numbered events, doors, rings and views for partners, sounds in the room.

Made by comparing the state before and after, so that no way through the rules can forget one. Events and their data:

session-prepared {appointment}; session-started {appointment, choice}; session-engine {engine}, where media goes
otherwise than peer to peer, or does so again; session-ended {appointment, duration_s}; data-deleted {};
partner-waiting, partner-declined, partner-left {desk}; partner-admitted, consent-changed {desk, consent}; ring-started
{need, desks}; ring-answered {need, desk}; ring-unanswered {need}; showing-started, showing-stopped {what}; help-asked
{origin}; help-answered, help-over {origin, after_s}; help-cancelled {}; rated {value}; self-test-done {trigger, failed,
duration_s}; staff-page-opened {}; staff-page-refused {wrong}; fault, fault-over {part, reason}, wires too;
privacy-closed, privacy-settled {part, reason}.
"""

from collections.abc import Iterator
from datetime import datetime

from kiosk.consultation import partner_view, roster, rounds
from kiosk.consultation.commands import Command, EmitEvent, PlaySound, SendRung, SendView, TellDesk, Wipe
from kiosk.consultation.visit import WARNING, warns
from kiosk.contract.errors import Reason
from kiosk.contract.links import Sound
from kiosk.contract.media import Showing
from kiosk.contract.partner import RingEnd, RingOver
from kiosk.contract.state import Partner, Phase, Ring, RungDesk, Standing, State

_BELLS = ("time-5", "time-1")
_OPEN = (RungDesk.RINGING, RungDesk.ANSWERED)


def news(before: State, after: State) -> tuple[Command, ...]:
    """Everything that follows from the step from `before` to `after`, in the order in which it is to be done."""
    has_ended = before.phase is Phase.SESSION and after.phase is not Phase.SESSION
    all_news = (
        *_phase(before, after),
        *_engine(before, after),
        *_rings(before, after),
        *_partners(before, after, has_ended),
        *_views(before, after),
        *_showing(before, after),
        *_faults(before, after),
        *_privacy(before, after),
        *_bells(before, after),
        *((PlaySound(sound=Sound.DELETED), Wipe(), EmitEvent(type="data-deleted")) if has_ended else ()),
    )
    is_quiet = roster.is_interpreted_now(after)
    return tuple(command for command in all_news if not (is_quiet and isinstance(command, PlaySound)))


def _phase(before: State, after: State) -> Iterator[Command]:
    if before.phase is after.phase:
        return
    if after.session and after.phase is Phase.PREPARATION:
        yield EmitEvent(type="session-prepared", data={"appointment": after.session.number})
    elif after.session and after.phase is Phase.SESSION:
        data: dict[str, str | int | float | bool] = {"appointment": after.session.number}
        yield EmitEvent(type="session-started", data={**data, "choice": after.session.choice.value})
    elif before.session and before.phase is Phase.SESSION:
        started = before.session.started or after.now
        lasted_s = round((after.now - started).total_seconds())
        yield EmitEvent(type="session-ended", data={"appointment": before.session.number, "duration_s": lasted_s})


def _engine(before: State, after: State) -> Iterator[Command]:
    engine = rounds.engine(after)
    if after.phase is Phase.SESSION and engine != rounds.engine(before):
        yield EmitEvent(type="session-engine", data={"engine": engine})


def _partners(before: State, after: State, has_ended: bool) -> Iterator[Command]:
    """Each visit that stands elsewhere than before: its page is told, and the monitor."""
    was = {partner.call: partner for partner in roster.everybody(before) if partner.call}
    now = {partner.call: partner for partner in roster.everybody(after) if partner.call}
    for call in {**was, **now}:
        old, new = was.get(call), now.get(call)
        if old and new and (old.standing, old.consent) == (new.standing, new.consent):
            continue
        yield TellDesk(desk=(new or was[call]).id, message=partner_view.door(after, call))
        if new is None:
            if not has_ended and old and old.standing in (Standing.WAITING, Standing.ADMITTED):
                yield EmitEvent(type="partner-left", data={"desk": old.id})
        else:
            yield from _standing(after, old, new)


def _standing(after: State, old: Partner | None, new: Partner) -> Iterator[Command]:
    was_admitted = old is not None and old.standing is Standing.ADMITTED
    desk: dict[str, str | int | float | bool] = {"desk": new.id}
    if new.standing is Standing.ADMITTED:
        kind = "consent-changed" if was_admitted else "partner-admitted"
        yield EmitEvent(type=kind, data={**desk, "consent": new.consent.value})
        if not was_admitted:
            yield PlaySound(sound=Sound.JOINED)
    else:
        yield EmitEvent(type=f"partner-{new.standing.value}", data=desk)
        if new.standing is Standing.WAITING and after.session and new in after.session.partners:
            yield PlaySound(sound=Sound.DOOR)
        elif was_admitted:
            yield PlaySound(sound=Sound.LEFT)


def _rings(before: State, after: State) -> Iterator[Command]:
    was = before.session.ring if before.session else None
    now = after.session.ring if after.session else None
    if was is now:
        return
    if was is not None and (now is None or now.id != was.id):
        for desk, how in was.desks.items():
            if how in _OPEN and not was.is_over:
                yield TellDesk(desk=desk, message=RingOver(ring=was.id, why=RingEnd.STOPPED))
    if now is not None:
        yield from _ring_steps(was if was is not None and was.id == now.id else None, now)


def _ring_steps(was: Ring | None, now: Ring) -> Iterator[Command]:
    if was is None:
        yield EmitEvent(type="ring-started", data={"need": now.need, "desks": len(now.desks)})
    has_winner = RungDesk.ANSWERED in now.desks.values()
    for desk, how in now.desks.items():
        old = was.desks.get(desk) if was else None
        if old is how:
            continue
        if how is RungDesk.RINGING:
            yield SendRung(desk=desk)
        elif how is RungDesk.ANSWERED:
            yield EmitEvent(type="ring-answered", data={"need": now.need, "desk": desk})
        elif how is RungDesk.TOLD:
            why = RingEnd.ELSEWHERE if has_winner else RingEnd.STOPPED
            yield TellDesk(desk=desk, message=RingOver(ring=now.id, why=why))
        elif how is RungDesk.SILENT:
            yield TellDesk(desk=desk, message=RingOver(ring=now.id, why=RingEnd.TIMEOUT))
    if now.is_over and not has_winner and (was is None or not was.is_over):
        yield EmitEvent(type="ring-unanswered", data={"need": now.need})


def _views(before: State, after: State) -> Iterator[Command]:
    """The round as each partner sees it, where it looks different now."""
    if before.session is after.session and before.directory is after.directory:
        return
    for partner in roster.all_admitted(after):
        if partner_view.room_view(before, partner.call) != partner_view.room_view(after, partner.call):
            yield SendView(call=partner.call)


def _showing(before: State, after: State) -> Iterator[Command]:
    """What the room shows on its screen line; never what is to be seen there."""
    was = before.session.showing if before.session else Showing.NOTHING
    now = after.session.showing if after.session else Showing.NOTHING
    if was is not now and was is not Showing.NOTHING:
        yield EmitEvent(type="showing-stopped", data={"what": was.value})
    if was is not now and now is not Showing.NOTHING:
        yield EmitEvent(type="showing-started", data={"what": now.value})


def _faults(before: State, after: State) -> Iterator[Command]:
    was, now = _reasons(before), _reasons(after)
    for part, reason in now.items():
        if was.get(part) is not reason:
            yield EmitEvent(type="fault", data={"part": part, "reason": reason.value})
            yield PlaySound(sound=Sound.FAULT)
    for part, reason in was.items():
        if part not in now:
            yield EmitEvent(type="fault-over", data={"part": part, "reason": reason.value})


def _reasons(state: State) -> dict[str, Reason]:
    media = state.media
    parts = {
        "camera": media.camera_reason,
        "microphone": media.microphone_reason,
        "loudspeaker": media.loudspeaker_reason,
        **{part: state.hardware_reasons.get(part, Reason.HARDWARE_MISSING) for part in state.hardware_faults},
    }
    return {part: reason for part, reason in parts.items() if reason is not None}


def _privacy(before: State, after: State) -> Iterator[Command]:
    """What was closed because its sources disagree, and what somebody has opened again."""
    was, now = before.watch.closed, after.watch.closed
    for part, doubt in now.items():
        if part not in was:
            yield EmitEvent(type="privacy-closed", data={"part": part, "reason": doubt.value})
            yield PlaySound(sound=Sound.FAULT)
    for part, doubt in was.items():
        if part not in now:
            yield EmitEvent(type="privacy-settled", data={"part": part, "reason": doubt.value})


def _bells(before: State, after: State) -> Iterator[Command]:
    """Time runs out: of the session, or of a screen nobody touches."""
    notice = after.notice
    if notice is not None and notice is not before.notice and notice.kind in _BELLS:
        yield PlaySound(sound=Sound.BELL)
    closes: datetime | None = after.closes_at
    if warns(after) and closes and closes == before.closes_at and before.now < closes - WARNING <= after.now:
        yield PlaySound(sound=Sound.BELL)
