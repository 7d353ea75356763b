"""How a revocation reaches the broker: the list is written, the broker reads it, who is connected is thrown out."""

import asyncio
import logging
import ssl
import subprocess
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import aiomqtt
from cryptography import x509

from kiosk.contract.errors import BrokerError
from provisioning import durable
from provisioning.authority import Authority, Revocation
from provisioning.central.enrolment.configuration import Enrolment
from provisioning.central.enrolment.registry import Registry
from provisioning.enrolment import request

_logger = logging.getLogger(__name__)

_RELOAD_TIMEOUT_S = 30.0
_KICK_TIMEOUT_S = 5.0
_IN_FORCE_AFTER_S = 0.5
"""A reload is a signal: mosquitto reads its files a moment after the command has ended."""
_BROUGHT_AFTER_S = 2.0
"""So long kiosk-revocations.service has in addition, where that is what reloads."""
_READABLE = 0o644
"""The broker reads it as another user, and nothing in it is secret."""
_UNSPECIFIED = x509.ReasonFlags.unspecified
_REASONS = {"superseded": x509.ReasonFlags.superseded}


def write_list(enrolment: Enrolment, authority: Authority, registry: Registry, now: datetime) -> int:
    """The list of all certificates that are revoked and not expired, as the broker's file; returns its number.

    What an older list names and the registry does not know stays on it: a registry that was lost opens nothing again.
    Server and `provision` may do this at once: the registry's lock brings them in order.

    Raises:
        OSError: it cannot be written; the registry knows, and `tell_broker` tries again.
    """
    with registry.change():
        known = {int(one.serial, 16): one for one in registry.certificates.all()}
        older, number = _older(enrolment.revocations.file, authority)
        revocations = [one for one in older if one.serial not in known]
        revocations += [
            Revocation(serial=serial, at=one.revoked_at, reason=_REASONS.get(one.reason, _UNSPECIFIED))
            for serial, one in known.items()
            if one.revoked_at and one.expires_at > now
        ]
        number = max(number, registry.lists.number) + 1
        registry.lists.add(number)
        durable.write(enrolment.revocations.file, authority.revocation_list(revocations, number), _READABLE)
    return number


def _older(file: Path, authority: Authority) -> tuple[list[Revocation], int]:
    """What the list says that is there, and its number; nothing where it is missing or not our authority's."""
    try:
        found = x509.load_pem_x509_crl(file.read_bytes())
        number = found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        is_ours = found.is_signature_valid(request.public_key(authority.certificate))
    except FileNotFoundError:
        return [], 0
    except (ValueError, x509.ExtensionNotFound):
        is_ours = False
    if not is_ours:
        _logger.warning("%s: no list of this authority; it is written anew", file)
        return [], 0
    return [Revocation(serial=one.serial_number, at=one.revocation_date_utc) for one in found], number


def reload_broker(command: tuple[str, ...]) -> None:
    """Raises BrokerError when the command fails."""
    if not command:
        return
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_RELOAD_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BrokerError(f"the broker does not know the new list of revocations: {command[0]}: {error}") from None
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise BrokerError(
            f"the broker does not know the new list of revocations: {' '.join(command)}: {said[-1] if said else done}"
        )


async def tell_broker(
    enrolment: Enrolment, authority: Authority, registry: Registry, now: Callable[[], datetime], gone: Iterable[str]
) -> None:
    """List, reload, and the terminals `gone` are thrown out; in force when this returns.

    Raises:
        BrokerError: the broker does not know yet; `registry.lists.is_told` stays false.
    """
    try:
        number = write_list(enrolment, authority, registry, now())
    except OSError as error:
        raise BrokerError(f"{enrolment.revocations.file}: {error.strerror}") from None
    await asyncio.to_thread(reload_broker, enrolment.revocations.reload)
    with registry.change():
        registry.lists.tell(number)
    await asyncio.sleep(_IN_FORCE_AFTER_S + (0 if enrolment.revocations.reload else _BROUGHT_AFTER_S))
    for terminal in gone:
        await _throw_out(enrolment, terminal)


async def _throw_out(enrolment: Enrolment, terminal: str) -> None:
    """mosquitto asks for a certificate only at the beginning of a connection; taking its name over ends it.

    Who was thrown out by mistake, since its certificate is good, is back in a moment.
    """
    mqtt = enrolment.revocations.mqtt
    if mqtt is None:
        return
    try:
        context = ssl.create_default_context(cafile=mqtt.ca_file)
        context.load_cert_chain(mqtt.certificate_file, enrolment.credential(mqtt.key_credential))
        client = aiomqtt.Client(
            mqtt.host,
            mqtt.port,
            identifier=terminal,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=True,
            timeout=_KICK_TIMEOUT_S,
            tls_context=context,
        )
        async with client:
            pass
    except (aiomqtt.MqttError, OSError) as error:
        _logger.warning("%s may be connected until its next start: %s", terminal, error)
