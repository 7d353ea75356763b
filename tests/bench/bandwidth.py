#!/usr/bin/env python3
"""A wide way, a narrow one, a wide one again, terminal and Chromium side by side: `bandwidth.py --json`.

See narrowing.py.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import inside

if __name__ == "__main__":
    inside.run("tests.bench.narrowing")
