"""The way in: an EST server (RFC 7030) with TLS. Says yes or no by `issuance`, and why; its log has no token."""

import asyncio
import base64
import binascii
import logging
import ssl
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import hdrs, web
from cryptography import x509

from kiosk.contract.errors import BrokerError, ConfigurationError
from kiosk.runtime import service
from provisioning.central.enrolment import revocation
from provisioning.central.enrolment.allowance import Allowance
from provisioning.central.enrolment.configuration import Enrolment
from provisioning.central.enrolment.issuance import Issuance
from provisioning.central.enrolment.registry import Registry
from provisioning.enrolment import est, request
from provisioning.enrolment.faults import Fault, FaultError

_logger = logging.getLogger(__name__)

_POLL_S = 5
"""How often a terminal that waits for staff's yes asks again."""
_TELL_AGAIN_S = 60.0
_STATUS = {
    Fault.REQUEST_WRONG: 400,
    Fault.TOKEN_WRONG: 401,
    Fault.TICKET_NEEDED: 401,
    Fault.KEY_REUSED: 409,
    Fault.TOKEN_USED: 409,
    Fault.TOKEN_EXPIRED: 410,
    Fault.TOO_MANY: 429,
}
"""All others are 403."""


def _now() -> datetime:
    return datetime.now(UTC)


class Server:
    """Everything a running enrolment server has."""

    def __init__(self, enrolment: Enrolment, registry: Registry) -> None:
        """Raises ConfigurationError when authority or registry cannot be used."""
        self._enrolment = enrolment
        self._registry = registry
        self._authority = enrolment.authority
        self._allowance = Allowance(time.monotonic)
        self._issuance = Issuance(self._authority, registry, enrolment.valid_days, _now, self._forget)
        self._issuance.adopt()
        self._gone: set[str] = set()
        self._untold = asyncio.Event()
        self._untold.set()

    async def run(self, on_ready: Callable[[int], None] = lambda port: None) -> None:
        """Serves until cancelled; `on_ready` gets the port. Raises ConfigurationError when that cannot be."""
        application = web.Application(client_max_size=est.MAX_BYTES, middlewares=[self._answer_faults])
        application.router.add_get(est.AUTHORITY, self._authority_certificate)
        application.router.add_post(est.ENROL, self._enrol)
        application.router.add_post(est.RENEW, self._renew)
        application.router.add_post(est.CONFIRM, self._confirm)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        listen = self._enrolment.listen
        try:
            site = web.TCPSite(runner, listen.host or None, listen.port, ssl_context=self._tls())
            await site.start()
            on_ready(runner.addresses[0][1])
            service.notify("READY=1")
            await self._keep_broker_told()
        except OSError as error:
            raise ConfigurationError(f"{listen.host}:{listen.port}: {error.strerror}") from None
        finally:
            await runner.cleanup()

    def _tls(self) -> ssl.SSLContext:
        """Asks for a certificate, and lets in who has none: those are about to get one."""
        listen = self._enrolment.listen
        key_file = self._enrolment.credential(listen.key_credential)
        try:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=self._authority.ca_file)
            context.load_cert_chain(listen.certificate_file, key_file)
        except OSError as error:
            raise ConfigurationError(f"{listen.certificate_file}, {key_file}: cannot be used ({error})") from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    @web.middleware
    async def _answer_faults(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        address = request.remote or ""
        try:
            if (wait_s := self._allowance.wait_s(address)) and hdrs.AUTHORIZATION in request.headers:
                raise FaultError(Fault.TOO_MANY, retry_s=wait_s)
            return await handler(request)
        except FaultError as error:
            if error.fault is Fault.TOKEN_WRONG:
                self._allowance.fail(address)
            if error.fault is not Fault.TOO_MANY:
                _logger.warning("%s: %s: %s %s", address, request.path, error.fault, error.seen)
            return _refusal(error)
        except ConfigurationError as error:
            _logger.error("%s: %s", request.path, error.detail)
            return _refusal(FaultError(Fault.SERVER_FAULT), 500)

    async def _authority_certificate(self, ask: web.Request) -> web.Response:
        return _certificates([self._authority.certificate])

    async def _enrol(self, ask: web.Request) -> web.Response:
        terminal, token = _login(ask)
        der = await _request(ask)
        if not token:
            if not self._enrolment.takes_codes:
                raise FaultError(Fault.TICKET_NEEDED)
            certificate = self._issuance.ask(der, ask.remote or "")
            if certificate is None:
                return web.Response(status=202, headers={hdrs.RETRY_AFTER: str(_POLL_S)})
        else:
            certificate = self._issuance.enrol(der, terminal, token)
        _logger.info("%s is enrolled, from %s", request.common_name(certificate.subject), ask.remote)
        return _certificates([certificate])

    async def _renew(self, ask: web.Request) -> web.Response:
        certificate = self._issuance.renew(await _request(ask), _peer(ask))
        _logger.info("%s has a new certificate", request.common_name(certificate.subject))
        return _certificates([certificate])

    async def _confirm(self, ask: web.Request) -> web.Response:
        self._issuance.confirm(_peer(ask))
        return web.Response(status=204)

    def _forget(self, terminal: str, is_out: bool) -> None:
        _logger.info("%s: what it had is revoked", terminal)
        if is_out:
            self._gone.add(terminal)
        self._untold.set()

    async def _keep_broker_told(self) -> None:
        """Once at the start, whatever was before; then whenever something is revoked, here or by `provision`."""
        while True:
            self._untold.clear()
            gone, self._gone = self._gone, set()
            try:
                await revocation.tell_broker(self._enrolment, self._authority, self._registry, _now, gone)
            except BrokerError as error:
                _logger.error("%s; again in %.0f s", error.detail, _TELL_AGAIN_S)
                self._gone |= gone
            while not self._untold.is_set():
                try:
                    async with asyncio.timeout(_TELL_AGAIN_S):
                        await self._untold.wait()
                except TimeoutError:
                    if not self._registry.lists.is_told:
                        break


async def _request(ask: web.Request) -> bytes:
    try:
        return est.unwrap_request(await ask.read())
    except (ValueError, web.HTTPRequestEntityTooLarge):
        raise FaultError(Fault.REQUEST_WRONG, "no base64, or too long") from None
    except OSError:
        raise FaultError(Fault.REQUEST_WRONG, "hung up before its end") from None


def _login(ask: web.Request) -> tuple[str, str]:
    """Name and token by HTTP Basic, or the token alone as Bearer; empty where there is none."""
    scheme, _, value = ask.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() == "bearer":
        return "", value.strip()
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, token = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise FaultError(Fault.TOKEN_WRONG, "no HTTP Basic log-in") from None
    return name, token


def _peer(ask: web.Request) -> x509.Certificate:
    """With which the asker came; TLS has checked that it is of the authority and in time."""
    tls = ask.transport.get_extra_info("ssl_object") if ask.transport else None
    der = tls.getpeercert(binary_form=True) if tls else None
    if der is None:
        raise FaultError(Fault.CERTIFICATE_UNKNOWN, "came without one")
    return x509.load_der_x509_certificate(der)


def _certificates(certificates: list[x509.Certificate]) -> web.Response:
    headers = {hdrs.CONTENT_TYPE: est.ANSWER_TYPE, "Content-Transfer-Encoding": "base64"}
    return web.Response(body=est.wrap(certificates), headers=headers)


def _refusal(error: FaultError, status: int = 0) -> web.Response:
    headers = {}
    status = status or _STATUS.get(error.fault, 403)
    if status == 401:
        headers[hdrs.WWW_AUTHENTICATE] = 'Basic realm="enrolment"'
    if error.retry_s:
        headers[hdrs.RETRY_AFTER] = str(int(error.retry_s) + 1)
    return web.json_response({"fault": error.fault, "text": error.detail}, status=status, headers=headers)


async def serve(enrolment: Enrolment, on_ready: Callable[[int], None] = lambda port: None) -> None:
    """The life of the server. Raises ConfigurationError when it cannot begin."""
    with Registry(enrolment.registry_file) as registry:
        await Server(enrolment, registry).run(on_ready)
