#!/usr/bin/env bash
# Runs one script as root in a Debian 12 machine with systemd as PID 1 and Debian's own kernel.
#
#   machine.sh [-t SECONDS] [-m MEGABYTES] [-p PACKAGE,...] [-a PATH]... [-o FOLDER] SCRIPT
#
#   -t  the whole run ends after so long (preset 300)
#   -m  memory of the machine (preset 1024)
#   -p  packages beyond the base; each list makes a base disk of its own, once
#   -a  a file or folder that the script finds as /machine/payload/NAME
#   -o  a folder that gets what the script left in /machine/out
#
# What the script prints is printed; its exit status is the exit status. 77: this host cannot run
# it (not root, or no qemu, debootstrap, mke2fs). 124: the machine did not end in time.
# The base disk is kept in ${CONFORMD_MACHINE_CACHE:-~/.cache/conformd-machine} and never written
# again: each run writes to a throw-away layer over it and to a small disk of its own.
set -euo pipefail

usage() {
    sed -n '2,14s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

skip() {
    echo "skipped: $*" >&2
    exit 77
}

seconds=300 megabytes=1024 packages='' payload=() out=''
while getopts t:m:p:a:o: option; do
    case $option in
    t) seconds=$OPTARG ;;
    m) megabytes=$OPTARG ;;
    p) packages=$OPTARG ;;
    a) payload+=("$OPTARG") ;;
    o) out=$OPTARG ;;
    *) usage ;;
    esac
done
shift $((OPTIND - 1))
[[ $# -eq 1 ]] || usage
script=$1

[[ $(id -u) -eq 0 ]] || skip "a machine's base tree can only be made by root"
for tool in qemu-system-x86_64 debootstrap mke2fs debugfs; do
    command -v "$tool" >/dev/null || skip "$tool is not installed"
done

mirror() {
    local found
    found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources} 2>/dev/null |
        sed -nE 's,^(URIs:|deb( \[[^]]*\])?) *(https?://[^ ]*/debian)/?( .*)?$,\3,p' | head -n 1)
    echo "${CONFORMD_MACHINE_MIRROR:-$found}"
}

# The base starts whatever the run's disk holds, once multi-user.target has been reached.
add_runner() {
    local tree=$1
    echo conformd-test >"$tree/etc/hostname"
    mkdir -p "$tree/machine"
    cat >"$tree/etc/systemd/system/machine-run.service" <<'UNIT'
[Unit]
Description=The script of this run
After=multi-user.target
[Service]
Type=oneshot
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS1
ExecStartPre=/bin/mount /dev/vdb /machine
ExecStart=-/bin/sh -c '/machine/script; printf "\\nmachine-status %%d\\n" $?; sync'
ExecStopPost=/bin/systemctl --no-block poweroff
TimeoutStartSec=infinity
UNIT
    mkdir -p "$tree/etc/systemd/system/multi-user.target.wants"
    ln -sf ../machine-run.service "$tree/etc/systemd/system/multi-user.target.wants/"
}

make_base() {
    local folder=$1 tree=$1/tree
    rm -rf "$folder"
    mkdir -p "$tree"
    echo "machine: making the base disk in $folder" >&2
    debootstrap --variant=minbase \
        --include="linux-image-cloud-amd64,systemd,systemd-sysv,dbus,udev,iproute2,rsyslog${packages:+,$packages}" \
        bookworm "$tree" "$(mirror)" >"$folder/log" 2>&1 || {
        tail -n 5 "$folder/log" >&2
        skip "debootstrap could not make the base tree"
    }
    rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*
    add_runner "$tree"
    cp "$tree"/boot/vmlinuz-* "$folder/kernel"
    cp "$tree"/boot/initrd.img-* "$folder/initrd"
    mke2fs -q -t ext4 -d "$tree" "$folder/disk" "$(($(du -sm "$tree" | cut -f1) * 3 / 2 + 512))M" >>"$folder/log"
    rm -rf "$tree"
    touch "$folder/ready"
}

cache=${CONFORMD_MACHINE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/conformd-machine}
mkdir -p "$cache"
base=$cache/$( { echo "$packages"; declare -f add_runner make_base; } | sha256sum | cut -c1-12)
(
    flock 9
    [[ -e $base/ready ]] || make_base "$base"
) 9>"$base.lock"

run=$(mktemp -d)
trap 'rm -rf "$run"' EXIT
mkdir -p "$run/tree/payload" "$run/tree/out"
for path in "${payload[@]}"; do cp -a "$path" "$run/tree/payload/"; done
install -m 755 "$script" "$run/tree/script"
mke2fs -q -t ext4 -d "$run/tree" "$run/disk" "$(($(du -sm "$run/tree" | cut -f1) * 3 / 2 + 128))M" >/dev/null

timeout "$seconds" qemu-system-x86_64 -accel tcg,thread=multi -cpu max \
    -m "$megabytes" -smp 2 -display none -no-reboot -nic none \
    -kernel "$base/kernel" -initrd "$base/initrd" \
    -append "root=/dev/vda rw console=ttyS0 quiet systemd.show_status=false" \
    -drive "file=$base/disk,if=virtio,format=raw,snapshot=on" \
    -drive "file=$run/disk,if=virtio,format=raw" \
    -serial "file:$run/console" -serial "file:$run/said" </dev/null 2>"$run/qemu" || true

said() { tr -d '\r\000' <"$run/said" 2>/dev/null || true; }
said | grep -v '^machine-status ' || true
status=$(said | sed -n 's/^machine-status //p' | tail -n 1)
if [[ -n $out ]]; then
    mkdir -p "$out"
    debugfs -R "rdump /out $out" "$run/disk" >/dev/null 2>&1 || true
fi
if [[ -z $status ]]; then
    echo "machine: the script did not end within $seconds s; the console's and qemu's last:" >&2
    tail -n 15 "$run/console" "$run/qemu" >&2 2>/dev/null || true
    exit 124
fi
exit "$status"
