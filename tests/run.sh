#!/usr/bin/env bash
# Sets the machine up, then runs format, lint, types, layers and every test. Options go to pytest. Fails if any part did,
# after all have run. What only hardware can show is left out: see the mark `hardware`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash provisioning/setup.sh tests
# shellcheck disable=SC1091
source .venv/bin/activate
export PYTHONDONTWRITEBYTECODE=1
export KIVY_NO_ARGS=1 # Kivy would read pytest's options
unset DISPLAY WAYLAND_DISPLAY

SUMMARY=() FAILED=0
trap 'exit 130' INT

run() { # NAME COMMAND…
    local name=$1 start=$EPOCHREALTIME status=0 word=ok
    shift
    printf '\n── %s: %s\n' "$name" "$*"
    "$@" || status=$?
    [ $status -eq 0 ] || { word="FAILED ($status)"; FAILED=1; }
    SUMMARY+=("$(awk -v n="$name" -v w="$word" -v a="$start" -v b="$EPOCHREALTIME" \
        'BEGIN { sub(",", ".", a); sub(",", ".", b); printf "%-8s %7.1f s  %s", n, b - a, w }')")
}

run format ruff format --check .
run lint ruff check .
run types mypy kiosk device provisioning tests
run layers lint-imports
run tests bash provisioning/namespace.sh python -m pytest "$@"

printf '\n'
printf '%s\n' "${SUMMARY[@]}"
exit $FAILED
