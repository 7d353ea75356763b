"""What others may read of every process while something goes on: its command line and its environment (`/proc`).

`python -m tests.fakes.process_list FILE` looks, without pause, until its standard input ends. A process that lives for
less than some milliseconds may be missed; what Python starts is seen whole by `started`.
"""

import contextlib
import os
import re
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

_FRESH_S = 0.25
"""So long a new process is read again and again: it becomes another program, and titles change."""
_ALL_S = 1.0
_LOOK_S = 0.001
_READY = b"looking\n"
_NOT_SAID = (b"JOURNAL_STREAM=", b"INVOCATION_ID=")
"""systemd's numbers, any of which could be a PIN."""
_BODY = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+(\S{32,})")
_LONG = re.compile(rb"[A-Za-z0-9_+/-]{22,}")


class ProcessList:
    """Looks while the context is open."""

    def __init__(self) -> None:
        self._place: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.seen: frozenset[bytes] = frozenset()
        """Command lines and environments, as the kernel shows them; known when the context has been left."""

    def __enter__(self) -> "ProcessList":
        self._place = tempfile.TemporaryDirectory(prefix="rt-")
        command = (sys.executable, "-m", __name__, f"{self._place.name}/seen")
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == _READY
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """May be called again."""
        if self._process is None or self._place is None:
            return
        self._process.communicate()
        self._process = None
        self.seen = frozenset(Path(self._place.name, "seen").read_bytes().split(b"\n"))
        self._place.cleanup()

    def has(self, *words: str) -> bool:
        """Whether a command with these words, one after the other, was seen."""
        wanted = "\0".join(words).encode()
        return any(wanted in line for line in self.seen)

    def leaks(self, secrets: Mapping[str, bytes]) -> list[str]:
        """Which secrets stood in a list of processes, each with the process or variable."""
        return [f"{name} in {line[:80]!r}" for line in self.seen for name in _told(line, secrets)]


_listeners: list[set[bytes]] = []


@contextlib.contextmanager
def started() -> Iterator[ProcessList]:
    """Every process that this one starts while the context is open, with its whole environment; none is missed."""
    if not _listeners:
        sys.addaudithook(_note)  # for good: there is no way to take one away
        _listeners.append(set())
    seen: set[bytes] = set()
    _listeners.append(seen)
    processes = ProcessList()
    try:
        yield processes
    finally:
        _listeners.remove(seen)
        processes.seen = frozenset(seen)


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event not in ("subprocess.Popen", "os.posix_spawn", "os.exec") or len(_listeners) < 2:
        return
    words, environment = arguments[1], arguments[-1]
    listed = words if isinstance(words, list | tuple) else [words]
    lines = [b"\0".join(os.fsencode(str(word)) for word in listed)]
    for name, value in (environment if isinstance(environment, dict) else dict(os.environ)).items():
        lines.append(os.fsencode(name) + b"=" + os.fsencode(value))
    for seen in _listeners:
        seen.update(lines)


def _told(line: bytes, secrets: Mapping[str, bytes]) -> Iterator[str]:
    text = b"\0".join(word for word in line.split(b"\0") if not word.startswith(_NOT_SAID))
    for name, secret in secrets.items():
        if re.search(rb"(?<![0-9a-f])" + re.escape(secret) + rb"(?![0-9a-f])", text):
            yield name


def key_of(pem: bytes) -> bytes:
    """The first line of a private key."""
    found = _BODY.search(pem)
    assert found is not None
    return found[1]


def secrets_below(folder: Path) -> dict[str, bytes]:
    """Keys, and all long words of files for one user alone that stand in no other file."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    own = [path for path in files if not path.stat().st_mode & 0o077]
    public = {word for path in files if path not in own for word in _LONG.findall(path.read_bytes())}
    found: dict[str, bytes] = {}
    for path in own:
        data = path.read_bytes()
        words = _BODY.findall(data) or [word for word in _LONG.findall(data) if _is_drawn(word) and word not in public]
        found |= {f"{path.relative_to(folder)} ({number})": word for number, word in enumerate(words)}
    return found


def _is_drawn(word: bytes) -> bool:
    """Not a path, a name or a sentence: what chance makes has letters and digits."""
    return b"/" not in word and any(chr(one).isdigit() for one in word) and any(chr(one).isalpha() for one in word)


def _look(file: Path) -> None:
    seen: set[bytes] = set()
    fresh: dict[str, float] = {}
    before: set[str] = set()
    all_s = 0.0
    print(_READY.decode(), end="", flush=True)
    while not select.select([sys.stdin], [], [], _LOOK_S)[0]:
        now = time.monotonic()
        pids = {name for name in os.listdir("/proc") if name.isdigit()}
        fresh |= dict.fromkeys(pids - before, now + _FRESH_S)
        if now > all_s:
            fresh |= dict.fromkeys(pids - fresh.keys(), now)
            all_s = now + _ALL_S
        for pid in tuple(fresh):
            for kind in ("cmdline", "environ"):
                with contextlib.suppress(OSError):
                    seen.add(Path(f"/proc/{pid}/{kind}").read_bytes().replace(b"\n", b" "))
            if now >= fresh[pid]:
                del fresh[pid]
        before = pids
    file.write_bytes(b"\n".join(seen))


if __name__ == "__main__":
    _look(Path(sys.argv[1]))
