#!/bin/sh
# install.sh terminal [ROOT]: puts the units, users, rules and settings of this folder where a terminal's system looks for
# them, enables what has to run and masks what nobody may reach. May be run again at any time; starts nothing.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd -P)
[ "${1:-}" = terminal ] || { echo "usage: install.sh terminal [ROOT]" >&2; exit 2; }
ROOT=${2:-/}
ROOT=${ROOT%/}
ETC=$ROOT/etc

put() { # FOLDER FILE…: ours to change, nobody else's
    mkdir -p "$ETC/$1"
    for file in "$@"; do
        [ "$file" = "$1" ] || install -m 644 "$HERE/$file" "$ETC/$1/"
    done
}

units=$(cd "$HERE" && ls kiosk*.service kiosk*.socket kiosk*.timer kiosk*.path kiosk*.target | grep -v -E "kiosk-(desk|relays|releases|rollout|enrolment|revocations)")
# shellcheck disable=SC2086 # a list of names
put systemd/system $units
put sysusers.d sysusers.d/rundtisch.conf
put tmpfiles.d tmpfiles.d/rundtisch.conf
put modules-load.d modules-load.d/rundtisch.conf
put sysctl.d sysctl.d/60-rundtisch.conf
put udev/rules.d udev/60-rundtisch.rules udev/70-rundtisch-usb.rules
put systemd/journald.conf.d journald.conf.d/rundtisch.conf
put systemd/logind.conf.d logind.conf.d/rundtisch.conf
put systemd/system.conf.d system.conf.d/rundtisch.conf
put apt/apt.conf.d apt/52rundtisch
put systemd/system/apt-daily-upgrade.timer.d apt-daily-upgrade.timer.d/rundtisch.conf
put systemd/system/apt-daily-upgrade.service.d apt-daily-upgrade.service.d/rundtisch.conf
put systemd/system/seatd.service.d seatd.service.d/rundtisch.conf
put nftables.d nftables/rundtisch.nft
put systemd/system/nftables.service.d nftables.service.d/rundtisch.conf
mkdir -p "$ETC/rundtisch/nftables.d"
[ -e "$ETC/rundtisch/usb-input" ] || : > "$ETC/rundtisch/usb-input"

systemd-sysusers --root="$ROOT/" rundtisch.conf
ctl() { systemctl --root="$ROOT/" --quiet "$@"; }
ctl enable nftables.service kiosk.target
for unit in $units; do # instances of themselves, such as what only a failure starts, have no [Install]
    ! grep -q '^\[Install\]' "$HERE/$unit" || ctl enable "$unit"
done
# No console, and no keys that do something beside the app; nothing of ours waits for a network.
ctl mask ctrl-alt-del.target getty@tty1.service autovt@.service console-getty.service serial-getty@ttyAMA0.service \
    serial-getty@ttyS0.service debug-shell.service emergency.service rescue.service \
    systemd-networkd-wait-online.service NetworkManager-wait-online.service
