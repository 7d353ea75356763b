"""Small files that are whole or not there at all."""

import os
from pathlib import Path


def write(path: Path, data: bytes) -> None:
    """Replaces the file in one step; only its owner may read it (0600). Makes its folder (0700)."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(path.name + ".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    new.replace(path)
