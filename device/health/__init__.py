"""How the machine does: read from the kernel and the firmware, graded, told to the monitor and to the staff page."""

from device.health.telemetry import Health, info

__all__ = ["Health", "info"]
