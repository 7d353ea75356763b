#!/usr/bin/env bash
# root.sh: prints the layers of a terminal's disk, as overlayfs wants them: Debian 12 (mmdebstrap), the locked Python packages
# as wheels in a real virtual environment, our own wheel and units, put where `systemd/install.sh` puts them.
# Each layer is kept in the cache under everything it depends on; a new machine pays two minutes once, a change of ours
# ten seconds; what was not used for two weeks goes. Needs to be root, and the network for the first two layers. The tools
# are in provisioning/packages/simulated-hardware.txt.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
TREE=$(cd "$HERE/../.." && pwd -P)
CACHE=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/rundtisch/appliance
SUITE=bookworm
VERSION=3.11 # the suite's Python
PYTHON=$TREE/.venv/bin/python
export RELEASE=/opt/rundtisch/releases/factory
LOCK=$TREE/provisioning/lock/runtime.txt
PACKAGES=(systemd systemd-sysv udev kmod dbus iproute2 nftables python3 python3-venv libportaudio2 libasound2-plugins
    libegl1 libgles2 libgl1 libgl1-mesa-dri libmtdev1 cage xwayland seatd pipewire pipewire-pulse wireplumber)

say() { printf 'root: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
[ "$(id -u)" = 0 ] || die "only root can make a disk's files and start a machine on them"

key() { sha256sum | cut -c1-16; }
sources() { # all that our wheel and the settings are made of
    (cd "$TREE" && find kiosk device provisioning systemd pyproject.toml -type f ! -name '*.pyc' ! -path '*/lock/*' -print0 |
        sort -z | xargs -0 sha256sum)
}
BASE=$CACHE/base-$({ echo "$SUITE" "${PACKAGES[@]}" && sed -n '/^debian()/,/^}/p' "${BASH_SOURCE[0]}"; } | key)
WHEELS=$CACHE/wheels-$({ basename "$BASE" && cat "$LOCK" && sed -n '/^wheels()/,/^}/p' "${BASH_SOURCE[0]}"; } | key)
OURS=$CACHE/ours-$({ basename "$WHEELS" && sources && sed -n '/^ours()/,/^}/p' "${BASH_SOURCE[0]}"; } | key)

mkdir -p "$CACHE"
exec 9>> "$CACHE/lock" # one at a time; the kernel drops the lock with the process
flock 9
BUILD=$(mktemp -d "$CACHE/build-XXXXXX")
trap 'rm -rf "$BUILD"' EXIT
quietly() { "$@" >> "$BUILD/log" 2>&1 9>&- < /dev/null || { tail -n 30 "$BUILD/log" >&2; die "failed: $*"; }; }

on_top() { # LOWER UPPER COMMAND…: COMMAND in a mount namespace where $BUILD/root is both, and what it writes is in UPPER
    mkdir -p "$2" "$BUILD/root" "$BUILD/work"
    # shellcheck disable=SC2016
    unshare --mount --propagation private bash -euc '
        mount -t overlay -o "lowerdir=$1,upperdir=$2,workdir=$3/work" overlay "$3/root"
        for folder in proc dev; do mount --rbind "/$folder" "$3/root/$folder"; done
        mkdir -p "$3/wheels" "$3/root/mnt" && mount --bind "$3/wheels" "$3/root/mnt"
        set -- "$3" "${@:4}" && cd "$1" && shift && "$@"' on_top "$1" "$2" "$BUILD" "${@:3}"
}
download() { # OPTIONS…: wheels for the suite's Python into $BUILD/wheels
    quietly "$PYTHON" -m pip download --no-input --progress-bar off --only-binary=:all: --python-version "$VERSION" \
        --dest "$BUILD/wheels" "$@"
}
in_venv() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 /usr/sbin/chroot root "$@"; }

debian() {
    local no=(--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*'
        --dpkgopt='path-exclude=/usr/share/locale/*')
    quietly mmdebstrap --variant=minbase --include="$(IFS=, && echo "${PACKAGES[*]}")" "${no[@]}" "$SUITE" "$BUILD/new"
    rm -f "$BUILD/new/etc/machine-id" "$BUILD/new/etc/resolv.conf"
    echo zimmer-2 > "$BUILD/new/etc/hostname"
}
wheels() {
    download --require-hashes -r "$LOCK"
    download setuptools # which makes our own wheel
    install_wheels() {
        in_venv python3 -m venv $RELEASE/.venv
        in_venv $RELEASE/.venv/bin/python -m pip install --no-index --find-links /mnt --require-hashes -r /mnt/lock.txt
    }
    cp "$LOCK" "$BUILD/wheels/lock.txt"
    export -f in_venv install_wheels
    quietly on_top "$BASE" "$BUILD/new" bash -euc install_wheels
    mkdir -p "$BUILD/new/opt/wheels" && cp "$BUILD"/wheels/setuptools-*.whl "$BUILD/new/opt/wheels"
}
ours() {
    mkdir -p "$BUILD/source" "$BUILD/wheels"
    (cd "$TREE" && cp -r kiosk device provisioning systemd pyproject.toml README.md "$BUILD/source")
    quietly "$PYTHON" -m pip wheel --no-deps --no-index --find-links "$WHEELS/opt/wheels" --wheel-dir "$BUILD/wheels" "$BUILD/source"
    install_ours() {
        in_venv $RELEASE/.venv/bin/python -m pip install --no-index --no-deps $(cd wheels && printf '/mnt/%s ' *.whl)
        mkdir -p root$RELEASE/.venv/share/rundtisch
        cp -r "$1"/.venv/share/rundtisch/fonts root$RELEASE/.venv/share/rundtisch
        cp -r source/systemd "root$RELEASE"
        ln -sfn "$RELEASE" root/opt/rundtisch/current
        in_venv sh /opt/rundtisch/current/systemd/install.sh terminal
    }
    export -f in_venv install_ours
    quietly on_top "$WHEELS:$BASE" "$BUILD/new" bash -euc 'install_ours "$1"' ours "$TREE"
}

for layer in "$BASE:debian" "$WHEELS:wheels" "$OURS:ours"; do
    path=${layer%:*}
    if [ ! -d "$path" ]; then
        say "making ${layer##*:} …"
        rm -rf "$BUILD"/*
        "${layer##*:}"
        mv "$BUILD/new" "$path"
        say "… after $SECONDS s"
    fi
    touch "$path" # used today
done
find "$CACHE" -maxdepth 1 -name '*-*' \( -mtime +14 -o -name 'ours-*' -mtime +1 \) -exec rm -rf {} +
printf '%s:%s:%s\n' "$OURS" "$WHEELS" "$BASE"
