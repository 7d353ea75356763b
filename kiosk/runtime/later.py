"""Modules that are loaded when they are first used, or not at all: what nobody needs takes no memory."""

import contextlib
import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Stands for a module until something in it is asked for. Who only imports it, whoever that is, asks for nothing.

    With `importlib.util.LazyLoader` each further import statement loads it, in Python 3.11.
    """

    def __getattr__(self, name: str) -> Any:
        spec = self.__spec__
        assert spec
        assert spec.loader
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec.loader.exec_module(self)
        return getattr(self, name)


def later(name: str) -> ModuleType:
    """The module; found now, loaded with the first look at anything in it. Raises ImportError where it is missing."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ImportError(f"no module {name}", name=name)
    module = sys.modules[name] = _Later(name)
    module.__spec__, module.__loader__, module.__package__ = spec, spec.loader, spec.parent
    module.__file__ = spec.origin
    if spec.submodule_search_locations is not None:
        module.__path__ = spec.submodule_search_locations
    package, _, own = name.rpartition(".")
    if package:
        setattr(sys.modules[package], own, module)
    return module


@contextlib.contextmanager
def without(name: str) -> Iterator[None]:
    """What is imported meanwhile does not find this module, unless it is loaded already."""
    modules: dict[str, Any] = sys.modules  # which may hold None: that is how the import system is told so
    if name in modules:
        yield
        return
    modules[name] = None
    try:
        yield
    finally:
        del modules[name]
