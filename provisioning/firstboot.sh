#!/bin/bash
# The first start of a terminal, from what `provision flash` left on its boot partition. As root, and in two parts:
#   firstboot.sh prepare    before there is a network: its secrets and the radio; the second part is put in as a unit
#   firstboot.sh install    that unit: settings, Debian packages, the software, units; then the machine starts anew
# Each may be cut off at any moment and is simply done again; at the end nothing of it is left on the card.
# RUNDTISCH_ROOT, for tests, is another system's root, in which nothing is started.
set -eu
ROOT=${RUNDTISCH_ROOT:-}
CARD=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
BOOT=$(dirname "$CARD")
UNIT=rundtisch-firstboot.service
SOFTWARE=/opt/rundtisch
LOG=$ROOT/var/log/rundtisch-packages.log
STEPS=6
step=0

# --- what people see ------------------------------------------------------------------------------------------------

say() { printf '%s\n' "$*"; }
next() { # GERMAN / ENGLISH
    step=$((step + 1))
    say "  [$step/$STEPS] $*"
}
die() { # WHAT HAPPENED. WHAT TO DO: on the screen, and as the unit's failure
    say ""
    say "  Die Einrichtung ist nicht gelungen / The set-up did not succeed:"
    say "  $*"
    say "  In 30 s noch einmal / Again in 30 s"
    logger --tag rundtisch-firstboot -- "$*" 2> /dev/null || true
    exit 1
}

# --- part one -------------------------------------------------------------------------------------------------------

prepare() {
    take network etc/rundtisch/network
    take credentials etc/rundtisch/credentials # as kiosk-device.service loads them
    take connections etc/NetworkManager/system-connections
    local state
    for state in "$ROOT"/var/lib/systemd/rfkill/*:wlan; do # a Pi keeps its radio off until somebody names a country
        [ ! -e "$state" ] || echo 0 > "$state"
    done
    [ -n "$ROOT" ] || rfkill unblock wifi 2> /dev/null || true
    arm
}

take() { # FOLDER TO: secrets, which root alone reads from now on
    if [ -d "$CARD/$1" ]; then
        install -d -m 700 "$ROOT/$2"
        install -m 600 "$CARD/$1"/* "$ROOT/$2/"
        sync "$ROOT/$2"/*
        mv "$CARD/$1" "$CARD/$1.old" # what was half overwritten when the power went is not taken again
        sync "$CARD"
    fi
    local file
    for file in "$CARD/$1.old"/*; do [ ! -e "$file" ] || wipe "$file"; done
    [ ! -d "$CARD/$1.old" ] || rmdir "$CARD/$1.old"
}

wipe() { # FILE…: overwritten, then gone; a card may keep a copy where nobody but its maker can read
    sync "$@"
    shred --force --remove "$@" 2> /dev/null || rm -f "$@"
    rmdir "$(dirname "$1")" 2> /dev/null || true
}

arm() { # part two runs with this start, and with every one until it has succeeded
    cat > "$ROOT/etc/systemd/system/$UNIT" << EOF
[Unit]
Description=Rundtisch: first start of a terminal, from its card
ConditionPathExists=$CARD/firstboot.sh
Conflicts=getty@tty1.service userconfig.service
Wants=network-online.target
After=network-online.target getty@tty1.service userconfig.service cloud-final.service

[Service]
Type=oneshot
ExecStart=/bin/bash $CARD/firstboot.sh install
StandardInput=null
StandardOutput=tty
TTYPath=/dev/tty1
TTYReset=yes
Restart=on-failure
RestartSec=30
TimeoutStartSec=infinity

[Install]
WantedBy=multi-user.target
EOF
    systemctl --root="${ROOT:-/}" --quiet enable "$UNIT"
    # Raspberry Pi OS would ask for a user on the screen.
    systemctl --root="${ROOT:-/}" --quiet mask userconfig.service
}

# --- part two -------------------------------------------------------------------------------------------------------

install_all() {
    printf '\033c\n\n  Rundtisch: dieses Geraet richtet sich ein / this terminal sets itself up\n\n'
    cd "$CARD"
    next "Karte pruefen / checking the card"
    sha256sum --check --quiet --strict SHA256SUMS > "$ROOT/run/rundtisch-sums" 2>&1 ||
        die "$(head -n 1 "$ROOT/run/rundtisch-sums"). Die Karte ist schadhaft, bitte neu schreiben / write the card anew."
    next "Einstellungen / settings"
    settings
    next "Systempakete / system packages"
    packages
    next "Programme / software"
    software
    next "Dienste / units"
    units > "$LOG" 2>&1 || die "$(tail -n 1 "$LOG"). Die Karte neu schreiben / write the card anew."
    next "Aufraeumen / tidying up"
    tidy
    say "  Fertig / done"
    [ -n "$ROOT" ] || systemctl --no-block reboot || say "  Bitte neu starten / please restart"
}

settings() { # FAT knows no modes: root's, and readable
    [ -d files ] || return 0
    local file
    while IFS= read -r file; do install -D -m 644 "files/$file" "$ROOT/$file"; done < <(cd files && find . -type f)
}

packages() { # what the card has without any network; what is missing then, from a package server
    local wanted=() names=() files=() line apt
    apt=(apt-get --yes --quiet --no-install-recommends -o Dpkg::Use-Pty=0)
    export DEBIAN_FRONTEND=noninteractive
    mapfile -t wanted < <(missing)
    if [ ${#wanted[@]} -gt 0 ] && [ -d packages ]; then
        mapfile -t files < <(newer "$CARD"/packages/*.deb)
        "${apt[@]}" install "${files[@]}" > "$LOG" 2>&1 ||
            die "$(reason). Pakete auf der Karte pruefen / check the packages on the card (flash --packages)."
        mapfile -t wanted < <(missing)
    fi
    [ ${#wanted[@]} -gt 0 ] || return 0
    apt-get --quiet -o APT::Update::Error-Mode=any -o Acquire::Retries=0 update > "$LOG" 2>&1 ||
        die "$(reason). Kein Paketserver? Netz pruefen / no package server? Check the network, or flash --packages."
    for line in "${wanted[@]}"; do names+=("$(offered "$line")"); done
    "${apt[@]}" install "${names[@]}" > "$LOG" 2>&1 || die "$(reason). Netz pruefen / check the network."
}

newer() { # FILE…: those that are not installed, or in an older version; apt would refuse to go back
    local file name version
    for file in "$@"; do
        read -r name version < <(dpkg-deb --show --showformat '${Package} ${Version}\n' "$file")
        dpkg --compare-versions "$(dpkg-query -W -f '${Version}' "$name" 2> /dev/null)" ge "$version" || echo "$file"
    done
}

missing() { # lines of the list of which nothing is there; "a|b" where releases differ in the name
    local line name found
    while read -r line; do
        found=
        for name in ${line//|/ }; do
            [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2> /dev/null)" != installed ] || found=1
        done
        [ -n "$found" ] || echo "$line"
    done < <(sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' packages.txt)
}

offered() { # LINE: the name that this system knows
    local name
    for name in ${1//|/ }; do
        if apt-cache show "$name" > /dev/null 2>&1; then break; fi
    done
    echo "$name"
}

reason() { grep -m 1 -E '^(E|Err):' "$LOG" || tail -n 1 "$LOG"; }

software() { # the bundle's own installer, out of the bundle, in an environment for this once
    [ ! -e "$ROOT$SOFTWARE/current" ] || return 0
    [ -f bundle.tar ] || die "Auf der Karte ist kein Programm / there is no software on the card (flash --releases)."
    local work pip
    work=$(mktemp -d "$ROOT/var/tmp/rundtisch-XXXXXX")
    # shellcheck disable=SC2064 # now, while it is known
    trap "rm -rf '$work'" EXIT
    tar -xf bundle.tar -C "$work" --wildcards 'tools/*' 'wheels/rundtisch-*' 'wheels/msgspec-*' ||
        die "bundle.tar ist schadhaft / is damaged: write the card anew."
    pip=$(echo "$work"/tools/pip-*.whl)
    python3 -m venv --without-pip "$work/venv"
    "$work/venv/bin/python" "$pip/pip" install --isolated --quiet --no-index --no-deps "$work"/wheels/*.whl
    "$work/venv/bin/python" -m provisioning.update.first "$CARD/bundle.tar" "$ROOT/etc/rundtisch/terminal.toml" \
        --root "$ROOT$SOFTWARE" || die "Die Programme liessen sich nicht einrichten / the software could not be installed."
}

units() {
    sh "$ROOT$SOFTWARE/current/systemd/install.sh" terminal "${ROOT:-/}"
    local user
    for user in $(awk -F: '$3 >= 1000 && $3 < 60000 { print $1 }' "$ROOT/etc/passwd") root; do
        passwd ${ROOT:+--root "$ROOT"} --quiet --lock "$user" || true # nobody logs in here
    done
    systemctl --root="${ROOT:-/}" --quiet disable ssh.service 2> /dev/null || true
}

tidy() { # the network's secrets live in /etc now; cloud-init has done its part and would only overwrite ours
    if [ -d "$ROOT/etc/cloud" ]; then
        echo '# taken over by the system: /etc/netplan' > "$BOOT/network-config.new"
        [ ! -f "$BOOT/network-config" ] || { wipe "$BOOT/network-config" && mv "$BOOT/network-config.new" "$BOOT/network-config"; }
        rm -f "$BOOT/network-config.new"
        touch "$ROOT/etc/cloud/cloud-init.disabled"
    fi
    systemctl --root="${ROOT:-/}" --quiet disable "$UNIT"
    rm -f "$ROOT/etc/systemd/system/$UNIT"
    sync
    rm -rf "$CARD" # last: without it the unit would not run again
    sync
}

case ${1:-} in
    prepare) prepare ;;
    install) install_all && exit 0 ;; # the script is gone now: nothing below is read
    *) say "usage: firstboot.sh prepare|install" >&2; exit 2 ;;
esac
