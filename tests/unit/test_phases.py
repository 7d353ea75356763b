"""Tests whose moments count run alone, whatever else runs beside each other."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTING = """
import json, os, pathlib, threading, time
import pytest

@pytest.mark.parametrize("number", range(8))
def test_it(number):
    began = time.monotonic()
    threading.Event().wait(0.03)
    said = [began, time.monotonic(), os.environ["PYTEST_XDIST_WORKER"], __file__]
    with open(os.environ["NOTES"], "a") as notes:
        notes.write(json.dumps(said) + "\\n")
"""


def test_the_second_phase_begins_when_the_first_is_over_and_is_one_worker_s(tmp_path: Path) -> None:
    """Sixteen tests on two workers, half of them named as some that have to be alone."""
    for name in ("unit/test_first.py", "integration/test_second.py"):
        file = tmp_path / "tests" / name
        file.parent.mkdir(parents=True)
        file.write_text(NOTING)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib -p no:cacheprovider\n")
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_xdist_make_scheduler\n")
    notes = tmp_path / "notes"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "--rootdir", str(tmp_path), str(tmp_path / "tests")],
        env={**os.environ, "PYTHONPATH": str(ROOT), "NOTES": str(notes)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert "16 passed" in done.stdout, done.stdout + done.stderr
    said = [json.loads(line) for line in notes.read_text().splitlines()]
    first = [one for one in said if one[3].endswith("first.py")]
    second = [one for one in said if one[3].endswith("second.py")]
    assert (len(first), len(second)) == (8, 8)
    assert len({worker for _, _, worker, _ in first}) == 2
    assert len({worker for _, _, worker, _ in second}) == 1
    alone = sorted(second)
    assert all(before[1] <= after[0] for before, after in pairwise(alone))
    assert max(ended for _, ended, _, _ in first) <= alone[0][0]
