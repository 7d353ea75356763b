"""The first start of Raspberry Pi OS Trixie: cloud-init's `user-data` and `meta-data` on the boot partition."""

from typing import Any

import yaml

from provisioning.card.places import FIRMWARE, SCRIPT

USER_DATA, META_DATA = "user-data", "meta-data"
_UNIT = "rundtisch-firstboot.service"
"""Made by the first part of the script; it is the second."""


def user_data(hostname: str, time_zone: str) -> str:
    """The file, for a machine of this name in that zone (`Europe/Berlin`)."""
    tree: dict[str, Any] = {
        "hostname": hostname,
        "manage_etc_hosts": True,
        # Nobody logs in here: no user is made, and who is there already has no password.
        "users": [{"name": "root", "lock_passwd": True}],
        "ssh_pwauth": False,
        "disable_root": True,
        "timezone": time_zone,
        "package_update": False,
        "package_upgrade": False,
        "apt": {"preserve_sources_list": True},
        # At every start until the second part has succeeded, and before the network.
        "bootcmd": [["bash", f"{FIRMWARE}/{SCRIPT}", "prepare"]],
        "runcmd": [["systemctl", "--no-block", "start", _UNIT]],
    }
    return "#cloud-config\n" + dump(tree)


def meta_data(instance: str) -> str:
    """The file; cloud-init begins anew with every new instance."""
    return dump({"dsmode": "local", "instance-id": instance})


def dump(tree: dict[str, Any]) -> str:
    """As YAML, in our order."""
    text: str = yaml.safe_dump(tree, sort_keys=False, allow_unicode=True, width=120)
    return text
