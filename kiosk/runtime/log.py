"""Log lines of a process, and the count of what it refused. No line names a person or quotes a payload."""

import logging
import os
import sys
from collections import Counter

from kiosk.contract.errors import MalformedError, RundtischError

_PRIORITY = {logging.ERROR: 3, logging.CRITICAL: 2, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}


class _JournalFormatter(logging.Formatter):
    """Prefixes the priority that the journal understands, see sd-daemon(3)."""

    def format(self, record: logging.LogRecord) -> str:
        return f"<{_PRIORITY.get(record.levelno, 6)}>{super().format(record)}"


def set_up(process: str) -> None:
    """Log to standard error: for the journal where it listens, else with time and process name for a reader."""
    handler = logging.StreamHandler(sys.stderr)
    if "JOURNAL_STREAM" in os.environ:
        handler.setFormatter(_JournalFormatter("%(name)s: %(message)s"))
    else:
        handler.setFormatter(logging.Formatter(f"%(asctime)s {process} %(levelname).1s %(name)s: %(message)s"))
    logging.basicConfig(level=os.environ.get("RUNDTISCH_LOG", "INFO"), handlers=[handler], force=True)
    for noisy in ("aioice", "aiortc", "aiohttp.access", "PIL"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


class Refusals:
    """What was refused since the process started: each kind is logged once, all are counted by source."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._seen: set[tuple[str, str]] = set()
        self.counts: Counter[str] = Counter()

    def note(self, error: RundtischError) -> None:
        """Count `error`; log it when its source and reason are new."""
        source = error.source if isinstance(error, MalformedError) else type(error).__name__
        self.counts[source] += 1
        if (source, error.reason) not in self._seen:
            self._seen.add((source, error.reason))
            self._logger.warning("refused (%s): %s", error.reason, error.detail)

    @property
    def total(self) -> int:
        return sum(self.counts.values())
