# show.02.7.watchdog: an engine, and a daemon, that stand still are brought back, and no line is lost.

echo "- installed, it counts the lines of a file"
install
mkdir -p /etc/conformd/conf.d /var/log/chaos
chown conformd /var/log/chaos
cat >/etc/conformd/conf.d/chaos.conf <<'CONF'
collectors = ( { name = "chaos"; plugin = "log"; every = "2s"; files = ["/var/log/chaos/auth.log"];
                 rules = ["sshd"]; start = "beginning"; } );
CONF
: >/var/log/chaos/auth.log
wants "--check" conformd --check
wants "start" systemctl start conformd
written=0
# 500 lines, each with its number, in pieces of which none ends within a line.
writes() {
    local number
    for ((number = written; number < written + 500; number++)); do
        printf 'Nov 22 06:20:00 host sshd[%d]: Failed password for root from 203.0.113.7 port %d ssh2\n' \
            "$number" $((number % 65536))
    done >>/var/log/chaos/auth.log
    written=$((written + 500))
}
counted() { curl -s --max-time 5 --unix-socket /run/conformd/api.sock -G http://conformd/api/v1/query \
    --data-urlencode 'query=sum(log_auth_failures_total{instance="chaos"})' |
    jq -r '.data.result[0].value[1] // 0'; }
counts_all() { [[ $(counted) == "$written" ]]; }
writes
await 60 "the first lines" counts_all

engine_pid() { pgrep -f '^conformd-engine' | head -n 1; }

echo "- an engine that stands still is replaced by the parent, which stays"
main=$(shown MainPID) engine=$(engine_pid)
wants "an engine" test -n "$engine"
began=$SECONDS
kill -STOP "$engine"
writes
other_engine() { [[ -n $(engine_pid) && $(engine_pid) != "$engine" ]]; }
await 15 "another engine" other_engine
echo "  another engine after $((SECONDS - began)) s"
await 30 "every line once" counts_all
wants "the same parent" shows MainPID "$main"
wants "why" told 'engine is killed: silent'

# stands_still WHOM: systemd's watchdog finds it within its 30 s and ends what does not end.
stands_still() {
    local main began=$SECONDS restarts
    main=$(shown MainPID) restarts=$(shown NRestarts)
    wants "the signal" systemctl kill --kill-whom="$1" -s STOP conformd
    writes
    await 70 "another daemon" is_another "$main"
    echo "  another daemon after $((SECONDS - began)) s"
    wants "restarted by systemd" shows NRestarts $((restarts + 1))
    await 60 "every line once" counts_all
    wants "the old one is gone" test ! -e "/proc/$main"
}

echo "- a parent that stands still is replaced by systemd"
stands_still main
wants "why" eval 'journalctl -u conformd --no-pager -o cat | grep -q "Watchdog timeout"'

echo "- and so are all of them together"
stands_still all

echo "- afterwards every line is counted once, and it stops clean"
writes
await 30 "every line once" counts_all
wants "stop" systemctl stop conformd
wants "result" shows Result success
wants "nothing is left" eval '! pgrep -f ^conformd-'
wants "rebuild --check" runuser -u conformd -- conformctl rebuild --check

finish
