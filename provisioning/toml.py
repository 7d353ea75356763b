"""Structs as TOML files, for what provisioning writes; reading is `tomllib`'s."""

import json
from pathlib import Path
from typing import Any

import msgspec


def text(configuration: object) -> str:
    """A struct or dict of tables as TOML. Values that are None are left out, as in the file they would be missing."""
    plain = msgspec.to_builtins(configuration, enc_hook=_plain)
    return "\n".join(_table(plain, ())).strip() + "\n"


def write(path: Path, configuration: object, comment: str = "") -> None:
    """Writes the file, below a comment line where one is given; makes its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f"# {comment}\n\n" if comment else ""
    path.write_text(head + text(configuration), encoding="utf-8")


def block(header: str, values: dict[str, Any]) -> str:
    """One table below its `header`, with tables inside it in one line each: what is added to a file by hand."""
    lines = [f"{_key(key)} = {_value(value)}" for key, value in values.items() if value is not None]
    return "\n".join((header, *lines)) + "\n"


def name(*parts: str) -> str:
    """A dotted name."""
    return ".".join(_key(part) for part in parts)


def _plain(value: object) -> str:
    if isinstance(value, Path):
        return str(value)
    raise NotImplementedError(f"{type(value).__name__} in a TOML file")


def _table(table: dict[str, Any], name: tuple[str, ...]) -> list[str]:
    values = {key: value for key, value in table.items() if value is not None and not isinstance(value, dict)}
    lines = ["", f"[{'.'.join(name)}]"] if name and (values or not table) else []
    lines += [f"{_key(key)} = {_value(value)}" for key, value in values.items()]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _table(value, (*name, _key(key)))
    return lines


def _key(key: str) -> str:
    return key if key.replace("-", "").replace("_", "").isalnum() and key.isascii() else json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_value(one) for one in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(key)} = {_value(one)}' for key, one in value.items())} }}"
    # Strings, numbers and booleans are written alike in both; but for one sign that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
