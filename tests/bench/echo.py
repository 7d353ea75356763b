#!/usr/bin/env python3
"""What the configured echo canceller takes away, and what it costs a talk: `echo.py --json`. See echoing.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import inside

if __name__ == "__main__":
    inside.run("tests.bench.echoing")
