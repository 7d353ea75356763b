#!/usr/bin/env bash
# bundle.sh: prints the bundle of this commit, as `provision release build` makes it. Kept in the cache; a new commit pays
# half a minute. Needs the network, where the packages are not in pip's cache.
set -euo pipefail
TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
CACHE=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/rundtisch/bundles
COMMIT=$(git -C "$TREE" rev-parse HEAD)
mkdir -p "$CACHE"
exec 9>> "$CACHE/lock" # one at a time; the kernel drops the lock with the process
flock 9
if [ ! -d "$CACHE/$COMMIT" ]; then
    rm -rf "$CACHE/new"
    (cd "$TREE" && "$TREE/.venv/bin/python" -m provisioning release build --target "$CACHE/new") >&2 9>&-
    mv "$CACHE/new" "$CACHE/$COMMIT"
    find "$CACHE" -mindepth 1 -maxdepth 1 -type d ! -name "$COMMIT" -exec rm -rf {} +
fi
echo "$CACHE/$COMMIT"/*.tar
