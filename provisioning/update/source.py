"""What the server offers, as far as The Update Framework's client believes it. Only here is it known."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
)
from tuf.api.metadata import TargetFile
from tuf.ngclient import Updater

from kiosk.contract.errors import ReleaseError
from kiosk.contract.update import Cause
from provisioning.release.offer import ROLLOUT_FILE, Bundle, Rollout, bundle_path, custom
from provisioning.update.assembly import assemble
from provisioning.update.fetch import Fetcher


@dataclass(frozen=True)
class Offer:
    """A bundle for this machine, and how it is rolled out."""

    bundle: Bundle
    rollout: Rollout
    target: TargetFile


class Source:
    """One look at the server; make a new one for the next."""

    def __init__(self, url: str, root_file: Path, memory: Path, fetcher: Fetcher) -> None:
        """`memory`: folder for metadata, by which going backwards is noticed.

        Raises:
            ReleaseError: the root that we were given is not there, or is none.
        """
        self._url, self._fetcher = url.rstrip("/"), fetcher
        memory.mkdir(parents=True, exist_ok=True)
        with _believing():
            try:
                trusted = root_file.read_bytes()
            except OSError as error:
                raise ReleaseError(Cause.NOT_TRUSTED, f"{root_file}: {error.strerror}") from None
            self._updater = Updater(str(memory), f"{self._url}/metadata", fetcher=fetcher, bootstrap=trusted)

    def look(self, platform: str) -> Offer | None:
        """What is rolled out; None when nothing is.

        Raises:
            ReleaseError: the server is gone, or says what cannot be believed.
        """
        with _believing():
            self._updater.refresh()
            found = self._updater.get_targetinfo(ROLLOUT_FILE)
            rollout: Rollout = custom(found, Rollout) if found else Rollout()
            if not rollout.serial:
                return None
            target = self._updater.get_targetinfo(bundle_path(rollout.serial, platform))
        if target is None:
            raise ReleaseError(Cause.NOT_FOR_US, f"release {rollout.serial} has no bundle for {platform}")
        bundle: Bundle = custom(target, Bundle)
        if (bundle.serial, bundle.platform) != (rollout.serial, platform):
            raise ReleaseError(Cause.NOT_TRUSTED, f"{target.path} says that it is {bundle.serial}, {bundle.platform}")
        return Offer(bundle, rollout, target)

    def load(self, offer: Offer, folder: Path, seeds: Mapping[str, Path]) -> Path:
        """The bundle itself, which is what was signed; goes on where an earlier try broke off.

        `seeds` are files that are here already, by their SHA-256: they are not loaded again.

        Raises:
            ReleaseError: see `Fetcher.load`; or it is not the one that was signed, and was thrown away.
            OSError: the disk, which may be full.
        """
        name = f"{offer.target.hashes['sha256']}.tar"
        whole, part = folder / name, folder / f"{name}.part"
        for path in folder.glob("*.tar*"):  # of another release
            if path not in (whole, part):
                path.unlink()
        has_own = False
        if not whole.exists():
            where, _, file = offer.target.path.rpartition("/")
            url = f"{self._url}/targets/{where}/{offer.target.hashes['sha256']}.{file}"
            has_own = assemble(offer.bundle, part, lambda end: self._fetcher.load_range(url, part, end), seeds)
            self._fetcher.load(url, part, offer.target.length)
            part.replace(whole)
        try:
            with whole.open("rb") as data:
                offer.target.verify_length_and_hashes(data)
        except LengthOrHashMismatchError as error:
            whole.unlink()
            if has_own:  # another tar than ours made it, or the disk is not what it was: all of it by the server, then
                return self.load(offer, folder, {})
            raise ReleaseError(Cause.DAMAGED, str(error)) from None
        return whole


@contextmanager
def _believing() -> Iterator[None]:
    """The client's errors as ours."""
    try:
        yield
    except ExpiredMetadataError as error:
        raise ReleaseError(Cause.EXPIRED, f"{error}; it is {time.strftime('%Y-%m-%d')} here") from None
    except BadVersionNumberError as error:
        raise ReleaseError(Cause.OLDER, str(error)) from None
    except (DownloadLengthMismatchError, RepositoryError) as error:
        raise ReleaseError(Cause.NOT_TRUSTED, str(error)) from None
    except DownloadError as error:
        raise ReleaseError(Cause.NO_SERVER, str(error)) from None
