"""The software that goes on a card: what its house has rolled out, believed as a terminal would believe it.

Knows where releases lie; what makes them trustworthy is `provisioning.update.source`'s.
"""

from dataclasses import dataclass
from pathlib import Path

from kiosk.contract.errors import CardError, ConfigurationError
from provisioning.card.system import System

_PUBLIC = "public"
_FIRST_ROOT = "metadata/1.root.json"
_RATE_KBPS = 10_000_000
"""Nobody waits for this line but who asked."""


@dataclass(frozen=True)
class Software:
    """What was found."""

    bundle: Path
    trust: Path
    """Whose signatures the terminal believes from now on."""


@dataclass(frozen=True)
class Releases:
    """Where a house has its releases."""

    place: str
    """A folder that `provision release publish` filled, or the https address of what is in its `public/`."""
    root_file: Path | None
    """Whose signatures count; None: as that folder says."""
    workspace: Path

    def __call__(self, system: System) -> Software:
        """The bundle for a system, loaded and verified.

        Raises:
            ConfigurationError: it is not said whose signatures count.
            CardError: nothing is rolled out, or it was halted.
            ReleaseError: what is there cannot be believed, or there is nothing for this system.
        """
        # Metadata and cryptography: only who has releases waits for them.
        from provisioning.update.fetch import Fetcher
        from provisioning.update.source import Source

        url, trust = self._sources()
        source = Source(url, trust, self.workspace / "metadata", Fetcher(_RATE_KBPS))
        offer = source.look(system.platform)
        if offer is None:
            raise CardError(f"{self.place}: nothing is rolled out; `provision release rollout` does that")
        if offer.rollout.is_halted:
            raise CardError(f"{self.place}: release {offer.bundle.serial} was halted; roll out another one first")
        return Software(source.load(offer, self.workspace, {}), trust)

    def _sources(self) -> tuple[str, Path]:
        if "://" in self.place:
            if self.root_file is None:
                raise ConfigurationError(f"{self.place}: name the root.json whose signatures count (--release-root)")
            return self.place, self.root_file
        folder = Path(self.place).resolve()
        public = folder / _PUBLIC if (folder / _PUBLIC).is_dir() else folder
        return public.as_uri(), self.root_file or public / _FIRST_ROOT
