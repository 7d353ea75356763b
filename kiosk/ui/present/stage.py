"""Who is big and who is small: a shown screen takes the stage, else who speaks; interpreters are never hidden."""

from collections.abc import Sequence

from msgspec import Struct

from kiosk.consultation import roster
from kiosk.contract import intents
from kiosk.contract.media import Lamp, PeerLink, PeerReport, Quality, Showing
from kiosk.contract.state import Consent, Partner, Session, State
from kiosk.ui.present import people, phrases
from kiosk.ui.present.scene import Form, Scene
from kiosk.ui.views import ButtonView, Picture, StageView, TileView

CAMERA, SCREEN = "camera", "screen"
OWN_SCREEN = "self/screen"
"""Tile of what the room itself shows."""


class ShownScreen(Struct, frozen=True, kw_only=True):
    """Whose screen is shown."""

    partner: Partner | None = None
    """None: the room itself."""


class Stage(Struct, frozen=True, kw_only=True):
    """What goes where; at most one of `on_stage` and `speaker` is set."""

    on_stage: ShownScreen | None = None
    """Who began to show last."""
    beside: ShownScreen | None = None
    """Who began before and shows still: a screen among the tiles."""
    speaker: Partner | None = None
    tiles: tuple[Partner, ...] = ()
    hidden: tuple[Partner, ...] = ()
    """For whom there is no tile."""


def arrange(state: State, partners: Sequence[Partner], places: int, before: str = "") -> Stage:
    """Puts the admitted `partners` on the stage and into at most `places` tiles.

    Args:
        before: Call of who had the stage until now and keeps it while nobody else speaks.
    """
    speaking = {peer.call for peer in state.media.peers if peer.is_speaking}
    partners = sorted(partners, key=_came)
    on_stage, beside, *_ = (*screens(state, partners), None, None)
    speaker = None if on_stage else _speaker(state, partners, speaking, before)
    rest = [partner for partner in partners if partner is not speaker]
    ranked = sorted(rest, key=lambda partner: _rank(state, partner, speaking))
    if sum(1 for partner in rest if roster.is_interpreter(state, partner)) >= places:
        beside = None
    shown = ranked[: places - 1 if beside else places]
    return Stage(
        on_stage=on_stage,
        beside=beside,
        speaker=speaker,
        tiles=tuple(partner for partner in rest if partner in shown),
        hidden=tuple(partner for partner in rest if partner not in shown),
    )


def screens(state: State, partners: Sequence[Partner]) -> tuple[ShownScreen, ...]:
    """Who shows a screen, the one who began last first; the room as well."""
    found = [
        (partner.sharing_since or partner.admitted_at or state.now, ShownScreen(partner=partner))
        for partner in partners
        if partner.is_sharing and has_picture(partner)
    ]
    if state.session is not None and state.session.showing is not Showing.NOTHING:
        found.append((state.session.showing_since or state.now, ShownScreen()))
    return tuple(screen for _, screen in sorted(found, key=lambda one: one[0], reverse=True))


def has_picture(partner: Partner) -> bool:
    """Whether the customer said yes to pictures with this partner."""
    return partner.consent is Consent.ALL


def _came(partner: Partner) -> tuple[str, str]:
    return (partner.admitted_at.isoformat() if partner.admitted_at else "", partner.call)


def _speaker(state: State, partners: Sequence[Partner], speaking: set[str], before: str) -> Partner | None:
    """An interpreter speaks after everybody and would take the stage from all of them, so keeps to the tile."""
    others = [partner for partner in partners if not roster.is_interpreter(state, partner)]
    candidates = others or list(partners)
    keeps = [partner for partner in candidates if partner.call == before]
    heard = [partner for partner in candidates if partner.call in speaking]
    for choice in ([partner for partner in keeps if partner in heard], heard, keeps, candidates):
        if choice:
            return choice[0]
    return None


def _rank(state: State, partner: Partner, speaking: set[str]) -> int:
    if roster.is_interpreter(state, partner):
        return 0
    return 1 if partner.call in speaking else 2


def stage_view(scene: Scene, running: Session, shown: ShownScreen | None) -> StageView:
    """The shown screen with who shows it; empty when nobody does. An upright stage has room for one button."""
    if shown is None:
        return StageView()
    if shown.partner is None:
        return StageView(
            key=OWN_SCREEN,
            text=own_text(scene, running),
            wait_text=_own_wait(scene, running),
            buttons=own_ways(scene, running)[-1 if scene.form is Form.UPRIGHT else 0 :],
        )
    name, report = people.display_name(scene, shown.partner), _report(scene.state, shown.partner)
    return StageView(
        key=f"{shown.partner.call}/{SCREEN}",
        text=phrases.about(scene.language, phrases.SHOWS, name),
        wait_text="" if report and report.has_screen_picture else scene.language.say("picture to come"),
    )


def own_text(scene: Scene, running: Session) -> str:
    """What the room shows; as a line, without a full stop."""
    say = scene.language.say
    return say("You are showing the laptop") if running.showing is Showing.LAPTOP else say("You are showing a sheet")


def own_ways(scene: Scene, running: Session) -> tuple[ButtonView, ...]:
    """What can be done about what the room shows; nothing where it shows nothing."""
    say = scene.language.say
    if running.showing is Showing.NOTHING:
        return ()
    stop = ButtonView(key="stop-showing", text=say("Stop showing"), icon="stop-circle", intent=intents.StopShowing())
    if running.showing is Showing.LAPTOP:
        return (stop,)
    again = ButtonView(key="take-again", text=say("Take again"), icon="camera", intent=intents.ShowDocument())
    return again, stop


def _own_wait(scene: Scene, running: Session) -> str:
    """Why there is nothing to be seen yet."""
    say, media = scene.language.say, scene.state.media
    if media.screen_reason is None:
        return "" if is_own_screen_live(scene) else say("picture to come")
    _, what, way = phrases.REASONS[media.screen_reason]
    # Of a camera, the other sentence is about taking part without one.
    return f"{say(what)} {say(way)}" if running.showing is Showing.LAPTOP else say(what)


def is_own_screen_live(scene: Scene) -> bool:
    """Whether there is a picture of what the room shows, sent to somebody or not."""
    return scene.state.is_media_here and scene.state.media.screen in (Lamp.ON, Lamp.HERE)


def screen_tile(scene: Scene, running: Session, shown: ShownScreen) -> TileView:
    """A screen that is not on the stage, because another was shown later."""
    say = scene.language.say
    if shown.partner is None:
        is_here = is_own_screen_live(scene)
        key, name, detail = OWN_SCREEN, say("Your picture"), own_text(scene, running)
    else:
        report = _report(scene.state, shown.partner)
        is_here = report is not None and report.has_screen_picture
        key, name = f"{shown.partner.call}/{SCREEN}", people.display_name(scene, shown.partner)
        detail = say("shows the screen")
    return TileView(
        key=key,
        name=name,
        detail=detail,
        picture=Picture.LIVE if is_here else Picture.CONNECTING,
        picture_text="" if is_here else say("picture to come"),
        is_screen=True,
    )


def tile_view(scene: Scene, partner: Partner) -> TileView:
    """One partner with picture or the reason why there is none."""
    report = _report(scene.state, partner)
    picture, picture_text = _picture(scene, partner, report)
    name = people.display_name(scene, partner)
    speaks = report is not None and report.is_speaking and not partner.is_muted
    return TileView(
        key=f"{partner.call}/{CAMERA}",
        name=name,
        detail=people.role(scene, partner),
        picture=picture,
        picture_text=picture_text,
        weak_text=_weak(scene, report) if picture is not Picture.CONNECTING else "",
        speaks_text=phrases.about(scene.language, phrases.SPEAKS, name) if speaks else "",
        muted_text=scene.language.say("muted") if partner.is_muted else "",
        is_interpreter=roster.is_interpreter(scene.state, partner),
    )


def _report(state: State, partner: Partner) -> PeerReport | None:
    return next((peer for peer in state.media.peers if peer.call == partner.call), None)


def _weak(scene: Scene, report: PeerReport | None) -> str:
    is_weak = report is not None and report.quality is Quality.WEAK
    return scene.language.say("weak connection") if is_weak else ""


def _picture(scene: Scene, partner: Partner, report: PeerReport | None) -> tuple[Picture, str]:
    say = scene.language.say
    if report is None or report.link is PeerLink.CONNECTING or not scene.state.is_media_here:
        return Picture.CONNECTING, say("connecting")
    if report.link is PeerLink.LOST or report.quality is Quality.INTERRUPTED:
        return Picture.CONNECTING, say("Interrupted. Connecting again.")
    if not has_picture(partner) or partner.has_camera_off:
        return Picture.SOUND_ONLY, say("sound only")
    if not report.has_camera_picture:
        return Picture.CONNECTING, say("picture to come")
    return Picture.LIVE, ""
