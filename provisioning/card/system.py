"""Which Raspberry Pi OS lies on a boot partition, by the files that its makers put there.

Trixie comes with cloud-init and its three files (pi-gen, stage2/04-cloud-init); Bookworm runs a script that
`cmdline.txt` names.
"""

from enum import StrEnum

from kiosk.contract.errors import CardError
from provisioning.card.boot import Boot


class System(StrEnum):
    """Releases of Raspberry Pi OS, by Debian's names."""

    BOOKWORM = "bookworm"
    TRIXIE = "trixie"

    @property
    def platform(self) -> str:
        """For which its bundle has to be: machine and Python."""
        return {System.BOOKWORM: "aarch64-cp311", System.TRIXIE: "aarch64-cp313"}[self]


_NEEDED = ("cmdline.txt", "config.txt")
_KERNEL_64 = "kernel8.img"
_KERNEL_32 = "kernel7.img"
"""Only images for 32 bits have it; they have both."""
_CLOUD_INIT = "user-data"


def look(boot: Boot) -> System:
    """The system on `boot`.

    Raises:
        CardError: it is no Raspberry Pi OS for 64 bits.
    """
    names = boot.names()
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise CardError(f"{boot.name} is no boot partition of Raspberry Pi OS: it has no {missing[0]}")
    if _KERNEL_64 not in names or _KERNEL_32 in names:
        raise CardError(f"{boot.name} is of an image for 32 bits: take Raspberry Pi OS Lite (64-bit)")
    return System.TRIXIE if _CLOUD_INIT in names else System.BOOKWORM


def is_lite(boot: Boot) -> bool:
    """Whether it is the image without a desktop; true also where the image does not say."""
    issue = boot.read("issue.txt") or b""
    return b"stage" not in issue or b"stage2" in issue
