"""Where a terminal keeps its identity: one file that is swapped in one step, encrypted where systemd can do that.

Written for `systemd/kiosk-device.service`, which loads it; no key goes into an argument list or an environment.
"""

import shutil
import subprocess
from dataclasses import dataclass

from provisioning import durable
from provisioning.enrolment import identity
from provisioning.enrolment.faults import Fault, FaultError
from provisioning.enrolment.identity import Identity
from provisioning.enrolment.places import CREDENTIAL, Places

_READABLE = 0o644
_TIMEOUT_S = 30.0
_DROP_IN = f"""# Made by `provision enrol`.
[Service]
LoadCredentialEncrypted={CREDENTIAL}:{{path}}
"""


@dataclass(frozen=True)
class Store:
    """The identity on the disk."""

    places: Places
    is_encrypted: bool | None = None
    """None: where systemd-creds works here."""

    def load(self) -> Identity | None:
        """What is stored; None where nothing is. Raises FaultError (DISK) when it cannot be read."""
        try:
            if self.places.encrypted_credential.exists():
                return identity.read(_creds("decrypt", self.places.encrypted_credential.read_bytes()))
            if self.places.plain_credential.exists():
                return identity.read(self.places.plain_credential.read_bytes())
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise FaultError(Fault.DISK, f"the stored identity cannot be read: {error}") from None
        return None

    def save(self, new: Identity) -> None:
        """Replaces what is stored; cut off at any moment, one of the two is there, whole. Raises OSError."""
        places = self.places
        sealed = None if self.is_encrypted is False else _seal(new.pem)
        if sealed is None and self.is_encrypted:
            raise FaultError(Fault.DISK, "systemd-creds does not work here")
        if sealed is not None:
            durable.write(places.encrypted_credential, sealed)
            text = _DROP_IN.format(path=places.encrypted_credential)
            if not places.drop_in.exists() or places.drop_in.read_text(encoding="utf-8") != text:
                durable.write(places.drop_in, text.encode(), _READABLE)
            durable.destroy(places.plain_credential)
        else:
            durable.write(places.plain_credential, new.pem)
            durable.remove(places.drop_in)
            durable.remove(places.encrypted_credential)
        durable.write(places.certificate, new.certificate_pem, _READABLE)


def _seal(pem: bytes) -> bytes | None:
    """Encrypted for this machine, and proven to open again; None where that does not work."""
    try:
        sealed = _creds("encrypt", pem)
        return sealed if _creds("decrypt", sealed) == pem else None
    except (OSError, subprocess.SubprocessError):
        return None


def _creds(verb: str, data: bytes) -> bytes:
    program = shutil.which("systemd-creds")
    if program is None:
        raise FileNotFoundError("systemd-creds is not installed")
    command = (program, f"--name={CREDENTIAL}", verb, "-", "-")
    return subprocess.run(command, input=data, capture_output=True, timeout=_TIMEOUT_S, check=True).stdout
