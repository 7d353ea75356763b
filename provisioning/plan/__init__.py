"""The plan of an installation: its sites and rooms, as IT staff write them. `plan.read` gives every room in full."""

from provisioning.plan.model import Central, Dot1x, Network, Plan, Room, Site, Wifi
from provisioning.plan.reading import FILE, read, secret

__all__ = ["FILE", "Central", "Dot1x", "Network", "Plan", "Room", "Site", "Wifi", "read", "secret"]
