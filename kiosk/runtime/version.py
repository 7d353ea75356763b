"""Which release this is."""

import sys
import tomllib
from pathlib import Path

_CHECKOUT = Path(__file__).parents[2] / "pyproject.toml"


def version() -> str:
    """Of the installed package; of a checkout, which is not installed, as `0.3.0+checkout`.

    As the folder of the package's record says, whose form is a standard; `importlib.metadata` reads the same, for 2 MB.
    """
    for folder in sys.path:
        for record in Path(folder).glob("rundtisch-*.dist-info"):
            return record.name.removeprefix("rundtisch-").removesuffix(".dist-info")
    return f"{tomllib.loads(_CHECKOUT.read_text())['project']['version']}+checkout"
