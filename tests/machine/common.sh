#!/usr/bin/env bash
# What the machine's scripts share: waiting, asking, installing. The install tree is
# /machine/payload/root.
set -uo pipefail
failures=0

complain() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}
wants() { "${@:2}" || complain "$1"; }

# await SECONDS DESCRIPTION COMMAND...: until the command is true.
await() {
    local limit=$1 what=$2 end=$((SECONDS + $1))
    shift 2
    until "$@"; do
        if ((SECONDS >= end)); then
            complain "$what (not within $limit s)"
            return 1
        fi
        sleep 0.5
    done
}

shown() { systemctl show -p "$1" --value conformd; }
shows() { [[ $(shown "$1") == $2 ]]; }
# The service runs again, as another process than this one. The process is asked first: while the old one
# ends there is none, and what was active before may not be any more.
is_another() {
    local now
    now=$(shown MainPID)
    [[ -n $now && $now != 0 && $now != "$1" ]] && systemctl -q is-active conformd
}
told() { journalctl -u conformd --no-pager -o cat | grep -q -- "$1"; }
api() { curl -s --max-time 10 --unix-socket /run/conformd/api.sock "http://conformd/api/$1"; }
value_of() { api "measures/$1" | jq -r '(.measure? // .).value'; }
reason_of() { echo "  $1: $(api "measures/$1" | jq -c '(.measure? // .) | {value, state, reason}')"; }
has_value() { [[ $(value_of "$1") =~ ^-?[0-9] ]]; }
is_above() { [[ $(value_of "$1") =~ ^[0-9] ]] && jq -ne "$(value_of "$1") > $2" >/dev/null; }
is_other() { has_value "$1" && [[ $(value_of "$1") != "$2" ]]; }
carry_values() {
    local id count=0
    for id in M003 M004 M005 M009 M013 M018 M066; do has_value $id && count=$((count + 1)); done
    ((count >= $1))
}
collect() { conformctl collect "$1" >/machine/out/collect.$1 2>&1 || complain "collect $1"; }

install() {
    cp -a --no-preserve=ownership /machine/payload/root/. /
    systemd-sysusers && systemd-tmpfiles --create conformd.conf
    systemctl daemon-reload
    # No syslog daemon: what there is to know of logins is in the journal.
    systemctl -q disable --now rsyslog syslog.socket 2>/dev/null
    rm -f /var/log/auth.log
    systemctl -q start ssh
}


finish() {
    journalctl -u conformd --no-pager -o cat >/machine/out/journal
    ((failures == 0)) && echo "all well" || tail -n 40 /machine/out/journal
    exit $((failures != 0))
}
