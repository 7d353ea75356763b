#!/usr/bin/env bash
# Sets the machine up, then runs format, lint, types, layers and every test. Options go to pytest. Fails if any part did,
# after all have run. What only hardware can show is left out: see the mark `hardware`.
# --simulated-hardware also runs the room's conformance suite on a kernel with simulated lines, and boots a terminal's disk;
# kernel and disk are made once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

KIND=tests OPTIONS=()
for option in "$@"; do
    case $option in --simulated-hardware) KIND=simulated-hardware ;; *) OPTIONS+=("$option") ;; esac
done
bash provisioning/setup.sh $KIND
# shellcheck disable=SC1091
source .venv/bin/activate
export PYTHONDONTWRITEBYTECODE=1
export KIVY_NO_ARGS=1 # Kivy would read pytest's options
unset DISPLAY WAYLAND_DISPLAY

SUMMARY=() FAILED=0 BUILD=
WORKERS=$(($(nproc) + 1)) && [ "$WORKERS" -le 4 ] || WORKERS=4 # one of them waits for something most of the time
trap 'exit 130' INT
trap '[ -z "$BUILD" ] || kill -- "-$BUILD" 2> /dev/null || true' EXIT

run() { # NAME COMMAND…
    local name=$1 start=$EPOCHREALTIME status=0 word=ok
    shift
    printf '\n── %s: %s\n' "$name" "$*"
    "$@" || status=$?
    [ $status -eq 0 ] || { word="FAILED ($status)"; FAILED=1; }
    SUMMARY+=("$(awk -v n="$name" -v w="$word" -v a="$start" -v b="$EPOCHREALTIME" \
        'BEGIN { sub(",", ".", a); sub(",", ".", b); printf "%-8s %7.1f s  %s", n, b - a, w }')")
}

in_simulator() { # the simulator's last line of pytest goes to the summary as well
    local said status=0
    said=$(mktemp)
    bash tests/hardware/boot.sh bash tests/hardware/suite.sh 2>&1 | tee "$said" || status=$?
    COUNTS=$(sed -nE 's/\x1b\[[0-9;]*m//g; s/^=* ?([0-9]+ (passed|failed).*) in [0-9.]+s.*$/\1/p' "$said" | tail -n 1)
    rm -f "$said"
    return $status
}

# Some tests look at moments, which a machine that is busy with something else can spoil: up to eight that failed, of
# thousands, are run once more by themselves, and the summary says so.
with_a_second_look() { # NAME OPTION…
    local name=$1
    shift
    SPOILT=0
    run "$name" pytest_twice bash provisioning/namespace.sh python -m pytest "$@"
    [ "$SPOILT" = 0 ] || SUMMARY[-1]+=", $SPOILT failed at first"
}

pytest_twice() { # COMMAND…
    local status=0 failed=.pytest_cache/v/cache/lastfailed
    rm -f $failed
    "$@" || status=$?
    [ $status -eq 1 ] && SPOILT=$(python -c 'import json, sys; print(len(json.load(open(sys.argv[1]))))' $failed) || return $status
    [ "$SPOILT" -le 8 ] || return $status
    printf '\n%s failed; once more, alone\n' "$SPOILT"
    "$@" -n 0 --last-failed
}

if [ $KIND = simulated-hardware ]; then
    # It takes what the tests leave of the processor. To the kernel it is a group of its own, in which alone `nice` counts.
    setsid nice -n 19 bash -c '{ echo 19 > /proc/self/autogroup; } 2> /dev/null
        bash tests/hardware/kernel/build.sh && bash tests/appliance/root.sh && bash tests/appliance/bundle.sh' > /dev/null &
    BUILD=$!
fi
run format ruff format --check .
run lint ruff check .
run types mypy kiosk device provisioning tests
run layers lint-imports
with_a_second_look tests -n "$WORKERS" ${OPTIONS[@]+"${OPTIONS[@]}"}
if [ -n "$BUILD" ]; then
    run machines wait "$BUILD"
    BUILD=
    run wires in_simulator
    SUMMARY[-1]+=", ${COUNTS:-nothing was counted}"
fi
[ $KIND != simulated-hardware ] || with_a_second_look booted -m appliance tests/integration tests/bench

printf '\n'
printf '%s\n' "${SUMMARY[@]}"
exit $FAILED
