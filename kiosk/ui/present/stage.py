"""Who is big and who is small: a shown screen takes the stage, else who speaks; interpreters are never hidden."""

from collections.abc import Sequence

from msgspec import Struct

from kiosk.consultation import roster
from kiosk.contract.media import PeerLink, PeerReport
from kiosk.contract.state import Consent, Partner, State
from kiosk.ui.present import people, phrases
from kiosk.ui.present.scene import Scene
from kiosk.ui.views import Picture, StageView, TileView

CAMERA, SCREEN = "camera", "screen"


class Stage(Struct, frozen=True, kw_only=True):
    """What goes where; at most one of `sharer` and `speaker` is set."""

    sharer: Partner | None = None
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
    sharer = next((partner for partner in partners if partner.is_sharing and has_picture(partner)), None)
    speaker = None if sharer else _speaker(state, partners, speaking, before)
    rest = [partner for partner in partners if partner is not speaker]
    ranked = sorted(rest, key=lambda partner: _rank(state, partner, speaking))
    shown = ranked[:places]
    return Stage(
        sharer=sharer,
        speaker=speaker,
        tiles=tuple(partner for partner in rest if partner in shown),
        hidden=tuple(partner for partner in rest if partner not in shown),
    )


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


def stage_view(scene: Scene, sharer: Partner | None) -> StageView:
    """The shown screen with who shows it; empty when nobody does."""
    if sharer is None:
        return StageView()
    name = people.display_name(scene, sharer)
    return StageView(key=f"{sharer.call}/{SCREEN}", text=phrases.about(scene.language, phrases.SHOWS, name))


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
        speaks_text=phrases.about(scene.language, phrases.SPEAKS, name) if speaks else "",
        muted_text=scene.language.say("muted") if partner.is_muted else "",
        is_interpreter=roster.is_interpreter(scene.state, partner),
    )


def _report(state: State, partner: Partner) -> PeerReport | None:
    return next((peer for peer in state.media.peers if peer.call == partner.call), None)


def _picture(scene: Scene, partner: Partner, report: PeerReport | None) -> tuple[Picture, str]:
    say = scene.language.say
    if report is None or report.link is PeerLink.CONNECTING or not scene.state.is_media_here:
        return Picture.CONNECTING, say("connecting")
    if report.link is PeerLink.LOST:
        return Picture.CONNECTING, say("connecting again")
    if not has_picture(partner) or partner.has_camera_off:
        return Picture.SOUND_ONLY, say("sound only")
    if not report.has_camera_picture:
        return Picture.CONNECTING, say("picture to come")
    return Picture.LIVE, ""
