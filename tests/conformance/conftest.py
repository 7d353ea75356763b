"""The room's wires: mock pins, or those of a kernel. The same tests hold on both."""

import pytest

from tests.fakes.wires import Wires, wires_of_machine


@pytest.fixture
def wires() -> Wires:
    return wires_of_machine()
