#!/usr/bin/env python3
"""What a received media packet costs: `packet.py --json`. See receiving.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import inside

if __name__ == "__main__":
    inside.run("tests.bench.receiving")
