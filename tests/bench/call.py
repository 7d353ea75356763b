#!/usr/bin/env python3
"""A call with three partners against Chromium: `call.py --json`. See calling.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import inside

if __name__ == "__main__":
    inside.run("tests.bench.calling")
