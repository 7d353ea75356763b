#!/usr/bin/env bash
# boot.sh COMMAND…: starts a simulator on this machine's own files (read-only) whose kernel has a simulated room, runs COMMAND
# in it from here, shows what it says, and ends with its exit code. RUNDTISCH_SIMULATOR_TIMEOUT_S (300) ends it anyhow.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
LIMIT_S=${RUNDTISCH_SIMULATOR_TIMEOUT_S:-300}
MEMORY_MB=384

KERNEL=$(bash "$HERE/kernel/build.sh")
EXCHANGE=$(mktemp -d "${TMPDIR:-/tmp}/rundtisch-simulator-XXXXXX") # the one place the simulator writes to
trap 'rm -rf "$EXCHANGE"' EXIT
{ printf 'cd %q\nexec' "$PWD" && printf ' %q' "$@"; } > "$EXCHANGE/command"

# Its memory is a file: in RAM where there is room.
free_mb=$(df --output=avail --block-size=1M /dev/shm 2> /dev/null | tail -n 1) || free_mb=0
[ "$free_mb" -lt $((2 * MEMORY_MB)) ] || export TMPDIR=/dev/shm

status=0
timeout --kill-after=5 "$LIMIT_S" "$KERNEL" mem="${MEMORY_MB}M" root=none rootfstype=hostfs rootflags=/ ro quiet random.trust_bootloader=1 \
    con=null con0=null,fd:1 i2c_stub.chip_addr=0x20,0x27 \
    uml_dir="$EXCHANGE/uml/" init="$HERE/init.sh" RUNDTISCH_EXCHANGE="$EXCHANGE" < /dev/null || status=$?
[ -f "$EXCHANGE/status" ] || {
    echo "simulator: ended without an answer ($status). It needs ptrace of its own children, and to run what lies in ${TMPDIR:-/tmp}." >&2
    exit 70
}
exit "$(cat "$EXCHANGE/status")"
