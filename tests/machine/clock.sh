# show.02.7, its clock: set a day back and forth while conformd runs, with nothing that sets it
# right. Each step is a leaf; all is judged again within one interval; each measure is evaluated at
# its interval of the boot clock, and nothing that was read is lost.

every=5
uptime() { cut -d' ' -f1 /proc/uptime; }
evaluations() {
    curl -s --max-time 5 http://127.0.0.1:9191/metrics |
        sed -n 's/^conformd_evaluations_total{measure="CLOCK1"} //p'
}
state_of() { api "measures/$1" | jq -r '(.measure? // .).state'; }
judged_at() { date -d "$(api "measures/$1" | jq -r '(.measure? // .).judged_at')" +%s; }
is_judged_now() {
    local age=$(($(date +%s) - $(judged_at "$1")))
    ((age >= -1 && age <= every + 2))
}
is_met() { [[ $(state_of CLOCK2) == met ]] && is_judged_now CLOCK2; }
# The whole ledger, a thousand leaves a question.
ledger() {
    local size from
    size=$(api status | jq .ledger.size)
    for ((from = 0; from < size; from += 1000)); do
        api "evidence?from=$from&limit=1000" | jq -c '.leaves[]'
    done
}
# Lines that any evidence tells of: what left the series must stand in the ledger.
kept_lines() {
    local index
    for index in $(jq 'select(.leaf.t == "evidence" and .leaf.excerpts > 0) | .index' \
        /machine/out/ledger); do
        api "evidence/$index" | jq -c '.readings[]?'
    done | jq -s '[.[] | select(.attribute == "log_auth_failures") | .value | tonumber] | add // 0'
}
fail_logins() {
    for _ in 1 2 3 4 5; do
        logger -t sshd -p auth.info "Failed password for root from 203.0.113.9 port 4711 ssh2"
    done
}

echo "- it runs, and nothing sets its clock"
install
systemctl -q disable --now systemd-timesyncd chrony ntp 2>/dev/null
mkdir -p /etc/conformd/conf.d
cat >/etc/conformd/conf.d/clock.conf <<'CONF'
collectors = ( { name = "quick"; plugin = "example"; every = "5s"; } );
measures = (
    { id = "CLOCK1"; name = "Nothing touches it"; kind = "performance";
      information_need = "Is it evaluated at its interval?";
      formula = "sum(accounts_empty_password)"; unit = "1"; every = "5s"; owner = "test";
      why = "a test"; if_missed = "a test"; criterion = { target = "<= 1000000"; }; },
    { id = "CLOCK2"; name = "A collector feeds it"; kind = "performance";
      information_need = "Is it known again?"; formula = "max(example_load)"; unit = "1";
      every = "5s"; owner = "test"; why = "a test"; if_missed = "a test";
      criterion = { target = "<= 1000000"; }; } );
CONF
wants "start" systemctl start conformd
await 60 "the first evaluation" eval '[[ $(evaluations) -ge 1 ]]'
await 60 "its value" is_met
fail_logins
sleep 12

# Every increment with its boot time, until it is told to stop.
watch_evaluations() {
    local last=-1 now
    until [[ -e /machine/out/enough ]]; do
        now=$(evaluations)
        if [[ -n $now && $now != "$last" ]]; then
            echo "$(uptime) $now" && last=$now
        fi
        sleep 0.3
    done
}
watch_evaluations >/machine/out/evaluations &
watcher=$!
sleep 11

for step in "-1 day" "+1 day"; do
    echo "- the clock is set: $step"
    before=$(evaluations) stepped=$(uptime)
    date -s "$step" >/dev/null
    await $((every + 4)) "evaluated again" eval '[[ $(evaluations) -gt $before ]]'
    await $((every + 4)) "judged by the new clock" is_judged_now CLOCK1
    await $((2 * every + 4)) "known again" is_met
    echo "  known again after $(jq -n "$(uptime) - $stepped") s"
    fail_logins
    sleep 12
done
sleep 10
touch /machine/out/enough
wait $watcher

echo "- none was missed, none doubled"
# Between two readings of the counter: at most one evaluation an interval, and one more at a step.
awk -v every=$every -v steps=2 '
    NR > 1 && $1 - at > 2 * every { printf "FAILED: none for %.1f s\n", $1 - at; bad = 1 }
    NR == 1 { first = $1; begun = $2 }
    { at = $1; count = $2 }
    END {
        passed = at - first; n = count - begun
        printf "  %d evaluations in %.1f s of the boot clock\n", n, passed
        if (n < int(passed / (every + 0.5)) || n > passed / every + 1 + steps) {
            print "FAILED: there should be about " passed / every; bad = 1
        }
        exit bad
    }' /machine/out/evaluations || complain "evaluations"

echo "- each step is a leaf, and nothing is lost"
ledger >/machine/out/ledger
clocks=$(jq -c 'select(.leaf.t == "clock" and .leaf.from) | .leaf' /machine/out/ledger | tee /dev/stderr | wc -l)
[[ $clocks == 2 ]] || complain "$clocks clock leaves"
lines=$(kept_lines)
[[ $lines == 15 ]] || complain "$lines lines of 15 are in the ledger"
echo "  $lines of 15 lines in the ledger"
wants "the same process" test "$(shown NRestarts)" = 0
wants "stop" systemctl stop conformd
wants "start" systemctl start conformd
await 30 "ready with its ledger" curl -sf -o /dev/null http://127.0.0.1:9191/healthz
wants "stop" systemctl stop conformd
wants "rebuild --check" runuser -u conformd -- conformctl rebuild --check

finish
