"""Where in a TOML file a value stands, by its path. The file was read by tomllib before: here nothing is judged."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
"""`("desks", 0, "needs", 1)`."""
_KEY = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*""")
_STRING = re.compile(r'"""(?s:.*?)"""+|\'\'\'(?s:.*?)\'\'\'+|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'')
_SCALAR = re.compile(r"[^,\]}#\n]*")
_BLANK = re.compile(r"(?:\s|#[^\n]*)*")


@dataclass(frozen=True)
class Place:
    """Line and column, both from 1."""

    line: int
    column: int
    file: str = ""
    """Where it is another one than the file that is read."""


@dataclass
class _Scan:
    text: str
    at: int = 0
    found: dict[Path, int] = field(default_factory=dict)
    """Path → offset of the value; of a table: of its header."""
    counts: dict[Path, int] = field(default_factory=dict)
    """Arrays of tables → how many there were."""
    headers: list[tuple[int, Path]] = field(default_factory=list)

    def blank(self) -> None:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def skip(self, sign: str) -> bool:
        """Whether `sign` stood here and was passed."""
        is_here = self.text.startswith(sign, self.at)
        self.at += len(sign) if is_here else 0
        return is_here

    def key(self) -> tuple[str, ...]:
        parts = []
        while found := _KEY.match(self.text, self.at):
            parts.append(found[1].strip("\"'"))
            self.at = found.end()
            if not self.skip("."):
                break
        return tuple(parts)


def places(text: str) -> Mapping[Path, Place]:
    """Path → place of every table, key and element."""
    return {path: _place(text, offset) for path, offset in _scan(text).found.items()}


def headers(text: str) -> list[tuple[int, Path]]:
    """Offset and path of every table's header, in the order of the file."""
    return _scan(text).headers


def _scan(text: str) -> _Scan:
    scan = _Scan(text)
    table: Path = ()
    while True:
        scan.blank()
        if scan.at >= len(text):
            break
        begin = scan.at
        if scan.skip("["):
            table = _header(scan, begin)
        else:
            _pair(scan, table)
        if scan.at == begin:  # not as expected: rather no position than no end
            break
    return scan


def _place(text: str, offset: int) -> Place:
    return Place(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _header(scan: _Scan, begin: int) -> Path:
    is_array = scan.skip("[")
    name = scan.key()
    scan.skip("]]" if is_array else "]")
    path: Path = ()
    for part in name[:-1]:
        path = (*path, part)
        if path in scan.counts:  # below an array of tables its last one is meant
            path = (*path, scan.counts[path] - 1)
    path = (*path, *name[-1:])
    if is_array:
        scan.counts[path] = scan.counts.get(path, 0) + 1
        scan.found.setdefault(path, begin)
        path = (*path, scan.counts[path] - 1)
    scan.found[path] = begin
    scan.headers.append((begin, path))
    return path


def _pair(scan: _Scan, table: Path) -> None:
    begin = scan.at
    path = (*table, *scan.key())
    for length in range(len(table) + 1, len(path)):
        scan.found.setdefault(path[:length], begin)
    scan.skip("=")
    _value(scan, path)


def _value(scan: _Scan, path: Path) -> None:
    scan.blank()
    scan.found[path] = scan.at
    if scan.skip("["):
        _elements(scan, path)
    elif scan.skip("{"):
        scan.blank()
        while scan.at < len(scan.text) and not scan.skip("}"):
            before = scan.at
            _pair(scan, path)
            scan.blank()
            scan.skip(",")
            scan.blank()
            if scan.at == before:
                return
    else:
        found = _STRING.match(scan.text, scan.at) or _SCALAR.match(scan.text, scan.at)
        scan.at = found.end() if found else scan.at


def _elements(scan: _Scan, path: Path) -> None:
    index = 0
    scan.blank()
    while scan.at < len(scan.text) and not scan.skip("]"):
        before = scan.at
        _value(scan, (*path, index))
        index += 1
        scan.blank()
        scan.skip(",")
        scan.blank()
        if scan.at == before:
            return
