#!/usr/bin/env python3
"""How soon and how cheaply the wires of the room answer: `wire.py --json`. See wiring.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import inside

if __name__ == "__main__":
    inside.run("tests.bench.wiring")
