#!/usr/bin/env bash
# Runs a script of this folder in a machine that has the build's install tree as its payload:
# installed.sh BUILD_FOLDER SCRIPT [OUT_FOLDER]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$1 script=$2 out=${3:-}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
DESTDIR=$tree/root cmake --install "$build" >/dev/null || {
    echo "skipped: $build is not built whole, or was not configured for /usr" >&2
    exit 77
}
cat "$here/common.sh" "$here/$script" >"$tree/script"
helpers=()
[[ -d $build/machine ]] && helpers=(-a "$build/machine")
"$here/machine.sh" -t 420 -p "$(paste -sd, "$here/packages")" -a "$tree/root" "${helpers[@]}" ${out:+-o "$out"} \
    "$tree/script"
