"""Loads the `.kv` file that belongs to a module. Each is loaded once, by the module it stands beside."""

from pathlib import Path

from kivy.lang import Builder


def load_rules(module_file: str) -> None:
    """Load `x.kv` for `x.py`."""
    path = Path(module_file).with_suffix(".kv")
    Builder.load_file(str(path), encoding="utf-8")
