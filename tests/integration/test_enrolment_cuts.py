"""Power cuts: SIGKILL after every call that leaves a trace, of the terminal and of the server; all goes on."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.fakes.enrolment_house import enrolment_house

_FEWEST = {"enrolment": 40, "renewal": 25, "sealing": 8, "server": 15}
"""So many calls there are at least; fewer would say that the cuts miss what they are for."""


@pytest.mark.parametrize("part", _FEWEST)
async def test_a_cut_anywhere_leaves_the_old_state_or_the_new_one_and_the_next_try_ends_well(
    tmp_path: Path, part: str
) -> None:
    """Ticket or identity, one good certificate, a token for one key only: `tests/fakes/enrolment_cuts.py` looks."""
    if part == "sealing" and not os.access("/var/lib/systemd", os.W_OK):
        pytest.skip("systemd's host key is root's")
    async with enrolment_house(tmp_path) as house:
        command = (sys.executable, "-m", "tests.fakes.enrolment_cuts", part, str(tmp_path), house.url)
        process = await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-1, cwd=Path(__file__).parents[2])
        said, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()[-2000:]
    assert int(said) >= _FEWEST[part]
