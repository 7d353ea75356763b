"""What the web server hands out: the page behind a good link, its parts, and a calm page behind any other link."""

import html
import importlib.util
import mimetypes
import string
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web

from kiosk.contract.errors import InvitationError, Reason
from kiosk.desk import texts
from kiosk.desk.texts import Closed
from kiosk.runtime import invitation
from kiosk.runtime.invitation import GuestLink, Link

_PAGE = Path(__file__).with_name("page")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".ttf": "font/ttf"}
_STATUS = {Closed.WRONG: HTTPStatus.FORBIDDEN, Closed.LATER: HTTPStatus.SERVICE_UNAVAILABLE}

_HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def policy(media_servers: Sequence[str]) -> str:
    """The Content-Security-Policy; beside this server the page speaks to the media servers only."""
    connect = " ".join(("'self'", *media_servers))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
        f"connect-src {connect}; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'"
    )


def header_writer(
    media_servers: Sequence[str],
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Every answer carries them, errors too; a link is in the address, so nothing may keep or pass it on."""
    headers = {**_HEADERS, "Content-Security-Policy": policy(media_servers)}

    async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(headers)

    return add_headers


class Pages:
    """The pages, read once when the server starts."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._index = (_PAGE / "index.html").read_text(encoding="utf-8")
        self._closed = string.Template((_PAGE / "closed.html").read_text(encoding="utf-8"))
        self._assets = {path.name: path.read_bytes() for path in _PAGE.iterdir() if path.suffix in _TYPES}
        self._assets.update(_icon_font())

    def index(self) -> web.Response:
        return web.Response(text=self._index, content_type="text/html")

    def asset(self, request: web.Request) -> web.Response:
        """`/assets/{name}`: one of the files read at the start, so no path leads anywhere else."""
        name = request.match_info["name"]
        if name not in self._assets:
            raise web.HTTPNotFound
        kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
        charset = "utf-8" if kind and kind.startswith("text/") else None
        return web.Response(body=self._assets[name], content_type=kind, charset=charset)

    def closed(self, why: Closed, accept_language: str, opens: datetime | None = None) -> web.Response:
        """Two sentences and nothing else; 403, 410 or 503."""
        language = texts.language_for(accept_language)
        headline, advice = texts.sentences(why, language, opens and opens.astimezone(self._zone))
        body = self._closed.substitute(language=language, headline=html.escape(headline), advice=html.escape(advice))
        status = _STATUS.get(why, HTTPStatus.GONE)
        return web.Response(text=body, content_type="text/html", status=status)


def admit(keys: invitation.Keys, kind: str, token: str, now: datetime, revoked: frozenset[str]) -> Link:
    """What a good link says; `kind` is the first word of its path, `desk` or `guest`.

    Raises:
        InvitationError: the link is wrong, also where it is good but stands behind the other word.
    """
    link = invitation.read(keys, token)
    if (kind == "guest") != isinstance(link, GuestLink):
        raise InvitationError("a link of the other kind")
    invitation.check(link, now, revoked)
    return link


def reason_of(error: InvitationError, read: Callable[[], Link], now: datetime) -> tuple[Closed, datetime | None]:
    """Which page to show for a refused link, and from when it will be good."""
    match error.reason:
        case Reason.LINK_REVOKED:
            return Closed.REVOKED, None
        case Reason.LINK_EXPIRED:
            link = read()
            if isinstance(link, GuestLink) and now < link.not_before:
                return Closed.EARLY, link.not_before
            return Closed.EXPIRED, None
    return Closed.WRONG, None


def _icon_font() -> dict[str, bytes]:
    """The terminal's icon font, found without importing the touch app; the page has a word beside every icon anyway."""
    spec = importlib.util.find_spec("kiosk.ui")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder, "fonts", "icons.ttf")
        if path.is_file():
            return {path.name: path.read_bytes()}
    return {}
