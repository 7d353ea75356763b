"""How the tests are dealt out to the cores."""

from typing import Any

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Asked only with `-n`, which tests/run.sh gives."""
    from tests.phases import Phases

    return Phases(config, log)
