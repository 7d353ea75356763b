"""The bar on every screen: what is open, pause, time, corner, help."""

from datetime import timedelta
from math import ceil

from kiosk.consultation import schedule
from kiosk.consultation.visit import WARNING, warns
from kiosk.contract import intents
from kiosk.contract.state import Phase, Session, Sheet
from kiosk.ui.present.plate import plate
from kiosk.ui.present.scene import Form, Scene
from kiosk.ui.views import ButtonView, TimeView, TopBarView

SHORT_MIN = 5
_PIE = timedelta(hours=1)


def top_bar(scene: Scene) -> TopBarView:
    """The whole bar."""
    return TopBarView(
        plate=plate(scene),
        room=scene.setting.room.split(" · ")[0] if _is_clock_big(scene) else "",
        pause=_pause(scene),
        time=_time(scene),
        corner=_corner(scene),
        help=_help(scene),
    )


def can_extend(scene: Scene, session: Session) -> bool:
    """Whether the next booking leaves more time, and the one before that has not begun."""
    start = schedule.next_start(scene.state)
    is_free = start is None or session.ends is None or start > session.ends
    return is_free and not schedule.is_next_waiting(scene.state)


def _pause(scene: Scene) -> ButtonView:
    t, session = scene.language, scene.state.session
    if scene.state.phase is not Phase.SESSION or session is None:
        return ButtonView()
    if session.is_paused:
        return ButtonView(
            key="pause",
            text=t.say_in("after a break", "Continue"),
            icon="play-circle",
            intent=intents.SetPause(is_paused=False),
            speech=t.say("End the break"),
        )
    return ButtonView(
        key="pause",
        text=t.say("Break"),
        icon="pause-circle",
        intent=intents.SetPause(is_paused=True),
        speech=t.say("Break. Nobody sees or hears you then."),
    )


def _time(scene: Scene) -> TimeView:
    state, session = scene.state, scene.state.session
    if state.phase is Phase.SESSION and session is not None and session.ends is not None:
        return _time_left(scene, session)
    closes_at = state.closes_at if warns(state) else None
    if closes_at is not None and closes_at - state.now <= WARNING:
        return _closing(scene, scene.seconds_to(closes_at))
    return TimeView() if _is_clock_big(scene) else TimeView(text=scene.clock(state.now), icon="clock")


def _is_clock_big(scene: Scene) -> bool:
    return scene.state.phase is Phase.IDLE and scene.state.sheet is Sheet.NONE


def _time_left(scene: Scene, session: Session) -> TimeView:
    assert session.ends is not None
    t, left = scene.language, session.ends - scene.state.now
    minutes = max(0, ceil(left.total_seconds() / 60))
    share = min(1.0, timedelta(minutes=minutes) / _PIE)  # in steps of a minute, as the words: seconds cost frames
    is_short, extend = minutes <= SHORT_MIN, can_extend(scene, session)
    # A small panel has room for a question only; the notice says the rest.
    is_tight = scene.form is Form.SMALL and (minutes <= 1 or not extend)
    if not is_short or is_tight:
        text = t.count_of("{count} min\nleft", "{count} min\nleft", minutes)
    elif minutes == 0:
        text = t.say("Time is up. The talk\ndoes not break off.")
    elif minutes == 1:
        text = t.say("1 min left. The talk\ndoes not break off.")
    elif extend:
        text = t.count_of("{count} min left\nExtend?", "{count} min left\nExtend?", minutes)
    else:
        text = t.count_of("{count} min left\nThen others come.", "{count} min left\nThen others come.", minutes)
    return TimeView(
        key="more-time" if is_short and extend else "",
        text=text,
        share=share,
        is_short=is_short,
        intent=intents.MoreTime() if is_short and extend else None,
        speech=text.replace("\n", " "),
    )


def _closing(scene: Scene, seconds: int) -> TimeView:
    t = scene.language
    text = t.count_of("Closes in {count} s\nMore time?", "Closes in {count} s\nMore time?", seconds)
    return TimeView(
        key="more-time",
        text=text,
        share=min(1.0, seconds / WARNING.total_seconds()),
        is_short=True,
        intent=intents.MoreTime(),
        speech=text.replace("\n", " "),
    )


def _corner(scene: Scene) -> ButtonView:
    t = scene.language
    return ButtonView(
        key="corner",
        text=t.name.short,
        icon="globe",
        second_icon="text-aa",
        intent=intents.OpenCorner(),
        speech=t.say("Language, size, contrast"),
    )


def _help(scene: Scene) -> ButtonView:
    t, help = scene.language, scene.state.help
    if help is None or not help.is_open:
        text, speech = t.say("Help"), t.say("Call for help")
    elif help.answered is None:
        text, speech = t.say_in("help", "Called"), t.say("Help is called")
    else:
        text, speech = t.say_in("help", "Coming"), t.say("Help is on the way")
    return ButtonView(key="help", text=text, icon="lifebuoy", intent=intents.AskHelp(), speech=speech)
