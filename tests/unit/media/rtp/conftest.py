"""What the media process changes in aiortc and aioice ends with each test: later ones have partners of stock ones."""

from collections.abc import Iterator
from typing import Any

import aioice.ice
import aiortc.rtcrtpsender
import pytest
from aiortc.codecs import CODECS, HEADER_EXTENSIONS


@pytest.fixture(autouse=True)
def _stock_libraries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(aioice.ice.Connection, "query_consent", aioice.ice.Connection.query_consent)
    sender: Any = aiortc.rtcrtpsender
    monkeypatch.setattr(sender, "RTP_HISTORY_SIZE", sender.RTP_HISTORY_SIZE)
    extensions = {kind: list(found) for kind, found in HEADER_EXTENSIONS.items()}
    codecs = [(codec, list(codec.rtcpFeedback), dict(codec.parameters)) for found in CODECS.values() for codec in found]
    yield
    for kind, found in extensions.items():
        HEADER_EXTENSIONS[kind][:] = found
    for codec, feedback, parameters in codecs:
        codec.rtcpFeedback[:] = feedback
        codec.parameters.clear()
        codec.parameters.update(parameters)
