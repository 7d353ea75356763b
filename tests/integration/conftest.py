"""Places for the integration tests."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.fakes.agent_house import AgentHouse, agent_house


@pytest.fixture
def short_path() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name: 108 bytes is all that unix(7) has."""
    path = Path(tempfile.mkdtemp(prefix="rt-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
async def house(short_path: Path) -> AsyncIterator[AgentHouse]:
    """A broker and an agent that can be started."""
    async with agent_house(short_path) as house:
        yield house
