"""Which files enrolment reads and writes on a terminal; where, and nothing else."""

import os
from dataclasses import dataclass
from pathlib import Path

from kiosk.contract import renewal
from kiosk.contract.enrolment import FILE
from provisioning.enrolment import ticket

CREDENTIAL = "mqtt-key"
"""What the agent's unit loads: key and certificate in one file, so that both change in one step."""


@dataclass(frozen=True)
class Places:
    """Below `root`, which is `/` on a terminal."""

    root: Path = Path("/")
    boot: Path | None = None
    """The boot partition; None: where Raspberry Pi OS has it."""

    @property
    def ticket(self) -> Path:
        """Read, then destroyed."""
        if self.boot is not None:
            return self.boot / ticket.NAME
        usual = self.root / "boot" / "firmware" / ticket.NAME
        return usual if usual.parent.is_dir() else self.root / "boot" / ticket.NAME

    @property
    def enrolled(self) -> Path:
        """Says who this terminal is and whom it asks for renewal; last to be written. No secret."""
        return self.certificate.parent / renewal.ENROLLED

    @property
    def configuration(self) -> Path:
        """The terminal's own, where `provision flash` put one."""
        return self.root / "etc/rundtisch/terminal.toml"

    @property
    def authority(self) -> Path:
        """As `ca_file` in the terminal's configuration."""
        return self.root / "etc/rundtisch/ca.pem"

    @property
    def certificate(self) -> Path:
        """A copy for reading dates; the agent uses the one in the credential."""
        return self.root / "etc/rundtisch/certificate.pem"

    @property
    def plain_credential(self) -> Path:
        """0600, where there is no systemd-creds; the unit loads it from here."""
        return self.root / "etc/rundtisch/credentials" / CREDENTIAL

    @property
    def encrypted_credential(self) -> Path:
        return self.root / "etc/credstore.encrypted" / CREDENTIAL

    @property
    def drop_in(self) -> Path:
        """Has the agent's unit load the encrypted credential in place of the plain one."""
        return self.root / "etc/systemd/system/kiosk-device.service.d/60-encrypted-credential.conf"

    @property
    def new_key(self) -> Path:
        """Between its birth and the certificate's arrival, lest a power cut make a second one."""
        return self.root / "var/lib/rundtisch-enrolment/key.pem"

    @property
    def next_key(self) -> Path:
        """As `new_key`, for a renewal."""
        return self.root / "var/lib/rundtisch-enrolment/next-key.pem"

    @property
    def state(self) -> Path:
        """On tmpfs, readable for all: what a screen may say about this."""
        return self.root / FILE.relative_to("/")

    @property
    def handed_over(self) -> Path:
        """On tmpfs, for the agent that runs: the new credential, as its unit loads credentials only when it starts."""
        return self.root / "run/rundtisch/device" / CREDENTIAL

    @property
    def outcome(self) -> Path:
        """On tmpfs, readable for all: how the last renewal went."""
        return self.handed_over.parent.parent / renewal.OUTCOME

    @property
    def request(self) -> Path:
        """On tmpfs, in the agent's own folder: it wants a renewal now."""
        return self.handed_over.parent / renewal.REQUEST

    @property
    def is_real(self) -> bool:
        """Whether this is the machine itself, with a systemd to talk to."""
        return self.root == Path("/") and os.path.isdir("/run/systemd/system")
