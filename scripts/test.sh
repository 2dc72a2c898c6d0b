#!/bin/bash
# Installs what is missing, builds and tests: the dev preset with all ordinary tests; address and
# undefined-behaviour sanitizers with the unit, plugin, system and fuzz tests; two seconds of fuzzing a
# target; the release preset, installed, in a virtual machine. Ends with one line that sums up; not 0
# when anything failed or was not finished in time.
set -uo pipefail

usage() {
    cat <<'END'
Usage: scripts/test.sh [--quick] [--no-install] [PATTERN]
  --quick       the dev preset only
  --no-install  do not install packages
  PATTERN       only tests whose name matches, as ctest -R
CONFORMD_TEST_MINUTES (preset 60) is the time for all of it, CONFORMD_TEST_JOBS how many at once,
CHAOS_PATIENCE (preset 2) how many times longer than promised the tests of chaos let things take.
END
}

quick=no
install=yes
pattern=
for argument in "$@"; do
    case "$argument" in
    --quick) quick=yes ;;
    --no-install) install=no ;;
    --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) pattern=$argument ;;
    esac
done

cd "$(dirname "$0")/.." || exit 1
minutes=${CONFORMD_TEST_MINUTES:-60}
# Build servers do other things meanwhile: what is promised in seconds may take twice as long here.
export CHAOS_PATIENCE=${CHAOS_PATIENCE:-2}
jobs=${CONFORMD_TEST_JOBS:-$(nproc)}
deadline=$((SECONDS + minutes * 60))
passed=0
failed=0
skipped=()
faults=()

left() {
    local seconds=$((deadline - SECONDS))
    echo $((seconds > 1 ? seconds : 1))
}

fault() {
    faults+=("$1")
    echo "test.sh: $1" >&2
}

# One number of the first line of a JUnit report.
count() {
    sed -n "s/.*[[:space:]]$2=\"\([0-9]*\)\".*/\1/p" "$1" | head -n 1
}

# What ctest skipped, and what a test skipped within itself (cmocka says so in its output).
name_skipped() {
    local report=$1 name
    while read -r name; do
        skipped+=("$2: $name")
    done < <(
        sed -n 's/.*<testcase name="\([^"]*\)".*status="notrun".*/\1/p' "$report"
        awk '/<testcase name="/ { split($0, part, "\""); test = part[2] }
             /\[  SKIPPED \] / { sub(/.*\[  SKIPPED \] /, ""); sub(/[^a-zA-Z0-9_].*/, "")
                                 if ($0 ~ /^[a-zA-Z_]/ && !seen[test $0]++) print test " " $0 }' "$report"
    )
}

# run_preset PRESET TARGET CTEST_ARGUMENT...
run_preset() {
    local preset=$1 target=$2 report total wrong notrun
    shift 2
    report=$PWD/build/$preset/junit.xml
    echo "== $preset: configure and build"
    # Warnings are errors here in every preset.
    if ! cmake --preset "$preset" -DBUILD_TESTING=ON -DCONFORMD_WERROR=ON \
        >"build/$preset.configure.log" 2>&1; then
        tail -n 30 "build/$preset.configure.log"
        fault "$preset could not be configured"
        return
    fi
    # What can be built is tested all the same.
    if ! timeout "$(left)" cmake --build "build/$preset" --target "$target" -j "$jobs" -- -k 0 \
        >"build/$preset.build.log" 2>&1; then
        grep -n -E 'error:|FAILED:|undefined reference' "build/$preset.build.log" | head -n 30
        fault "$preset could not be built whole"
    fi
    rm -f "$report"
    echo "== $preset: tests"
    timeout --signal=INT --kill-after=10 "$(left)" ctest --test-dir "build/$preset" -j "$jobs" \
        --output-on-failure --timeout 600 --output-junit "$report" \
        --test-output-size-passed 10000000 "$@" \
        ${pattern:+-R "$pattern"}
    local status=$?
    if [ ! -s "$report" ] || [ "$status" -ge 124 ]; then
        fault "$preset: the tests were not finished in time"
        return
    fi
    total=$(count "$report" tests)
    wrong=$(count "$report" failures)
    notrun=$(count "$report" skipped)
    passed=$((passed + ${total:-0} - ${wrong:-0} - ${notrun:-0}))
    failed=$((failed + ${wrong:-0}))
    [ "$status" -eq 0 ] || [ "${wrong:-0}" -gt 0 ] || fault "$preset: ctest answered $status"
    [ "${total:-0}" -gt 0 ] || [ -n "$pattern" ] || fault "$preset: there were no tests"
    name_skipped "$report" "$preset"
}

if [ "$install" = yes ]; then
    scripts/packages.sh --tests --fuzz || exit 1
fi
mkdir -p build
run_preset dev all -LE 'long|bench|machine'
if [ "$quick" = no ]; then
    # plain: tests that judge times, that sanitizers make far too slow, or that run for minutes what
    # shorter tests run under sanitizers as well.
    run_preset asan all -L 'unit|plugin|system|fuzz' -LE 'long|bench|machine|plain'
    run_preset fuzz fuzz_targets -L fuzzing -LE 'long|bench|machine'
    run_preset release all -L machine
fi

echo
for line in "${skipped[@]}"; do
    echo "skipped: $line"
done
for line in "${faults[@]}"; do
    echo "fault: $line"
done
echo "$passed passed, $((failed + ${#faults[@]})) failed, ${#skipped[@]} skipped"
[ "$failed" -eq 0 ] && [ "${#faults[@]}" -eq 0 ] && [ "$passed" -gt 0 ]
