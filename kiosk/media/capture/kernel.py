"""What a video device needs of the kernel, so that a made-up device can stand in for a real one."""

import errno
import fcntl
import mmap
import os
import select
from pathlib import Path
from typing import Protocol


class Memory(Protocol):
    """A buffer that is shared with the driver."""

    def __getitem__(self, part: slice, /) -> bytes | bytearray: ...

    def close(self) -> None: ...


class Kernel(Protocol):
    """Every method raises OSError as the system call does; `ENODEV` when the device was pulled out."""

    def open(self, path: Path) -> int:
        """A descriptor, not blocking."""

    def ioctl(self, fd: int, code: int, argument: bytearray) -> None:
        """The answer is written into `argument`."""

    def map(self, fd: int, length: int, offset: int) -> Memory:
        """Memory of a buffer."""

    def wait(self, fd: int, timeout_s: float) -> bool:
        """Whether a picture is there within this time."""

    def close(self, fd: int) -> None:
        """Never raises."""

    def names(self, path: Path) -> list[Path]:
        """Other names of the device at `path`, which stay when it gets another number: `/dev/v4l/by-id`, `by-path`."""


class Linux:
    """The real one."""

    def open(self, path: Path) -> int:
        return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def ioctl(self, fd: int, code: int, argument: bytearray) -> None:
        fcntl.ioctl(fd, code, argument)

    def map(self, fd: int, length: int, offset: int) -> Memory:
        return mmap.mmap(fd, length, offset=offset)

    def wait(self, fd: int, timeout_s: float) -> bool:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        events = dict(poll.poll(timeout_s * 1000)).get(fd, 0)
        if events & (select.POLLERR | select.POLLHUP | select.POLLNVAL):
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return bool(events)

    def close(self, fd: int) -> None:
        try:
            os.close(fd)
        except OSError:
            pass  # the driver of a device that was pulled out may answer so; the descriptor is gone all the same

    def names(self, path: Path) -> list[Path]:
        wanted = path.resolve()
        links = [link for kind in ("by-id", "by-path") for link in sorted(Path("/dev/v4l", kind).glob("*"))]
        return [link for link in links if link.resolve() == wanted]
