"""Sheets of every screen: language and look, help; and the screens of a terminal that is not ready."""

from kiosk.contract import intents
from kiosk.contract.errors import Reason
from kiosk.contract.state import Consent, Phase, TextSize
from kiosk.ui.present import screen
from kiosk.ui.present.idle import languages
from kiosk.ui.present.notices import coming, reason
from kiosk.ui.present.scene import Scene, Setting
from kiosk.ui.present.views import CornerView, FaultView, HelpView, WayView
from kiosk.ui.texts import Language
from kiosk.ui.views import ButtonView, Kind, NoticeView


def corner(scene: Scene) -> CornerView:
    """Language, text size, contrast; for this visit only."""
    say = scene.language.say
    return screen.fill(
        scene,
        CornerView,
        title=say("Language and letters"),
        languages=languages(scene, scene.language.tag, icon="check-circle"),
        looks=(_size(scene), _contrast(scene)),
        sound=_sound(scene) if scene.state.session else _staff(scene),
        back=ButtonView(
            key="close", text=say("Done"), icon="check-circle", kind=Kind.PRIMARY, intent=intents.CloseSheet()
        ),
    )


def _sound(scene: Scene) -> ButtonView:
    if scene.state.session is None:
        return ButtonView()
    return ButtonView(key="sound", text=scene.language.say("Sound"), icon="speaker-high", intent=intents.OpenSound())


def _staff(scene: Scene) -> ButtonView:
    """For those who know the number; only where nobody visits."""
    if scene.state.phase is not Phase.IDLE or not scene.state.staff.has_page:
        return ButtonView()
    return ButtonView(key="staff", text=scene.language.say("Staff"), icon="wrench", intent=intents.OpenStaff())


def _size(scene: Scene) -> ButtonView:
    is_on = scene.state.text_size is TextSize.LARGE
    other = TextSize.NORMAL if is_on else TextSize.LARGE
    text = scene.language.say("Large letters")
    return _switch(scene, "text-size", text, "text-aa", is_on, intents.ChooseLook(text_size=other))


def _contrast(scene: Scene) -> ButtonView:
    is_on = scene.state.is_high_contrast
    text = scene.language.say("Strong contrast")
    return _switch(scene, "contrast", text, "circle-half", is_on, intents.ChooseLook(is_high_contrast=not is_on))


def _switch(scene: Scene, key: str, text: str, icon: str, is_on: bool, intent: intents.ChooseLook) -> ButtonView:
    t = scene.language
    tag = t.say_in("look", "ON") if is_on else t.say_in("look", "OFF")
    return ButtonView(key=key, text=text, icon=icon, tag=tag, is_tag_on=is_on, intent=intent, speech=f"{text}, {tag}")


def help_sheet(scene: Scene) -> HelpView:
    """Who comes, whether anybody does, and what one can do meanwhile; of silent help nothing is said anywhere."""
    say = scene.language.say
    title, lines = _help_words(scene)
    return screen.fill(
        scene,
        HelpView,
        title=title,
        lines=lines,
        cancel=ButtonView(key="cancel-help", text=say("No help needed"), icon="x-circle", intent=intents.CancelHelp()),
        back=ButtonView(key="close", text=say("Back"), icon="arrow-left", intent=intents.CloseSheet()),
    )


def _help_words(scene: Scene) -> tuple[str, tuple[str, str]]:
    say, state, help = scene.language.say, scene.state, scene.state.help
    if help is not None and help.answered is not None:
        since = say("On the way since {time}.", time=scene.clock(help.answered))
        return coming(scene, help), (since, say("Please stay at the table."))
    if not state.is_broker_here:
        if state.has_help_relay:
            ways = (say("The connection is gone."), say("Nobody comes? Please go to the reception."))
            return say("The bell in the house rings."), ways
        ways = (say("The connection is gone."), say("Please go to the reception."))
        return say("The call does not get through."), ways
    if help is not None and help.is_overdue:
        return say("Help is called."), (say("Nobody has answered yet."), say("You can also go to the reception."))
    return say("Help is called."), (say("Please stay at the table."), say("Somebody will come to you."))


def no_media(scene: Scene) -> FaultView:
    """In preparation, while neither camera nor microphone can be had."""
    say, what = scene.language.say, reason(scene, Reason.MEDIA_GONE)
    title = say("Video and sound do not work just now.")
    wait = WayView(
        icon="hand-palm",
        title=say("Wait a moment."),
        text=say("It often helps."),
        button=ButtonView(
            key="choose-none", text=say("Not now"), icon="hand-palm", intent=intents.Choose(choice=Consent.NONE)
        ),
    )
    ask = WayView(
        icon="lifebuoy",
        title=say("Or get help."),
        text=say("Somebody will come to you."),
        button=ButtonView(
            key="get-help", text=say("Call for help"), icon="lifebuoy", kind=Kind.PRIMARY, intent=intents.AskHelp()
        ),
    )
    return screen.fill(
        scene,
        FaultView,
        title=title,
        fault=NoticeView(icon="warning-octagon", text=title, detail=what.detail),
        ways=(wait, ask),
        room=scene.setting.room,
    )


def nothing_yet(setting: Setting, language: Language) -> FaultView:
    """Before the agent has said anything."""
    title = language.say("One moment, please.")
    return FaultView(
        language=language.tag,
        is_rtl=language.is_rtl,
        title=title,
        fault=NoticeView(icon="spinner-gap", text=title, detail=language.say("It starts in a moment.")),
        is_wait=True,
        room=setting.room,
    )
