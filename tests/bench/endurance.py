#!/usr/bin/env python3
"""Whether media holds a long call without growing: `endurance.py --json --minutes 10`. See enduring.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import inside

if __name__ == "__main__":
    inside.run("tests.bench.enduring")
