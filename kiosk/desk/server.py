"""The desk server: joins web server, switchboard and broker, and takes them apart again."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from datetime import UTC, datetime

from aiohttp import web

from kiosk.contract.errors import ConfigurationError, InvitationError
from kiosk.desk import from_rooms, pages, socket
from kiosk.desk.broker import Broker
from kiosk.desk.configuration import Configuration, Tls
from kiosk.desk.outgoing import Outgoing
from kiosk.desk.pages import Pages
from kiosk.desk.presence import REPEAT_S
from kiosk.desk.switchboard import Switchboard
from kiosk.desk.texts import Closed
from kiosk.runtime import credential, invitation, service
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)

_SWEEP_S = 5.0
_FIRST_CONTACT_S = 5.0
"""So long a page waits for the broker: before it is there, nobody knows which links were withdrawn."""
_GOODBYE_S = 2.0


def _now() -> datetime:
    return datetime.now(UTC)


class Desk:
    """Everything a running desk server has."""

    def __init__(self, configuration: Configuration) -> None:
        """Raises ConfigurationError when keys, certificates or files are missing."""
        self._configuration = configuration
        self._keys = invitation.load_keys(credential.path_of(configuration.key_credential))
        self._pages = Pages(configuration.zone)
        self._sockets: set[socket.PageSocket] = set()
        self._is_connected = asyncio.Event()
        self._is_stopping = self._was_apart = False
        self.switchboard = Switchboard(self._publish, _now, asyncio.get_running_loop().call_later, Refusals(_logger))
        self._broker = Broker(
            configuration.mqtt,
            credential.path_of(configuration.mqtt.key_credential),
            from_rooms.SUBSCRIPTIONS,
            self.switchboard.heard,
            self._connected,
        )

    async def run(self) -> None:
        """Serves until cancelled; a part that ends unasked ends the server."""
        listen = self._configuration.listen
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=_GOODBYE_S)
        await runner.setup()
        tasks = (
            asyncio.create_task(self._broker.run(), name="broker"),
            asyncio.create_task(self._every(REPEAT_S, self.switchboard.presence.repeat), name="presence"),
            asyncio.create_task(self._every(_SWEEP_S, self._sweep), name="sweep"),
            asyncio.create_task(self._every(socket.HEARTBEAT_S, self._beat), name="heartbeat"),
        )
        try:
            await web.TCPSite(runner, listen.host, listen.port, ssl_context=_tls_context(listen.tls)).start()
            _logger.info("pages on %s port %d", listen.host, listen.port)
            service.settle()
            service.ready()
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._goodbye(runner)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _goodbye(self, runner: web.AppRunner) -> None:
        """Desks are gone; calls are not: their media does not pass here, and their pages find the next server."""
        self._is_stopping = True
        self.switchboard.presence.clear()
        for page in tuple(self._sockets):
            page.stop()
        await runner.cleanup()
        await self._broker.flush(_GOODBYE_S)

    def _application(self) -> web.Application:
        application = web.Application()
        application.on_response_prepare.append(pages.header_writer(self._configuration.media_servers))
        application.router.add_get("/{kind:desk|guest}/{token}", self._page)
        application.router.add_get("/socket/{token}", self._socket)
        application.router.add_get("/assets/{name}", self._asset)
        application.router.add_get("/health", self._health)
        return application

    async def _page(self, request: web.Request) -> web.Response:
        accept = request.headers.get("Accept-Language", "")
        if not await self._has_contact():
            return self._pages.closed(Closed.LATER, accept)
        kind, token, now = request.match_info["kind"], request.match_info["token"], _now()
        try:
            pages.admit(self._keys, kind, token, now, self.switchboard.revoked)
        except InvitationError as error:
            why, opens = pages.reason_of(error, lambda: invitation.read(self._keys, token), now)
            return self._pages.closed(why, accept, opens)
        return self._pages.index()

    async def _asset(self, request: web.Request) -> web.Response:
        return self._pages.asset(request)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if self._is_stopping or not await self._has_contact():
            raise web.HTTPServiceUnavailable
        response = socket.new_response()
        await response.prepare(request)
        try:
            link = invitation.read(self._keys, request.match_info["token"])
            self.switchboard.check(link)
            page = socket.PageSocket(request, response, link, self.switchboard)
            self.switchboard.page_came(page)
        except InvitationError as error:
            await socket.refuse(response, error)
            return response
        self._sockets.add(page)
        was_clean = False
        try:
            was_clean = await page.run()
        finally:
            self._sockets.discard(page)
            if not self._is_stopping:
                self.switchboard.page_went(page, was_clean=was_clean)
        return response

    async def _health(self, _: web.Request) -> web.Response:
        """200 when the rooms can be reached, 503 else; counts for the monitor, no names."""
        refused = self.switchboard.refusals
        body = {"broker": self._broker.is_here, "pages": len(self._sockets), "refused": refused.total}
        return web.json_response(body, status=200 if self._broker.is_here else 503)

    async def _has_contact(self) -> bool:
        try:
            async with asyncio.timeout(_FIRST_CONTACT_S):
                await self._is_connected.wait()
        except TimeoutError:
            return False
        return True

    def _connected(self) -> None:
        self._is_connected.set()
        self.switchboard.connected()
        self.switchboard.presence.repeat()
        self._beat()

    def _beat(self) -> None:
        self.switchboard.beat(has_broker=self._broker.is_here)

    def _sweep(self) -> None:
        """Pages hear that no room is reached when that was so at the last look as well; a break of a second is none."""
        is_apart = not self._broker.is_here
        if is_apart and self._was_apart:
            self._beat()
        self._was_apart = is_apart
        self.switchboard.sweep()

    def _publish(self, message: Outgoing) -> None:
        self._broker.publish(message)

    async def _every(self, interval_s: float, action: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(interval_s)
            action()


def _tls_context(tls: Tls | None) -> ssl.SSLContext | None:
    if tls is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    key_file = credential.path_of(tls.key_credential)
    try:
        context.load_cert_chain(tls.certificate_file, key_file)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"{tls.certificate_file}, {key_file}: cannot be used for TLS ({error})") from None
    return context
