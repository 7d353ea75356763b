#!/usr/bin/env bash
# Sets this machine up for the demo (`setup.sh runtime`), for the tests as well (`setup.sh tests`), or for those that need
# a kernel built (`setup.sh simulated-hardware`): Debian packages, the virtual environment .venv with the locked Python
# packages, translations, fonts. Done before: returns at once.
# PYTHON=/path/to/python3 names another interpreter than the system's.
set -euo pipefail

KIND=${1:-runtime}
KINDS=(runtime tests simulated-hardware) # each has all that is before it
case " ${KINDS[*]} " in *" $KIND "*) ;; *) echo "usage: setup.sh [${KINDS[*]}]" >&2; exit 2 ;; esac
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
cd "$ROOT"
VENV=$ROOT/.venv
LOG=$VENV/setup.log
PATH=$PATH:/usr/sbin:/sbin

say() { printf '%s\n' "$*" >&2; }
die() { say "set-up: $*"; exit 1; }
step() { say "$(printf '[%s/5] %-38s %3d s' "$1" "$2 …" "$SECONDS")"; }

# --- nothing to do? -------------------------------------------------------------------------------------------------

lists_of() { # the package lists of one kind of set-up
    local kind
    for kind in "${KINDS[@]}"; do
        echo "provisioning/packages/$kind.txt"
        [ "$kind" != "$1" ] || return 0
    done
}

lock_of() { if [ "$1" = runtime ]; then echo provisioning/lock/runtime.txt; else echo provisioning/lock/tests.txt; fi; }

key_of() { # everything the result depends on, for one kind of set-up
    local files
    mapfile -t files < <(printf '%s\n' provisioning/setup.sh provisioning/fonts.py && lists_of "$1" && lock_of "$1")
    {
        printf '%s\n' "$ROOT"
        "$VENV/bin/python" -I -S -c 'import sys; print(sys.version)' 2> /dev/null || echo "no python"
        cat "${files[@]}"
        find kiosk/ui/texts -name '*.po' -exec cat {} + 2> /dev/null || true
    } | sha256sum | cut -d' ' -f1
}

all_installed() { # PACKAGE…: every one is there
    [ -z "$(dpkg-query -W -f '${db:Status-Status}\n' "$@" 2>&1 | grep -vx installed)" ]
}

all_translated() { # every catalogue is compiled
    local po
    for po in kiosk/ui/texts/*/LC_MESSAGES/*.po; do [ -s "${po%.po}.mo" ] || return 1; done
}

is_done() { # the stamp's first line is the key, the second the Debian packages it stands for
    local stamp=$VENV/setup.$1 key packages
    [ -f "$stamp" ] && { read -r key && read -r packages; } < "$stamp" || return 1
    # shellcheck disable=SC2086
    [ "$key" = "$(key_of "$1")" ] && all_translated && all_installed $packages
}

is_up_to_date() { # for this kind, or for one that has more
    local kind is_enough=
    for kind in "${KINDS[@]}"; do
        [ "$kind" != "$KIND" ] || is_enough=1
        if [ -n "$is_enough" ] && is_done "$kind"; then return 0; fi
    done
    return 1
}

# --- Debian packages ------------------------------------------------------------------------------------------------

listed() { # the package lists of this kind, comments off
    local list
    for list in $(lists_of "$KIND"); do sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$list"; done
}

has_candidate() { apt-cache policy "$1" 2> /dev/null | grep 'Candidate:' | grep -qv '(none)'; }

resolve() { # fills PRESENT, MISSING (can be installed) and UNKNOWN (this system does not offer it)
    PRESENT=() MISSING=() UNKNOWN=()
    local line name found
    while read -r line; do
        found=
        for name in ${line//|/ }; do
            if all_installed "$name"; then PRESENT+=("$name"); found=1; break; fi
        done
        [ -z "$found" ] || continue
        for name in ${line//|/ }; do
            if has_candidate "$name"; then MISSING+=("$name"); found=1; break; fi
        done
        [ -n "$found" ] || UNKNOWN+=("$line")
    done < <(listed)
}

as_root() {
    local quiet=(env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1)
    if [ "$(id -u)" = 0 ]; then "${quiet[@]}" "$@"; else sudo "${quiet[@]}" "$@"; fi
}

can_be_root() {
    [ "$(id -u)" = 0 ] || { command -v sudo > /dev/null && { sudo -n true 2> /dev/null || { [ -t 0 ] && sudo -v; }; }; }
}

require_root() { # PACKAGE…
    if can_be_root; then return; fi
    say "Debian packages are missing and this user may not install them. Run this line as root, then start again:"
    say ""
    say "    apt-get update && apt-get install --yes --no-install-recommends $*"
    say ""
    exit 1
}

newest_lists() { find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' "$@" -print -quit 2> /dev/null; }

debian_packages() {
    command -v apt-get > /dev/null && command -v dpkg-query > /dev/null || die "this is no Debian-like system"
    resolve
    local wanted=("${MISSING[@]}")
    [ -n "$(newest_lists)" ] || wanted+=("${UNKNOWN[@]%%|*}") # a fresh container knows no package at all
    [ ${#wanted[@]} -eq 0 ] || require_root "${wanted[@]}"
    if [ ${#UNKNOWN[@]} -gt 0 ] && [ -z "$(newest_lists -mtime -1)" ] && can_be_root; then
        as_root apt-get update -q | in_short || die "apt-get update failed, see above"
        resolve
    fi
    if [ ${#MISSING[@]} -gt 0 ]; then
        say "      installing ${MISSING[*]}"
        install_packages "${MISSING[@]}"
        resolve
    fi
    [ ${#MISSING[@]} -eq 0 ] || die "apt-get did not install ${MISSING[*]}"
    local line
    for line in ${UNKNOWN[@]+"${UNKNOWN[@]}"}; do
        sed 's/#.*//' provisioning/packages/runtime.txt | grep -qF "$line" && die "this system offers no package $line"
        say "      NOTE: this system offers no package \"$line\": the tests that need it will fail."
    done
}

install_packages() {
    local command=(apt-get install --yes -q -o Dpkg::Use-Pty=0 --no-install-recommends "$@")
    as_root "${command[@]}" | in_short && return
    say "      once more with a new package list"
    { as_root apt-get update -q && as_root "${command[@]}"; } | in_short || die "apt-get failed, see above"
}

in_short() { sed -n -e 's/^/      /' -e '/ \(Need to get\|Fetched\|Setting up\|Err:\)/p' >&2; } # apt-get's errors are on stderr

# --- virtual environment and Python packages ------------------------------------------------------------------------

is_new_enough() { "$1" -I -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2> /dev/null; }

find_python() { # the system's own first: on a Pi only that one knows the camera
    local candidate
    for candidate in ${PYTHON:-/usr/bin/python3 python3 python3.13 python3.12 python3.11}; do
        if is_new_enough "$candidate"; then command -v "$candidate"; return; fi
    done
    say "set-up: no Python 3.11, 3.12 or 3.13 found (python3 is $(python3 -V 2>&1 || true))."
    say "On Ubuntu 22.04:  apt-get install python3.11 python3.11-venv   and start again."
    return 1
}

virtual_environment() {
    local pth=("$VENV"/lib/python3.*/site-packages/rundtisch.pth)
    if "$VENV/bin/python" -m pip --version > /dev/null 2>&1 && [ "$(cat "${pth[0]}" 2> /dev/null)" = "$ROOT" ]; then return; fi
    local python options=(--clear)
    python=$(find_python)
    ! "$python" -I -c 'import picamera2' 2> /dev/null || options+=(--system-site-packages)
    "$python" -m venv "${options[@]}" "$VENV" >&2 || die "$python cannot make a virtual environment"
}

quietly() { # COMMAND…: says nothing, or what went wrong
    "$@" >> "$LOG" 2>&1 || { tail -n 30 "$LOG" >&2; die "failed: $* (more in .venv/setup.log)"; }
}

python_packages() {
    local lock total status=0
    lock=$(lock_of "$KIND")
    total=$(grep -c '^[a-zA-Z0-9]' "$lock")
    "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input --progress-bar off --only-binary=:all: \
        --require-hashes -r "$lock" 2>> "$LOG" | tee -a "$LOG" |
        awk -v n="$total" '/^(Collecting|Processing) /{ if (++i % 10 == 0) printf "      %d of about %d\n", i, n; fflush() }' >&2 || status=$?
    [ $status -eq 0 ] || { tail -n 30 "$LOG" >&2; die "pip failed (more in .venv/setup.log)"; }
    local site
    site=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$ROOT" > "$site/rundtisch.pth"
    printf '#!/bin/sh\nexec "%s/bin/python" -m provisioning "$@"\n' "$VENV" > "$VENV/bin/provision"
    chmod +x "$VENV/bin/provision"
}

# --- translations and fonts -----------------------------------------------------------------------------------------

translations() {
    local po
    while IFS= read -r po; do
        quietly "$VENV/bin/pybabel" compile --input-file "$po" --output-file "${po%.po}.mo"
    done < <(find kiosk/ui/texts -path '*/LC_MESSAGES/*.po' 2> /dev/null)
}

fonts() {
    local made=$VENV/share/rundtisch/fonts/Rundtisch-Bold.ttf
    if [ "$made" -nt provisioning/fonts.py ]; then return; fi
    quietly "$VENV/bin/python" -m provisioning.fonts
}

# --- the way through ------------------------------------------------------------------------------------------------

if is_up_to_date; then exit 0; fi
exec 9< provisioning # one set-up at a time in a checkout; the kernel drops the lock with the process
flock -n 9 || { say "set-up: waiting for another one in this checkout …"; flock 9; }
if is_up_to_date; then exit 0; fi

step 1 "Debian packages"
debian_packages
step 2 "Virtual environment"
virtual_environment
: > "$LOG"
step 3 "Python packages, by hash"
python_packages
step 4 "Translations"
translations
step 5 "Fonts"
fonts
printf '%s\n%s\n' "$(key_of "$KIND")" "${PRESENT[*]}" > "$VENV/setup.$KIND"
say "      ready after $SECONDS s"
