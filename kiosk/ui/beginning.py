"""What the app keeps until there is an agent: how enrolment goes, read from its file, and how the visitor reads it.

Decides nothing: the first snapshot of an agent takes its place.
"""

import logging
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from kiosk.contract import codec, intents
from kiosk.contract.enrolment import Status
from kiosk.contract.errors import MalformedError
from kiosk.contract.state import Sheet, State
from kiosk.runtime.log import Refusals

_logger = logging.getLogger(__name__)


class Beginning:
    """Touched and looked at from the loop's thread."""

    def __init__(self, path: Path, language: str, refusals: Refusals) -> None:
        """`language` is the house's."""
        self._path = path
        self._refusals = refusals
        self.status: Status | None = None
        """None where nobody enrols this terminal."""
        self.state = State(now=datetime.now(UTC), language=language, house_language=language)
        """Only language, letters, contrast and the sheet for them are used."""

    def look(self) -> None:
        """Read the file, which is on tmpfs and small. One that cannot be right changes nothing, and is noted."""
        try:
            self.status = codec.decode(self._path.read_bytes(), Status, str(self._path))
        except FileNotFoundError:
            self.status = None
        except OSError as error:
            self._refusals.note(MalformedError(str(self._path), error.strerror or type(error).__name__))
        except MalformedError as error:
            self._refusals.note(error)

    def take(self, intent: object) -> None:
        """A touch: language and look are for whoever stands here, until the agent takes over."""
        match intent:
            case intents.OpenCorner():
                self.state = replace(self.state, sheet=Sheet.CORNER)
            case intents.CloseSheet():
                self.state = replace(self.state, sheet=Sheet.NONE)
            case intents.ChooseLanguage(language=language):
                self.state = replace(self.state, language=language)
            case intents.ChooseLook(text_size=size, is_high_contrast=contrast):
                size = self.state.text_size if size is None else size
                contrast = self.state.is_high_contrast if contrast is None else contrast
                self.state = replace(self.state, text_size=size, is_high_contrast=contrast)
