"""`python burglar.py SEEN.json`: run inside a unit's sandbox, tries all it can and prints what it came by as JSON.

Stands alone: it is copied to the machine. SEEN.json names processes there (unit → pid); see `appliance_probe`.
"""

import contextlib
import ctypes
import errno
import json
import os
import socket
import stat
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

_CENTRAL = "10.99.1.1"
_SEARCHED = ("/etc", "/var", "/run", "/boot", "/root", "/home", "/opt/rundtisch")
_PROGRAMS = (".venv", "wheels")
"""Folders of packages, in which no secret lies."""
_OWN = ("/tmp", "/var/tmp", "/proc", "/sys")
"""With PrivateTmp nobody else's; what the kernel shows there has tries of its own."""
_KERNEL = ("proc", "sysfs", "cgroup2", "devpts", "mqueue")
_NOBODY = 65534
_TRACE_ATTACH = 16
_NEW_USER_NAMESPACE = 0x10000000
_X_HELLO = struct.pack("<BxHHHHxx", ord("l"), 11, 0, 0, 0)

libc = ctypes.CDLL(None, use_errno=True)


def syscall(done: int) -> None:
    """Raises OSError for what libc reports."""
    if done < 0:
        raise OSError(ctypes.get_errno(), "")


def send(family: int, address: tuple[str, int]) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", address)


def own_key() -> None:
    Path(os.environ["CREDENTIALS_DIRECTORY"], "mqtt-key").read_bytes()


def open_the_firewall() -> None:
    Path("/etc/rundtisch/nftables.d/burglar").write_bytes(b"")


def configure() -> None:
    with Path("/etc/rundtisch/terminal.toml").open("r+b"):
        pass


def command_systemd() -> None:
    """As who may: then everything is open that systemd can do."""
    done = subprocess.run(("systemctl", "start", "loot.service"), capture_output=True, check=False)
    if done.returncode:
        raise PermissionError(errno.EACCES, "")


def see_the_screen() -> None:
    """As one more program of the touch app's X server, which also is a name without a file."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect("\0/tmp/.X11-unix/X0")
        sock.settimeout(2.0)
        sock.sendall(_X_HELLO)
        if sock.recv(1) != b"\1":
            raise PermissionError(errno.EACCES, "")


def get_the_pictures() -> None:
    """By media's socket for the touch app; who gets none yet is let in all the same."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect("/run/rundtisch/frames.sock")
        sock.settimeout(1.0)
        with contextlib.suppress(TimeoutError):
            if not sock.recv(1):
                raise PermissionError(errno.EACCES, "")


TRIES: dict[str, Callable[[], object]] = {
    "send": lambda: send(socket.AF_INET, (_CENTRAL, 9)),
    "send-6": lambda: send(socket.AF_INET6, ("::1", 9)),
    "packets": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "own-key": own_key,
    "camera": lambda: os.open("/dev/video0", os.O_RDWR),
    "wires": lambda: os.open("/dev/gpiochip0", os.O_RDWR),
    "sound-card": lambda: os.open("/dev/snd-card", os.O_RDWR),
    "screen": lambda: os.open("/dev/dri-card", os.O_RDWR),
    "configuration": configure,
    "firewall": open_the_firewall,
    "card": lambda: os.listdir("/boot/firmware"),
    "X": see_the_screen,
    "pictures": get_the_pictures,
    "namespace": lambda: syscall(libc.unshare(_NEW_USER_NAMESPACE)),
    "mount": lambda: syscall(libc.mount(b"none", b"/mnt", b"tmpfs", 0, None)),
    "trace": lambda: syscall(libc.ptrace(_TRACE_ATTACH, os.getppid(), None, None)),
    "become-another": lambda: os.setuid(_NOBODY),
    "signal-agent": lambda: os.kill(seen["kiosk-device.service"], 0),
    "see-init": lambda: Path("/proc/1/status").read_bytes(),
    "another's-file": lambda: Path("/tmp/another's").read_bytes(),
    "systemd": command_systemd,
}


def attempt(what: Callable[[], object]) -> str:
    """`ok` or the error's name."""
    try:
        what()
    except KeyError:
        return "not there"
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "nothing")
    return "ok"


def files(is_closed: bool, folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Below a folder, files and sockets that not everybody may reach."""
    try:
        entries = sorted(os.scandir(folder), key=lambda one: one.name)
    except OSError:
        return
    for entry in entries:
        if entry.path in _OWN or entry.name in _PROGRAMS:
            continue
        with contextlib.suppress(OSError):
            about = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(about.st_mode):
                yield from files(is_closed or about.st_mode & 0o5 != 0o5, entry.path)
            elif is_closed or not about.st_mode & 0o4:
                yield entry.path, about


def readable() -> Iterator[str]:
    """Files that are there for somebody only, and open."""
    for place in _SEARCHED:
        with contextlib.suppress(OSError):
            for path, about in files(os.stat(place).st_mode & 0o5 != 0o5, place):
                if stat.S_ISREG(about.st_mode) and attempt(Path(path).open) == "ok":
                    yield path


def sockets() -> Iterator[str]:
    """Unix sockets in the file system that are there for somebody only, and would be answered."""
    if attempt(lambda: socket.socket(socket.AF_UNIX).close()) != "ok":
        return
    for path, about in files(False, "/run"):
        if stat.S_ISSOCK(about.st_mode) and os.access(path, os.W_OK):
            yield path


def writable() -> Iterator[str]:
    """What can be changed, on mounts that allow it: the folders on top, files only where their folder cannot."""
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        words = line.split()
        kind = words[words.index("-") + 1]
        if "ro" in words[5].split(",") or words[4] in _OWN or kind in _KERNEL:
            continue
        yield from _open_below(words[4])


def _open_below(path: str) -> Iterator[str]:
    if os.path.islink(path) or path in _OWN or not os.path.lexists(path):
        return
    if os.access(path, os.W_OK):
        if not stat.S_ISCHR(os.stat(path).st_mode) and not stat.S_ISSOCK(os.stat(path).st_mode):
            yield path
    elif os.path.isdir(path):
        with contextlib.suppress(OSError):
            for name in os.listdir(path):
                if not os.path.ismount(f"{path}/{name}"):
                    yield from _open_below(f"{path}/{name}")


class Vector(ctypes.Structure):
    """iovec"""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def memory() -> Iterator[str]:
    """Processes whose memory can be read: an address that is not there is the wrong one, and not forbidden."""
    here = ctypes.create_string_buffer(8)
    local, remote = Vector(ctypes.addressof(here), 8), Vector(1, 8)
    for unit, pid in seen.items():
        done = libc.process_vm_readv(pid, ctypes.byref(local), 1, ctypes.byref(remote), 1, 0)
        opened = attempt(lambda: Path(f"/proc/{pid}/mem").open("rb").close()) == "ok"  # noqa: B023
        told = attempt(Path(f"/proc/{pid}/environ").read_bytes) == "ok"
        if done >= 0 or ctypes.get_errno() == errno.EFAULT or opened or told:
            yield unit


if __name__ == "__main__":
    seen: dict[str, int] = json.loads(Path(sys.argv[1]).read_text())
    found = {
        "tried": {name: attempt(what) for name, what in TRIES.items()},
        "readable": sorted(readable()),
        "sockets": sorted(sockets()),
        "writable": sorted(set(writable())),
        "memory": sorted(memory()),
    }
    print(json.dumps(found))
