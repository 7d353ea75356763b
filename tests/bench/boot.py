#!/usr/bin/env python3
"""How soon a terminal works after it is switched on: `boot.py --json`. See booting.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import inside

if __name__ == "__main__":
    inside.run("tests.bench.booting")
