"""With `-n N`, how pytest-xdist deals out the tests: first what only computes or mostly waits, to all cores, then the
rest one by one.

The rest is real processes, wires and films whose moments count: no other test runs beside them.
"""

import re
from typing import Any

from xdist.scheduler import LoadScheduling
from xdist.workermanage import WorkerController

_BESIDE_EACH_OTHER = re.compile(
    r"tests/(unit|conformance|ui)/"
    r"|tests/integration/test_(bad_wire|broker_(commands|documents|partners|room|rounds|spool|status)"
    r"|central_(check|server)|consultation_(outsiders|processes)|desk_(access|janus|line|links|page|race|server)|display"
    r"|enrolment(_below|_broker|_commands|_cuts)?|help|janus_client|os_updates|privacy|provisioning|release_build"
    r"|rollout|room_restart|rounds|self_test|systemd_units|update_(agent|assembly|fetch)|updates|updates_power)\.py"
)
_CHUNK = 12
"""So many tests a worker gets at a time: large enough to share what a file sets up, small enough for an even end."""


class Phases(LoadScheduling):
    """A worker starts a test only when it has the next one too, or the word that there is none.

    So at the end of the first phase the last worker sits before its last test until all others have gone home.
    """

    collection: list[str] | None
    pending: list[int]

    def __init__(self, config: Any, log: Any) -> None:
        super().__init__(config, log)
        self._one_by_one: list[int] = []

    @property
    def tests_finished(self) -> bool:
        return not self._one_by_one and bool(super().tests_finished)

    @property
    def has_pending(self) -> bool:
        return bool(self._one_by_one or super().has_pending)

    def schedule(self) -> None:
        if self.collection is None and self._check_nodes_have_same_collection():
            names: list[str] = next(iter(self.node2collection.values()))
            self.collection = names
            self.maxschedchunk = _CHUNK
            for index, name in enumerate(names):
                (self.pending if _BESIDE_EACH_OTHER.match(name) else self._one_by_one).append(index)
        for node in self.nodes:
            self.check_schedule(node)

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:
        if self._one_by_one and not self.pending:
            if len(self.nodes) > 1 and node is not self.nodes[0]:
                node.shutdown()
                return
            if len(self.nodes) > 1:
                return
            self.pending, self._one_by_one = self._one_by_one, []
            self._send_tests(node, len(self.pending))
        super().check_schedule(node, duration)

    def remove_node(self, node: WorkerController) -> str | None:
        crashed: str | None = super().remove_node(node)
        for other in self.nodes:
            self.check_schedule(other)
        return crashed
