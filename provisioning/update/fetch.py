"""Bytes from the server: bounded in number, time and rate. Believes none of them.

`file:` addresses serve a terminal's first start, where everything lies on its card.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import urllib3
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient import FetcherInterface

from kiosk.contract.errors import ReleaseError
from kiosk.contract.update import Cause

_PIECE = 64 * 1024
_SILENCE_S = 20.0
"""So long nothing may come."""
_METADATA_S = 60.0
"""So long one file of metadata may take."""


class _NoRangesError(Exception):
    """The server sends all of it or nothing."""


class Fetcher(FetcherInterface):
    """For metadata; `load` is for bundles."""

    def __init__(self, rate_kbps: int, ca_file: Path | None = None, silence_s: float = _SILENCE_S) -> None:
        """`ca_file`: whose certificates the server's may be of, beside those the system trusts."""
        self._rate = rate_kbps * 1000 / 8
        context = urllib3.util.create_urllib3_context()
        context.load_default_certs()
        if ca_file and ca_file.is_file():
            context.load_verify_locations(ca_file)
        timeout = urllib3.Timeout(connect=silence_s, read=silence_s)
        self._http = urllib3.PoolManager(ssl_context=context, timeout=timeout, retries=False)

    def _fetch(self, url: str) -> Iterator[bytes]:
        end_s = time.monotonic() + _METADATA_S
        for piece in self._pieces(url, 0):
            if time.monotonic() > end_s:
                raise SlowRetrievalError(url)
            yield piece

    def fetch(self, url: str) -> Iterator[bytes]:
        """As the base class, but errors on the way are download errors as well."""
        try:
            yield from self._fetch(url)
        except DownloadError:
            raise
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise DownloadError(f"{url}: {error}") from error

    def load(self, url: str, part: Path, length: int) -> None:
        """Appends to `part`, which may hold the beginning, until it has `length` bytes.

        Raises:
            ReleaseError: the server is gone, breaks off or sends too much. What came stays in `part`, for next time.
            OSError: the disk, which may be full.
        """
        if part.exists() and part.stat().st_size > length:
            part.unlink()
        self._append(url, part, length)

    def load_range(self, url: str, part: Path, end: int) -> bool:
        """As `load`, but asks for no more than what is missing to `end`; False: the server knows no ranges."""
        if part.exists() and part.stat().st_size >= end:
            return True
        try:
            self._append(url, part, end, is_range=True)
        except _NoRangesError:
            return False
        return True

    def _append(self, url: str, part: Path, length: int, *, is_range: bool = False) -> None:
        start = part.stat().st_size if part.exists() else 0
        with part.open("ab") as file:
            try:
                for piece in self._paced(url, start, length if is_range else None):
                    if file.tell() + len(piece) > length:
                        raise ReleaseError(Cause.DAMAGED, f"{url} is longer than was signed")
                    file.write(piece)
            except (urllib3.exceptions.HTTPError, DownloadError) as error:
                raise ReleaseError(Cause.NO_SERVER, f"{url}: {error}") from None
        if part.stat().st_size < length:
            raise ReleaseError(Cause.NO_SERVER, f"{url} breaks off; goes on from there next time")

    def _paced(self, url: str, start: int, end: int | None) -> Iterator[bytes]:
        begin_s, came = time.monotonic(), 0
        for piece in self._pieces(url, start, end):
            yield piece
            came += len(piece)
            ahead_s = came / self._rate - (time.monotonic() - begin_s)
            if ahead_s > 0:
                time.sleep(ahead_s)

    def _pieces(self, url: str, start: int, end: int | None = None) -> Iterator[bytes]:
        """From `start` to `end`, or to the last."""
        parts = urlsplit(url)
        if parts.scheme == "file":
            yield from _of_file(Path(unquote(parts.path)), start, end)
            return
        last = "" if end is None else str(end - 1)
        headers = {"Range": f"bytes={start}-{last}"} if start or last else {}
        response = self._http.request("GET", url, preload_content=False, headers=headers)
        try:
            if response.status >= 400:
                if response.status == 416:  # nothing is left to send
                    return
                raise DownloadHTTPError(f"{url}: HTTP {response.status}", response.status)
            if end is not None and response.status != 206:
                raise _NoRangesError
            skip = start if start and response.status != 206 else 0  # a server that knows no ranges
            for piece in response.stream(_PIECE):
                rest, skip = piece[skip:], max(0, skip - len(piece))
                if rest:
                    yield rest
        finally:
            response.close()


def _of_file(path: Path, start: int, end: int | None) -> Iterator[bytes]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise DownloadHTTPError(f"{path}: {error.strerror}", 404) from None
    with file:
        file.seek(start)
        while piece := file.read(_PIECE if end is None else min(_PIECE, end - file.tell())):
            yield piece
