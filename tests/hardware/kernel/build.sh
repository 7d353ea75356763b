#!/usr/bin/env bash
# build.sh: prints the path of a User-Mode Linux with simulated GPIO lines and an I²C bus, made of Debian's linux-source.
# It is kept in the cache under everything it depends on: a second start is at once, and two at a time build it once.
# What it needs is in provisioning/packages/simulated-hardware.txt; tests/run.sh --simulated-hardware installs it.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
CACHE=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/rundtisch/kernel

say() { printf 'kernel: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

[ "$(uname -m)" = x86_64 ] || die "User-Mode Linux exists for x86-64 only, this machine is $(uname -m)."

archives=(/usr/src/linux-source-*.tar.xz)
ARCHIVE=${archives[-1]}
[ -f "$ARCHIVE" ] || die "there is no /usr/src/linux-source-*.tar.xz. Debian 12 and 13 have it in the package" \
    "linux-source; other systems lay it out in other ways, which this script does not know."

key_of() { # source, configuration, and the C library it will be bound to
    { dpkg-query -S "$ARCHIVE" && dpkg-query -W "$(basename "$ARCHIVE" .tar.xz)" libc6 gcc && uname -m; } 2> /dev/null
    cat "$HERE/build.sh" "$HERE/config"
}
MADE=$CACHE/$(key_of | sha256sum | cut -c1-16)/linux
give_if_made() { if [ -x "$MADE" ]; then printf '%s\n' "$MADE" && exit 0; fi; }

give_if_made
mkdir -p "$(dirname "$MADE")"
exec 9>> "$CACHE/lock" # one build at a time; the kernel drops the lock with the process
flock -n 9 || { say "waiting for another build …"; flock 9; }
give_if_made

rm -rf "$CACHE"/build-* # of one that was killed
BUILD=$(mktemp -d "$CACHE/build-XXXXXX")
trap 'rm -rf "$BUILD"' EXIT
quietly() { # says nothing, or what went wrong
    "$@" >> "$BUILD/log" 2>&1 9>&- || { tail -n 30 "$BUILD/log" >&2; die "failed: $*"; }
}

unpack() { # without the large parts of it that no configuration of ours compiles
    local big='gpu media scsi staging infiniband usb iio' exclude=() part
    for part in $big; do exclude+=(--exclude="*/drivers/$part/*.[ch]"); done
    tar --extract --file "$ARCHIVE" --directory "$BUILD" --strip-components=1 --wildcards "${exclude[@]}" \
        --exclude='*/arch/[!ux]*/*.[chS]' --exclude='*/arch/*.dts*' --exclude='*/drivers/net/*/*.[ch]' \
        --exclude='*/sound/*.[ch]' --exclude='*/Documentation/*.rst' --exclude='*/Documentation/*.yaml' --exclude='*/tools/[pt]e*/*'
}

say "building it from $(basename "$ARCHIVE"), once: about two minutes …"
unpack
cd "$BUILD"
alter() { # FILE EXPRESSION: with sed, and it must have altered something
    cp "$1" "$BUILD/before"
    sed -i "$2" "$1"
    ! cmp -s "$1" "$BUILD/before" || die "$(basename "$ARCHIVE"): $1 is not what it was"
}
# The I²C stub is a module by decree only; built in, there is no need for modules at all.
alter drivers/i2c/Kconfig '/^config I2C_STUB$/,/^config / s/^\tdepends on m$/\tdepends on I2C/'
# Every line whose edges are listened to needs an interrupt, and User-Mode Linux uses up all it has by default.
alter arch/um/include/asm/irq.h 's/^#define NR_IRQS[[:space:]]*UM_LAST_SIGNAL_IRQ$/#define NR_IRQS (UM_LAST_SIGNAL_IRQ + 128)/'
# A simulated edge comes with the next tick of the clock: a thousand a second, and no later than after a millisecond.
alter arch/um/Kconfig '/^config HZ$/,/^config / s/default 100$/default 1000/'
# A processor with AMX has 11,008 bytes of registers, of which the host takes all or none; later kernels ask how many.
! grep -q 'HOST_FP_SIZE, 2696' arch/x86/um/user-offsets.c || alter arch/x86/um/user-offsets.c 's/HOST_FP_SIZE, 2696/HOST_FP_SIZE, 12288/'
# What somebody drives a line to holds against a pull resistor that is switched on later, as on a real line.
alter drivers/gpio/gpio-sim.c '
    /^struct gpio_sim_chip {$/ a\	DECLARE_BITMAP(driven, 64);
    s/^\tret = gpio_sim_apply_pull(chip, line_attr->offset, pull);$/\tset_bit(line_attr->offset, chip->driven);\n&/
    s/^\tswitch (pinconf_to_config_param(config)) {$/\tif (pinconf_to_config_param(config) <= PIN_CONFIG_BIAS_PULL_UP \&\& test_bit(offset, chip->driven))\n\t\treturn 0;\n&/'
[ "$(grep -cw driven drivers/gpio/gpio-sim.c)" = 3 ] || die "$(basename "$ARCHIVE"): gpio-sim is not what it was"
quietly make ARCH=um tinyconfig
cat "$HERE/config" >> .config
quietly make ARCH=um olddefconfig
while read -r line; do # what a release no longer knows or allows has to be seen
    case $line in *=y) grep -qx "$line" .config || die "$(basename "$ARCHIVE") does not take $line" ;; esac
done < "$HERE/config"
quietly make ARCH=um -j"$(nproc)" KBUILD_BUILD_TIMESTAMP=0 linux
strip -o "$MADE.new" linux
mv "$MADE.new" "$MADE"
say "ready after $SECONDS s"
printf '%s\n' "$MADE"
