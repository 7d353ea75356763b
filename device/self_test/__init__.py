"""The self-test: when it runs, in which order, and each of its checks."""

from device.self_test.conductor import Conductor

__all__ = ["Conductor"]
