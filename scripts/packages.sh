#!/bin/bash
# Lists or installs the Debian 12 packages that conformd is built from, runs with and is tested with.
# Nothing is removed, and no service is started by what is installed.
set -euo pipefail

run=(libevent-core-2.1-7 libevent-extra-2.1-7 libcurl4 libconfig9 libsqlite3-0 libssl3 libjansson4
     libsystemd0 libseccomp2 libpcre2-8-0)
build=(gcc libc6-dev cmake make ninja-build pkg-config libevent-dev libcurl4-openssl-dev libconfig-dev
       libsqlite3-dev libssl-dev libjansson-dev libsystemd-dev libseccomp-dev libpcre2-dev)
tests=(libcmocka-dev g++ binutils python3 curl openssl sqlite3 prometheus python3-prometheus-client
       systemd-journal-remote openssh-server debootstrap qemu-system-x86 e2fsprogs mandoc
       clang-format)
fuzz=(clang libclang-rt-14-dev)

usage() {
    cat <<'END'
Usage: scripts/packages.sh [--tests] [--fuzz] [--list] [--dry-run]
Installs the packages to build and run conformd that are missing here (Debian 12).
  --tests    also those of the tests
  --fuzz     also those of the fuzz preset
  --list     only print the names, one a line
  --dry-run  only print what is missing, one a line
END
}

wanted=("${run[@]}" "${build[@]}")
action=install
for argument in "$@"; do
    case "$argument" in
    --tests) wanted+=("${tests[@]}") ;;
    --fuzz) wanted+=("${fuzz[@]}") ;;
    --list) action=list ;;
    --dry-run) action=missing ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
done

if [ "$action" = list ]; then
    printf '%s\n' "${wanted[@]}"
    exit 0
fi

missing=()
for package in "${wanted[@]}"; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done

if [ "$action" = missing ]; then
    [ "${#missing[@]}" -eq 0 ] || printf '%s\n' "${missing[@]}"
    exit 0
fi
if [ "${#missing[@]}" -eq 0 ]; then
    echo "packages: all ${#wanted[@]} are there"
    exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "packages: missing, and neither root nor sudo: ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

log=$(mktemp)
policy=
end() {
    rm -f "$log"
    [ -z "$policy" ] || "${as_root[@]}" rm -f "$policy"
}
trap end EXIT

# invoke-rc.d asks this program whether a service may start; one that is there is left alone.
if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 0755 "$policy"
fi

# Shows the output of apt-get only when it fails. Nobody would see a question, so there is no input.
quietly() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-remove "$@" \
        >"$log" 2>&1 </dev/null || {
        cat "$log" >&2
        echo "packages: apt-get $1 failed" >&2
        exit 1
    }
}

echo "packages: installing ${#missing[@]}: ${missing[*]}"
quietly update
quietly install --no-install-recommends "${missing[@]}"
