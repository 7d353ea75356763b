#!/usr/bin/env python3
"""A change of version on a booted terminal, and the way back: `update.py --json`. As root; see updating.py."""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench import inside

APPLIANCE = Path(__file__).resolve().parents[1] / "appliance"

if __name__ == "__main__":
    for script in ("root.sh", "bundle.sh"):  # outside of the namespace: they may need the network
        subprocess.run(["bash", str(APPLIANCE / script)], stdout=sys.stderr, check=True)
    inside.run("tests.bench.updating")
