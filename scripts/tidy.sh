#!/bin/bash
# Runs clang-tidy with the tree's .clang-tidy over daemon/ and plugins/, or over the files named:
# what it says, each finding once, and a line that sums up. 1 with findings. Not one of the tests: it
# takes minutes, and another version of clang-tidy finds other things (the tree is kept for 14).
set -uo pipefail

usage() {
    cat <<'END'
Usage: scripts/tidy.sh [--build-dir DIR] [FILE...]
  --build-dir DIR  a configured build, for its compile_commands.json; preset build/dev, which is
                   configured where it is not there
  FILE             .c files; a header is read with the files that include it
CONFORMD_TIDY_JOBS how many at once (preset: the number of processors), CLANG_TIDY the program.
END
}

build=
files=()
while [ $# -gt 0 ]; do
    case "$1" in
    --build-dir)
        [ $# -ge 2 ] || { usage >&2; exit 2; }
        build=$(realpath -m -- "$2")
        shift
        ;;
    --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *.c) files+=("$(realpath -- "$1")") || exit 2 ;;
    *) echo "tidy.sh: $1 is no .c file" >&2; exit 2 ;;
    esac
    shift
done

cd "$(dirname "$0")/.." || exit 2
tidy=${CLANG_TIDY:-clang-tidy}
if ! command -v "$tidy" >/dev/null; then
    echo "tidy.sh: $tidy is not there (Debian 12: apt install clang-tidy)" >&2
    exit 2
fi
if [ -z "$build" ]; then
    build=$PWD/build/dev
    if [ ! -e "$build/compile_commands.json" ] && ! cmake --preset dev >/dev/null; then
        echo "tidy.sh: the dev preset could not be configured" >&2
        exit 2
    fi
fi
if [ ! -e "$build/compile_commands.json" ]; then
    echo "tidy.sh: there is no compile_commands.json in $build: cmake configures it" >&2
    exit 2
fi
if [ ${#files[@]} -eq 0 ]; then
    mapfile -t files < <(find "$PWD/daemon" "$PWD/plugins" -name '*.c' | sort)
fi

# What no build compiles has no command to be read with, and clang-tidy would guess one.
known=()
for file in "${files[@]}"; do
    if grep -qF "\"file\": \"$file\"" "$build/compile_commands.json"; then
        known+=("$file")
    else
        echo "tidy.sh: ${file#"$PWD/"} is not compiled in $build: passed over" >&2
    fi
done
if [ ${#known[@]} -eq 0 ]; then
    echo "tidy.sh: no file to read" >&2
    exit 2
fi

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export tidy build work
# One output a file, as several write at once; the status tells a file that could not be read.
# shellcheck disable=SC2016
printf '%s\0' "${known[@]}" |
    xargs -0 -n 1 -P "${CONFORMD_TIDY_JOBS:-$(nproc)}" bash -c '
        name=${1//\//_}
        "$tidy" -p "$build" --quiet "$1" >"$work/$name.out" 2>"$work/$name.err"
        status=$?
        if [ "$status" -ne 0 ] && ! grep -qE "(warning|error): " "$work/$name.out"; then
            { echo "$1:1:1: error: $tidy answered $status [tidy.sh]"
              tail -n 5 "$work/$name.err"; } >>"$work/$name.out"
        fi
        exit 0' tidy.sh
cat "$work"/*.out | sed "s|$PWD/||g"
# A header's finding is told with each file that includes it.
mapfile -t found < <(cat "$work"/*.out | sed "s|$PWD/||g" |
    grep -E '^[^ ]+:[0-9]+:[0-9]+: (warning|error): ' | sort -u)
echo
if [ ${#found[@]} -gt 0 ]; then
    printf '%s\n' "${found[@]}" | sed -n 's/.*\[\([^],]*\).*\]$/\1/p' | sort | uniq -c | sort -rn
fi
echo "${#known[@]} files read, ${#found[@]} findings"
[ ${#found[@]} -eq 0 ]
