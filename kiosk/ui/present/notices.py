"""What is said in passing: notices of six seconds, and what must be seen as long as it lasts."""

from kiosk.contract.enrolment import Step
from kiosk.contract.errors import Reason
from kiosk.contract.media import Showing
from kiosk.contract.privacy import Part
from kiosk.contract.state import Help, Notice, Phase
from kiosk.ui.present import phrases
from kiosk.ui.present.faults import FAULTS
from kiosk.ui.present.scene import Scene
from kiosk.ui.present.stage import is_own_screen_live
from kiosk.ui.texts import mark
from kiosk.ui.views import Mood, NoticeView, StateView

_MINUTES = {
    "time-10": ("clock", mark("10 minutes left."), ""),
    "time-5": ("timer", mark("5 minutes left."), mark("You can extend at the top.")),
    "time-1": ("timer", mark("1 minute left."), mark("The talk does not break off.")),
}
_REMOTE = ("eye", mark("Technicians are working here from afar."), mark("They open neither camera nor microphone."))


def toast(scene: Scene) -> NoticeView:
    """The notice of this moment, else the most important thing that lasts."""
    state, media = scene.state, scene.state.media
    if not scene.is_agent_here:
        return NoticeView(icon="spinner-gap", text=scene.language.say("One moment, please."))
    if state.notice is not None and state.now < state.notice.until:
        view = _notice(scene, state.notice)
        if view.text:
            return view
    if state.remote_hand:
        return _said(scene, *_REMOTE)
    if state.phase is Phase.SESSION and not state.is_media_here:
        return reason(scene, Reason.MEDIA_GONE)
    if state.session is not None and state.session.showing is not Showing.NOTHING:
        # Without a picture the stage says it; this is about another one that could not be taken.
        return reason(scene, media.screen_reason) if media.screen_reason and is_own_screen_live(scene) else NoticeView()
    if state.phase is Phase.PREPARATION:
        lasting = state.media.microphone_reason or state.media.loudspeaker_reason
        return reason(scene, lasting) if lasting else NoticeView()
    return NoticeView()


def reason(scene: Scene, why: Reason) -> NoticeView:
    """What happened, and what one can do."""
    return _said(scene, *phrases.REASONS[why])


def doubt(scene: Scene, of: Part | None = None) -> NoticeView | None:
    """What was closed because it was not what it was said to be; of one part, or whichever."""
    for part, why in scene.state.watch.closed.items():
        if of is None or part == of:
            return _said(scene, *phrases.DOUBTS[why])
    return None


def room_hint(scene: Scene) -> StateView:
    """What a visitor should know of the room before a conversation: no connection, or a part that does not answer."""
    state, say = scene.state, scene.language.say
    fault = scene.enrolment.fault if scene.enrolment and scene.enrolment.step is not Step.DONE else None
    if not state.is_broker_here and fault is not None:
        return StateView(icon="warning-octagon", text=say(FAULTS[fault][0]), mood=Mood.BAD)
    if not state.is_broker_here:
        return StateView(icon="wifi-slash", text=_offline(scene), mood=Mood.BUSY)
    if said := doubt(scene):
        return StateView(icon=said.icon, text=said.text, mood=Mood.BAD)
    for part in state.hardware_faults:
        if part in phrases.HARDWARE:
            return StateView(icon="warning-octagon", text=say(phrases.HARDWARE[part]), mood=Mood.BAD)
    faults = (state.media.camera_reason, state.media.microphone_reason, state.media.loudspeaker_reason)
    for why in faults:
        if why is not None:
            return StateView(icon=phrases.REASONS[why][0], text=say(phrases.REASONS[why][1]), mood=Mood.BAD)
    return StateView()


def _offline(scene: Scene) -> str:
    t, published = scene.language, scene.state.schedule_published
    if published is None:
        return t.say("No connection. There is no plan.")
    if scene.is_today(published):
        return t.say("No connection. The plan of {time} holds.", time=scene.clock(published))
    return t.say("No connection. The plan of {day} holds.", day=t.day(published, scene.setting.zone))


def coming(scene: Scene, help: Help) -> str:
    """Who is on the way, as far as the house says."""
    say = scene.language.say
    return say("{name} is on the way.", name=help.who) if help.who else say("Somebody is on the way.")


def _notice(scene: Scene, notice: Notice) -> NoticeView:
    t, who = scene.language, notice.name.strip() or notice.office
    if notice.kind == "partner-left":
        return NoticeView(icon="user-minus", text=phrases.about(t, phrases.HAS_LEFT, who or t.say("Partner")))
    if notice.kind == "partner-declined":
        return NoticeView(icon="hand-palm", text=phrases.about(t, phrases.DOES_NOT_COME, who or t.say("Partner")))
    if notice.kind == "ring-declined":
        text = t.say("{office} has no time now.", office=who) if who else t.say("Nobody can come just now.")
        return NoticeView(icon="phone-x", text=text)
    if notice.kind == "remote-hand":
        return _said(scene, *_REMOTE)
    if notice.kind == "help-answered":
        help = scene.state.help
        return NoticeView(icon="lifebuoy", text=coming(scene, help)) if help and help.answered else NoticeView()
    if notice.kind == "privacy":
        return doubt(scene) or NoticeView()
    if notice.kind == "mute-switch":
        return _said(scene, *phrases.SWITCH)
    if notice.kind in _MINUTES:
        return _said(scene, *_MINUTES[notice.kind])
    return reason(scene, Reason(notice.kind)) if notice.kind in set(Reason) else NoticeView()


def _said(scene: Scene, icon: str, text: str, detail: str) -> NoticeView:
    say = scene.language.say
    return NoticeView(icon=icon, text=say(text), detail=say(detail) if detail else "")
