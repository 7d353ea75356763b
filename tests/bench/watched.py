"""`python -m tests.bench.watched CONFIG.toml`: the media process; on SIGUSR1 it writes down its tasks and threads."""

import asyncio
import gc
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from kiosk.contract.configuration import load
from kiosk.media.process import serve
from kiosk.runtime import service
from kiosk.runtime.life import Life


def tasks_file(configuration: Path) -> Path:
    """One line a task, an empty line, one line a thread."""
    return configuration.with_suffix(".tasks")


def _writer(path: Path) -> Callable[[], None]:
    def write() -> None:
        gc.collect()
        tasks = sorted(task.get_name().rstrip("0123456789") for task in asyncio.all_tasks())
        threads = sorted(thread.name for thread in threading.enumerate())
        draft = path.with_suffix(".draft")
        draft.write_text("\n".join(tasks) + "\n\n" + "\n".join(threads))
        draft.replace(path)

    return write


async def _main() -> None:
    path = Path(sys.argv[1])
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _writer(tasks_file(path)))
    await serve(load(path), Life())


if __name__ == "__main__":
    service.run("media", _main)
