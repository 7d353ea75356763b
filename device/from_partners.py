"""What desks and guests say to the room, from the bytes on a topic to an event: decoded, opened, checked."""

from collections.abc import Callable, Collection

from device.seals import Seals
from device.signals import Signals
from kiosk.consultation import events, roster
from kiosk.contract import codec
from kiosk.contract.errors import MalformedError, Reason
from kiosk.contract.media import Signal
from kiosk.contract.partner import (
    HelpComing,
    HelpDone,
    HelpReply,
    Inside,
    InsideHelp,
    Introduction,
    Knock,
    Leave,
    LookAgain,
    PartnerMedia,
    PartnerToRoom,
    RingAnswer,
    Sealed,
)
from kiosk.contract.state import State

_KINDS = {message.__struct_config__.tag: message for message in (Knock, RingAnswer, HelpReply, Leave, Sealed)}


class FromPartners:
    """Turns messages into events. A desk can only speak for calls that it opened itself."""

    def __init__(
        self,
        state: Callable[[], State],
        dispatch: Callable[[events.Event], None],
        seals: Seals,
        signals: Signals,
        help_desks: Collection[str] = (),
    ) -> None:
        """`help_desks`: who may answer a call for help."""
        self._state = state
        self._dispatch = dispatch
        self._seals = seals
        self._signals = signals
        self._help_desks = help_desks

    def take(self, desk: str, kind: str, payload: bytes) -> None:
        """One message on `desks/{desk}/terminal/{us}/{kind}`.

        Raises:
            MalformedError: not what the topic promises, or not for this desk to say.
            SealError: a box does not open.
        """
        if kind not in _KINDS:
            raise MalformedError("desk other", "no such kind of message")
        source = f"desk {kind}"
        message: PartnerToRoom = codec.decode(payload, PartnerToRoom, source)
        if not isinstance(message, _KINDS[kind]):
            raise MalformedError(source, "a message of another kind than its topic")
        match message:
            case Knock():
                self._knock(desk, message)
            case RingAnswer(ring=ring, reply=reply):
                self._dispatch(events.RingAnswered(desk=desk, ring=ring, reply=reply))
            case HelpReply():
                self._answer_help(desk, message)
            case Leave(call=call):
                self._dispatch(events.PartnerLeft(desk=desk, call=call))
            case Sealed():
                self._open(desk, message)

    def _knock(self, desk: str, knock: Knock) -> None:
        seal = self._seals.make(self._state(), knock.call, knock.key)
        introduction: Introduction = seal.open(knock.box, Introduction, "desk knock")
        self._dispatch(
            events.Knocked(
                desk=desk,
                call=knock.call,
                key=knock.key,
                introduction=introduction,
                number=knock.number,
                ring=knock.ring,
            )
        )

    def _answer_help(self, desk: str, reply: HelpReply) -> None:
        source, help = "desk help-reply", self._state().help
        if desk not in self._help_desks or help is None or help.id != reply.help:
            raise MalformedError(source, "a call for help that is not this desk's", Reason.NOT_AUTHORISED)
        inside: InsideHelp = self._seals.make(self._state(), reply.help, reply.key).open(reply.box, InsideHelp, source)
        match inside:
            case HelpComing(name=name):
                self._dispatch(events.HelpAnswered(who=name))
            case HelpDone():
                self._dispatch(events.HelpEnded())

    def _open(self, desk: str, sealed: Sealed) -> None:
        source, call = "desk sealed", sealed.call
        partner = roster.by_call(self._state(), call)
        if partner is None or partner.id != desk:
            raise MalformedError(source, "a call that is not this desk's", Reason.NOT_AUTHORISED)
        inside: Inside = self._seals.of(self._state(), call).open(sealed.box, Inside, source)
        match inside:
            case Signal():
                self._signals.from_partner(call, inside)
            case PartnerMedia():
                self._dispatch(events.PartnerMediaChanged(desk=desk, call=call, media=inside))
            case LookAgain():
                self._dispatch(events.LookedAgain(desk=desk, call=call))
            case _:
                raise MalformedError(source, "a message that is not for a partner to send")
