#!/bin/bash
# The simulator's first process, see boot.sh: makes the room of a Raspberry Pi 4, runs the command, switches off.
# Writable are /dev/shm, where it also lives, and the exchange folder of boot.sh, as /dev/exchange.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/dev/shm TMPDIR=/dev/shm LANG=C.UTF-8

chip() { # NAME LABEL LINES: a GPIO chip; they are numbered in the order in which they go live
    local configured=/sys/kernel/config/gpio-sim/$1
    mkdir "$configured" "$configured/bank"
    echo "$3" > "$configured/bank/num_lines"
    echo "$2" > "$configured/bank/label"
    echo 1 > "$configured/live"
    echo "/sys/devices/platform/$(< "$configured/dev_name")/$(< "$configured/bank/chip_name")"
}

set -e
mount -t proc proc /proc
trap 'echo o > /proc/sysrq-trigger; sleep 5' EXIT
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec < /dev/null > /dev/console 2>&1
ln -s /proc/self/fd /dev/fd
mount -t configfs configfs /sys/kernel/config
mkdir -p /dev/shm /dev/exchange
mount -t tmpfs tmpfs /dev/shm
mount -t hostfs -o "$RUNDTISCH_EXCHANGE" none /dev/exchange

# gpiozero takes the board from here.
printf 'processor\t: 0\nRevision\t: c03112\nModel\t\t: Raspberry Pi 4 Model B Rev 1.2\n' > /dev/shm/cpuinfo
mount --bind /dev/shm/cpuinfo /proc/cpuinfo
RUNDTISCH_GPIO_SIM=$(chip header pinctrl-bcm2711 58)
RUNDTISCH_GPIO_SIM_1=$(chip expander raspberrypi-exp-gpio 8)
export RUNDTISCH_GPIO_SIM RUNDTISCH_GPIO_SIM_1
export RUNDTISCH_GPIO_SIM_LIVE=/sys/kernel/config/gpio-sim/header/live

echo "simulator: Linux $(uname -r), $(cut -d ' ' -f 1 /proc/uptime) s after its start"
status=0
bash /dev/exchange/command || status=$?
echo "$status" > /dev/exchange/status
