#!/bin/bash
# Installs what is missing, builds the release preset and runs conformd in the foreground on this
# very machine, from etc/'s short configuration, with a state folder of the caller's own. Prints the
# dashboard's one-time link, what to type next, and then each change of what is found.
set -euo pipefail

usage() {
    cat <<'END'
Usage: scripts/run.sh [--state DIR] [--listen HOST:PORT] [--no-install] [--build-dir DIR]
  --state DIR         where evidence, sockets and the generated configuration are kept
                      (preset ${XDG_STATE_HOME:-$HOME/.local/state}/conformd)
  --listen HOST:PORT  where the dashboard listens (preset 127.0.0.1:9191)
  --no-install        do not install packages
  --build-dir DIR     run what is built there; build nothing
Ctrl-C ends it. The state folder stays: the next start goes on from it.
END
}

say() {
    printf '%s\n' "$*"
}

fail() {
    printf 'run.sh: %s\n' "$*" >&2
    exit 1
}

state=
listen=127.0.0.1:9191
install=yes
build=
while [ $# -gt 0 ]; do
    case "$1" in
    --state | --listen | --build-dir)
        [ $# -ge 2 ] || fail "$1 needs a value"
        case "$1" in
        --state) state=$2 ;;
        --listen) listen=$2 ;;
        --build-dir) build=$(realpath -m -- "$2") ;;
        esac
        shift
        ;;
    --no-install) install=no ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done
if [ -z "$state" ]; then
    [ -n "${XDG_STATE_HOME:-${HOME:-}}" ] || fail "HOME is not set: say where with --state DIR"
    state=${XDG_STATE_HOME:-$HOME/.local/state}/conformd
fi
state=$(realpath -m -- "$state")
runtime=$state/run
case "$state$build" in
*[\"\\]*) fail "a folder's name holds a quote or a backslash: $state" ;;
esac
# The name of a socket has at most 107 bytes, and more come behind this one.
[ "${#runtime}" -le 80 ] || fail "$state is too long for the path of a socket: --state DIR"
case "$listen" in
*:*[!0-9]* | *: | *[!0-9A-Za-z.:\[\]-]*) fail "--listen takes HOST:PORT, not $listen" ;;
*:*) ;;
*) fail "--listen takes HOST:PORT, not $listen" ;;
esac

cd "$(dirname "$0")/.."
source=$PWD
# The daemon loads no collector that others could write.
umask 022

if [ "$install" = yes ]; then
    scripts/packages.sh
fi

# Prints one line of progress, which a terminal updates in place. Every line read is passed on.
show_progress() {
    local word counts line
    [ -t 2 ] || printf '== building in build/release\n' >&2
    while IFS= read -r line; do
        printf '%s\n' "$line"
        read -r word counts _ <<<"$line"
        if [ "$word" = "@built" ] && [ -t 2 ]; then
            printf '\r== building in build/release: %s of %s ' "${counts%/*}" "${counts#*/}" >&2
        fi
    done
    [ ! -t 2 ] || printf '\n' >&2
}

# Prints what the compiler said of the steps that failed, without their commands.
show_failure() {
    awk '/^FAILED: /{ failed = 1; print; getline; next }
         /^@built /{ failed = 0 }
         failed || /^(CMake Error|ninja: error)/' "$1" | head -n 60 >&2
}

build_product() {
    local log=$build/build.log
    mkdir -p "$build"
    cmake --preset release -DBUILD_TESTING=OFF >"$log" 2>&1 || {
        cat "$log" >&2
        fail "the build could not be configured; the whole log is $log"
    }
    NINJA_STATUS='@built %f/%t ' cmake --build "$build" 2>&1 | show_progress >>"$log" || {
        show_failure "$log"
        fail "the build failed; the whole log is $log"
    }
    chmod go-w "$build/plugins" "$build"/plugins/*.so
}

if [ -z "$build" ]; then
    build=$source/build/release
    build_product
fi
bin=$build/bin
[ -x "$bin/conformd" ] || fail "$bin/conformd is not there: build first, or leave out --build-dir"
ctl=("$bin/conformctl" --socket "$runtime")

# --- the configuration ---

notes=()
local_settings() {
    local loginuid
    cat <<END
# Written by scripts/run.sh at each start, as the copies of etc/ beside this folder. What you add is
# kept in a file of its own in conf.d.
state_dir = "$state";
runtime_dir = "$runtime";
plugin_dir = "$build/plugins";
libexec_dir = "$bin";
user = "$(id -un)";
# What follows asks every few seconds, and is no news.
log_reads = false;
END
    loginuid=$(cat /proc/self/loginuid 2>/dev/null || echo 4294967295)
    if [ "$loginuid" = 4294967295 ]; then
        say 'allow_unattributed = true;'
    fi
}

# etc/conformd.conf with the address, and without the channel to a syslog that is not there.
main_settings() {
    awk -v listen="$listen" -v syslog="$1" '
        /^http = / { sub(/listen = "[^"]*"/, "listen = \"" listen "\"") }
        syslog == "no" && /^channels = \(/ { skipping = 1 }
        !skipping { print }
        skipping && /^\);/ { skipping = 0 }' etc/conformd.conf
}

if "${ctl[@]}" status >/dev/null 2>&1; then
    fail "conformd already runs with $state. Its dashboard: ${ctl[*]} open"
fi
if (exec 3<>"/dev/tcp/${listen%:*}/${listen##*:}") 2>/dev/null; then
    fail "$listen is taken by another program: choose another port, as --listen 127.0.0.1:9291"
fi
mkdir -p "$(dirname "$state")"
[ -d "$state" ] || mkdir -m 0700 "$state" || fail "$state cannot be made: --state DIR"
mkdir -p "$state/etc/conf.d" "$state/etc/measures.d" "$state/etc/rules.d"
cp etc/measures.d/*.conf "$state/etc/measures.d/"
cp etc/rules.d/*.conf "$state/etc/rules.d/"
syslog=yes
if [ ! -S /dev/log ]; then
    syslog=no
    notes+=("there is no /dev/log here: nothing is told to syslog, and the channel is left out")
fi
main_settings "$syslog" >"$state/etc/conformd.conf"
local_settings >"$state/etc/conf.d/local.conf"
if grep -q '^allow_unattributed' "$state/etc/conf.d/local.conf"; then
    notes+=("this session has no audit loginuid: acts without one are allowed, and each says so")
fi
if [ "$(id -u)" -ne 0 ]; then
    notes+=("not root: what you may not read is unknown, with its reason")
fi

# --- the daemon ---

daemon=
ending=
stop() {
    ending=yes
    [ -z "$daemon" ] || kill -TERM "$daemon" 2>/dev/null || true
}
trap stop INT TERM HUP
trap '[ -z "$daemon" ] || kill -TERM "$daemon" 2>/dev/null || true' EXIT

pause() {
    sleep "$1" &
    wait $! || true
}

say "== conformd with ${state}"
# In a session of its own: Ctrl-C comes here, and from here its order to end.
setsid "$bin/conformd" --config "$state/etc/conformd.conf" &
daemon=$!

is_running() {
    kill -0 "$daemon" 2>/dev/null
}

finish() {
    local status=0
    while is_running; do
        wait "$daemon" && status=0 || status=$?
    done
    [ "$status" -ne 0 ] || wait "$daemon" 2>/dev/null || status=$?
    if [ -n "$ending" ]; then
        say "== ended; $state stays, and the next start goes on from there"
        exit 0
    fi
    say "run.sh: conformd ended by itself with $status" >&2
    exit "$((status ? status : 1))"
}

tries=0
until "${ctl[@]}" --json status 2>/dev/null | grep -q '"ready": true'; do
    if ! is_running || [ -n "$ending" ]; then
        finish
    fi
    tries=$((tries + 1))
    if [ "$tries" -gt 600 ]; then
        stop
        fail "conformd did not become ready within two minutes"
    fi
    pause 0.2
done

say ""
say "Dashboard, usable once within ten minutes (again: ${ctl[*]} open):"
say "    $("${ctl[@]}" open 2>/dev/null || echo "no link could be made")"
say "Worth typing next, in another terminal:"
say "    ${ctl[*]} measures"
say "    ${ctl[*]} adopt"
for note in "${notes[@]}"; do
    say "note: $note"
done
say "What is found, as it changes (Ctrl-C ends):"

# --- what is found ---

# One line for each object of a list: the members asked for, between unit separators.
members() {
    awk -v wanted="$1" '
        BEGIN { count = split(wanted, names, " ") }
        function text(line) {
            sub(/^ +"[a-z_]+": /, "", line)
            sub(/,$/, "", line)
            if (line ~ /^"/) {
                line = substr(line, 2, length(line) - 2)
                gsub(/\\"/, "\"", line)
                gsub(/\\\\/, "\\", line)
                return line
            }
            return line ~ /^-?[0-9.]+(e[-+]?[0-9]+)?$/ ? sprintf("%.6g", line) : line
        }
        /^      "[a-z_]+": / { key = $1; gsub(/[":]/, "", key); value[key] = text($0) }
        /^    }/ {
            for (i = 1; i <= count; i++)
                printf "%s%s", value[names[i]], i < count ? "\037" : "\n"
            delete value
        }'
}

declare -A known
tell_measures() {
    local id value state_now name reason would line was
    while IFS=$'\037' read -r id value state_now name reason would; do
        line="$state_now $would"
        case "$state_now" in
        missed | at_risk) line+=" $value" ;;
        # A reason may hold a time that passes.
        unknown) line+=" ${reason//[0-9]/}" ;;
        esac
        was=${known[$id]-}
        [ "$was" != "$line" ] || continue
        known[$id]=$line
        line="$id $state_now"
        [ -z "$was" ] || [ "${was%% *}" = "$state_now" ] || line="$id ${was%% *} -> $state_now"
        [ "$value" = null ] || [ "$state_now" = unknown ] || line+=" ($value)"
        [ "$would" != true ] || line+=", on trial: would raise"
        line+=": $name"
        [ -z "$reason" ] || line+=": $reason"
        say "$(date +%H:%M:%S) $line"
    done < <("${ctl[@]}" --json measures 2>/dev/null |
        members "id value state name reason would_raise")
}

tell_findings() {
    local ref state_now title cleared line
    while IFS=$'\037' read -r ref state_now title cleared; do
        line="$state_now $cleared"
        [ "${known[$ref]-}" != "$line" ] || continue
        known[$ref]=$line
        line="$ref $state_now: $title"
        [ "$cleared" = null ] || line+="; its condition cleared at $cleared"
        say "$(date +%H:%M:%S) $line"
    done < <("${ctl[@]}" --json nc list 2>/dev/null |
        members "ref state title condition_cleared_at")
}

while is_running && [ -z "$ending" ]; do
    tell_measures
    tell_findings
    pause 2
done
finish
