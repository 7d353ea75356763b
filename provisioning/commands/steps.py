"""How far a long command is: a bar on a terminal, otherwise a line for every tenth. On standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, int, int], None]
"""What is done, how much of it, of how much."""
_TENTHS = 10


@contextmanager
def shown() -> Iterator[Progress]:
    """Gives a function to be told how far each step is; the next one's name ends the one before."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks = {}

        def draw(what: str, done: int, whole: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=whole)
            bars.update(tasks[what], completed=done, total=whole)

        yield draw


def _lines() -> Progress:
    said: dict[str, int] = {}

    def say(what: str, done: int, whole: int) -> None:
        tenth = done * _TENTHS // whole if whole else _TENTHS
        if tenth > said.get(what, -1):
            said[what] = tenth
            print(f"{what}: {tenth * 100 // _TENTHS} %", file=sys.stderr, flush=True)

    return say
