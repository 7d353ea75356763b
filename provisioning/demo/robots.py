"""Robot partners: sit at desks of the directory and do what partners do."""

from provisioning.central import configuration, tasks
from provisioning.demo.installation import House
from provisioning.demo.processes import Supervisor


class Robots:
    """The robots of one demo."""

    def __init__(self, house: House, supervisor: Supervisor) -> None:
        self._central = configuration.load(house.made.central_file)
        self._house = house
        self._supervisor = supervisor

    def link(self, desk: str) -> str:
        """A fresh link to a desk."""
        return tasks.link_desk(self._central, desk, None).lines[0]

    async def sit(self, desk: str) -> None: ...

    async def knock(self, desk: str) -> None: ...

    async def share(self, desk: str) -> None: ...

    async def play_along(self) -> None: ...
