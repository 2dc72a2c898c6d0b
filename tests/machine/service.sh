#!/usr/bin/env bash
# In a machine: conformd installed with its unit starts, is ready, gathers the machine's evidence
# from its journal, sees accounts, sshd and logins change, reloads, comes again after kill -9, and
# stops clean. The install tree is /machine/payload/root.
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

echo "- installed, it starts and is ready"
install
wants "the account" id conformd
wants "--check" conformd --check
wants "start" systemctl start conformd
wants "active" systemctl -q is-active conformd
wants "ready by its own word" shows SubState running
wants "its children" pgrep -f '^conformd-engine'
wants "health" curl -sf -o /dev/null http://127.0.0.1:9191/healthz
wants "not root" test "$(stat -c %U "/proc/$(shown MainPID)")" = conformd
systemd-analyze security conformd --no-pager | tail -n 1

echo "- within 60 s six of seven shipped measures carry a value"
await 60 "six measures with a value" carry_values 6
for id in M003 M004 M005 M009 M013 M018 M066; do echo "  $id $(value_of $id)"; done

echo "- what changes on the machine is seen"
logger -t sshd -p auth.info 'Accepted password for root from 203.0.113.9 port 4711 ssh2'
before=$(value_of M005)
useradd -M -o -u 0 -g 0 second
passwd -d second >/dev/null
echo 'PermitRootLogin yes' >/etc/ssh/sshd_config.d/00-test.conf
collect accounts
collect sshd
await 60 "M013: a second account with uid 0" is_above M013 0 || reason_of M013
await 60 "M009: an empty password" is_above M009 0 || reason_of M009
await 60 "M005: root may log in" is_other M005 "$before" || reason_of M005
await 60 "M004: a login of root, from the journal" is_above M004 0 || reason_of M004
userdel -f second 2>/dev/null || sed -i '/^second:/d' /etc/passwd /etc/shadow
collect accounts
await 60 "M013 is back" eval '[[ $(value_of M013) == 0 || $(value_of M013) == 0.0 ]]'

echo "- it reloads"
main=$(shown MainPID)
sed -i 's/name = "sshd"; plugin = "sshd"; every = "1h"/name = "sshd"; plugin = "sshd"; every = "2h"/' \
    /etc/conformd/conformd.conf
wants "reload" systemctl reload conformd
await 30 "the new configuration" told 'is in force'
wants "the same process" shows MainPID "$main"
mkdir -p /etc/conformd/conf.d
echo 'nonsense = 1;' >/etc/conformd/conf.d/nonsense.conf
systemctl reload conformd
await 30 "the refusal" told 'was not reloaded'
rm /etc/conformd/conf.d/nonsense.conf
wants "works on" systemctl -q is-active conformd

echo "- it comes again after kill -9"
kill -9 "$main"
other_process() { systemctl -q is-active conformd && ! shows MainPID "$main" && ! shows MainPID 0; }
await 30 "a new process" other_process
await 30 "its values" carry_values 4

echo "- it stops clean"
began=$SECONDS
wants "stop" systemctl stop conformd
((SECONDS - began <= 6)) || complain "stopping took $((SECONDS - began)) s"
wants "result" shows Result success
wants "exit status" shows ExecMainStatus 0
wants "nothing is left" eval '! pgrep -f ^conformd-'

journalctl -u conformd --no-pager -o cat >/machine/out/journal
((failures == 0)) && echo "all well" || tail -n 40 /machine/out/journal
exit $((failures != 0))
