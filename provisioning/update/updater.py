"""The whole way of an update, from a look at the server to the change of version. Safe to be ended at any moment."""

import contextlib
import errno
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.contract import codec
from kiosk.contract.configuration import Configuration
from kiosk.contract.errors import MalformedError, ReleaseError
from kiosk.contract.update import LOCK, REQUEST, Cause, Phase, Progress, Request, Wish
from kiosk.runtime.lock import Lock
from kiosk.runtime.log import Refusals
from provisioning.release import platform, rings
from provisioning.update import disk, install
from provisioning.update.fetch import Fetcher
from provisioning.update.notebook import Notebook
from provisioning.update.probation import Probation, is_agent_alive
from provisioning.update.services import Services
from provisioning.update.source import Offer, Source
from provisioning.update.versions import Versions

_LOOK_S = 6 * 3600
"""Outside the window the server is asked no more often."""
_POLL_S = 5.0
"""While the room is in use."""
_SILENT = 12
"""An agent that does not come back within so many polls is broken, and a new version may be what mends it."""
_logger = logging.getLogger(__name__)
_LOOKED = "looked"
_MINE = "updater.lock"


@dataclass
class Surroundings:
    """What a test may have otherwise than a terminal."""

    services: Services
    now: Callable[[], datetime]
    """Aware."""
    pause: Callable[[float], None] = time.sleep


class Updater:
    """One terminal's; `run` is called every now and then."""

    def __init__(self, configuration: Configuration, file: Path, surroundings: Surroundings) -> None:
        """`file` is the terminal's, of which `configuration` was read."""
        self._update, self._terminal = configuration.update, configuration.terminal
        self._file, self._ca = file, configuration.mqtt.ca_file
        self._services, self._now, self._pause = surroundings.services, surroundings.now, surroundings.pause
        self.versions = Versions(self._update.software_directory)
        self.notebook = Notebook(self._update.state_directory)
        self.probation = Probation(self._update, self.versions, self.notebook, self._services, pause=surroundings.pause)
        self._refusals = Refusals(_logger)
        self._room = Lock(self._update.runtime_directory / LOCK)

    def run(self, wish: Wish | None = None) -> Progress:
        """Does what is due; `wish` makes it due, and `APPLY` does not wait for the window. Returns how it ended.

        One at a time: where another updater runs, it is left alone.
        """
        mine = Lock(self.notebook.directory / _MINE)
        if not mine.take():
            return self.notebook.last()
        try:
            wish = wish or self._request()
            if wish is Wish.ROLL_BACK:
                return self._roll_back()
            if self.versions.is_on_probation:
                return self.notebook.last()
            if wish is None and not self._is_due():
                return self.notebook.last()
            return self._tell(self._forward(wish is Wish.APPLY))
        except ReleaseError as error:
            return self._fail(error.cause, error.detail)
        except OSError as error:
            return self._fail(Cause.DISK_FULL if error.errno == errno.ENOSPC else Cause.INSTALL_FAILED, str(error))
        finally:
            mine.give()

    def _forward(self, is_now: bool) -> Progress:
        self._check_clock()
        serial = self.versions.current
        offer = self._look()
        if offer is None or not self._concerns_us(offer):
            return self._resting(serial)
        wanted = offer.bundle.serial
        self.versions.tidy(wanted)
        if self.versions.manifest(wanted) is None:
            self._prepare(offer)
        self._tell(Progress(phase=Phase.WAITING, serial=serial, offered=wanted))
        if not self._wait_for_the_room(is_now):
            return self.notebook.last()
        try:
            again = self._look()  # it may have been halted while we were at it
            if again is None or again.bundle != offer.bundle or not self._concerns_us(again):
                return self._resting(serial)
            self.probation.begin(wanted)
            self._services.watch()
        finally:
            self._room.give()
        return self.notebook.last()

    def _resting(self, serial: int) -> Progress:
        """Nothing to do; why a version was taken back stays to be seen until there is another."""
        last = self.notebook.last()
        is_old_news = last.serial == serial and last.cause in {one.cause for one in self.notebook.refusals().values()}
        return last if is_old_news and last.phase is Phase.IDLE else Progress(serial=serial)

    def _look(self) -> Offer | None:
        if not self._update.url:
            return None
        source = self._source()
        offer = source.look(platform.own().name)
        disk.write(self.notebook.directory / _LOOKED, b"")
        return offer

    def _source(self) -> Source:
        fetcher = Fetcher(self._update.rate_kbps, self._ca)
        return Source(self._update.url, self._update.root_file, self.notebook.directory / "metadata", fetcher)

    def _concerns_us(self, offer: Offer) -> bool:
        wanted, serial = offer.bundle.serial, self.versions.current
        if wanted < serial:
            raise ReleaseError(Cause.OLDER, f"{wanted} is rolled out, {serial} is installed")
        refusal = self.notebook.refusals().get(wanted)
        if wanted == serial or offer.rollout.is_halted or (refusal and refusal.is_final):
            return False
        return rings.is_in(self._terminal.name, offer.rollout.percent)

    def _prepare(self, offer: Offer) -> None:
        """Loads and installs beside what runs."""
        serial, wanted = self.versions.current, offer.bundle.serial
        downloads = self.notebook.directory / "downloads"
        downloads.mkdir(exist_ok=True)
        self._tell(Progress(phase=Phase.DOWNLOADING, serial=serial, offered=wanted))
        disk.require_space(downloads, offer.target.length + install.RESERVE_BYTES)
        bundle = self._source().load(offer, downloads, self.versions.seeds())
        self._tell(Progress(phase=Phase.INSTALLING, serial=serial, offered=wanted))
        manifest = install.install(bundle, self.versions, self._file, self._now())
        bundle.unlink()
        if (manifest.serial, manifest.version) != (wanted, offer.bundle.version):
            raise ReleaseError(Cause.NOT_TRUSTED, f"the bundle says that it is {manifest.serial}")

    def _wait_for_the_room(self, is_now: bool) -> bool:
        """Takes the room's lock; False when the window closes before the room is free."""
        silent = 0
        while is_now or self._is_in_window():
            if not self._update.runtime_directory.is_dir():
                return True
            if self._room.take():
                silent = 0 if is_agent_alive(self._update.runtime_directory) else silent + 1
                if not silent or silent > _SILENT:
                    return True
                self._room.give()  # it may have died in a session, and is about to come back to it
            self._pause(_POLL_S)
        return False

    def _is_in_window(self) -> bool:
        begin, end = self._update.begin, self._update.end
        at = self._now().astimezone(ZoneInfo(self._terminal.time_zone)).time()
        return begin == end or (begin <= at < end if begin < end else at >= begin or at < end)

    def _is_due(self) -> bool:
        with contextlib.suppress(OSError):
            looked = (self.notebook.directory / _LOOKED).stat().st_mtime
            age_s = self._now().timestamp() - looked
            return not 0 <= age_s < _LOOK_S or self._is_in_window()
        return True

    def _check_clock(self) -> None:
        """Before our own version was made nothing can have been: then nothing could be told to have expired."""
        manifest = self.versions.manifest(self.versions.current)
        if manifest and self._now() < manifest.made - timedelta(days=1):
            raise ReleaseError(Cause.CLOCK_UNSET, f"it is not {self._now():%Y-%m-%d}: our version is newer")

    def _request(self) -> Wish | None:
        """What the agent was asked by central; asked once."""
        path = self._update.runtime_directory / REQUEST
        try:
            data = path.read_bytes()
            path.unlink()
            request: Request = codec.decode(data, Request, "the agent's request")
        except FileNotFoundError:
            return None
        except MalformedError as error:  # the agent writes it whole; what is not is nobody's wish
            self._refusals.note(error)
            return None
        return request.wish

    def _roll_back(self) -> Progress:
        """To the last version before this one, as soon as the room is free; this one is not tried again."""
        serial = self.versions.current
        earlier = [one for one in self.versions.complete() if one < serial]
        if not earlier:
            raise ReleaseError(Cause.BY_HAND, f"there is no version before {serial} on this disk")
        self._wait_for_the_room(is_now=True)
        try:
            if self.versions.is_on_probation:
                self.probation.take_back(Cause.BY_HAND, "")
                return self.notebook.last()
            self.notebook.refuse(serial, Cause.BY_HAND)
            self.versions.switch(earlier[0])
            self.versions.prove()
            self.notebook.note("update-rolled-back", serial=serial, to=earlier[0], cause=Cause.BY_HAND.value, detail="")
            done = self._tell(Progress(serial=earlier[0], cause=Cause.BY_HAND.value))
            self._services.place()
            self._services.restart()
        finally:
            self._room.give()
        return done

    def _fail(self, cause: Cause, detail: str) -> Progress:
        last = self.notebook.last()
        progress = Progress(serial=self.versions.current, offered=last.offered, cause=cause.value, detail=detail)
        if progress != last:  # once is enough for what is tried again every night
            with contextlib.suppress(OSError):
                self.notebook.note("update-failed", serial=last.offered, cause=cause.value, detail=detail)
        if cause in (Cause.TRIAL_FAILED, Cause.DAMAGED, Cause.NOT_FOR_US) and last.phase is Phase.INSTALLING:
            with contextlib.suppress(OSError):
                self.notebook.refuse(last.offered, cause)
        with contextlib.suppress(OSError):
            self._tell(progress)
        return progress

    def _tell(self, progress: Progress) -> Progress:
        self.notebook.progress(progress)
        return progress
