#!/usr/bin/env python3
"""A bad network, terminal and Chromium side by side: `loss.py --json`. See losing.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import inside

if __name__ == "__main__":
    inside.run("tests.bench.losing")
