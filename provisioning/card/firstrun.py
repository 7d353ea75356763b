"""The first start of Raspberry Pi OS Bookworm: a script that `cmdline.txt` lets systemd run, once."""

import shlex

from provisioning.card.places import FIRMWARE, SCRIPT

NAME = "firstrun.sh"
# Not by /boot, the older way: the image's own fix for that (imager_fixup) would cut our script.
KERNEL = (
    f"systemd.run={FIRMWARE}/{NAME}",
    "systemd.run_success_action=reboot",
    "systemd.run_failure_action=none",
    "systemd.unit=kernel-command-line.target",
)

_SCRIPT = """#!/bin/bash
# The first start of this terminal, before the usual one; made by `provision flash`.
# It always goes on to its end: what it could not do, the usual start says on the screen.
cd {firmware}
echo {hostname} > /etc/hostname
sed -i "s/^127\\.0\\.1\\.1.*/127.0.1.1\\t"{hostname}"/" /etc/hosts
ln -sfn /usr/share/zoneinfo/{time_zone} /etc/localtime
echo {time_zone} > /etc/timezone
bash {script} prepare
# Only now: a power cut above means once more from the beginning.
sed -i 's| systemd\\.[^ ]*||g' cmdline.txt
rm -f {name}
exit 0
"""


def script(hostname: str, time_zone: str) -> str:
    """The file. What it is given may hold anything, it comes as words of the shell."""
    quote = shlex.quote
    return _SCRIPT.format(
        firmware=FIRMWARE,
        name=NAME,
        script=SCRIPT,
        hostname=quote(hostname),
        time_zone=quote(time_zone),
    )
