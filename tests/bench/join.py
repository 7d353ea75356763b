#!/usr/bin/env python3
"""How soon the terminal answers: `join.py --json`. See joining.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import inside

if __name__ == "__main__":
    inside.run("tests.bench.joining")
