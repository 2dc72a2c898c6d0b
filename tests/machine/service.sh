# show.01.8: installed with its unit conformd starts, is notified ready, gathers that machine's
# evidence from its journal, reloads, comes again after kill -9, stops clean.

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


echo "- it gathers this machine's evidence from its journal"
logger -t sshd -p auth.info 'Failed password for root from 203.0.113.9 port 4711 ssh2'
counted() { [[ $(curl -s --unix-socket /run/conformd/api.sock -G http://conformd/api/v1/query \
    --data-urlencode 'query=sum(log_auth_failures_total{user="root",source=~"p-.+"})' |
    jq -r '.data.result[0].value[1]') == 1 ]]; }
await 60 "the journal's line" counted

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
await 30 "a new process" is_another "$main"
await 30 "its values" carry_values 4

echo "- it stops clean"
began=$SECONDS
wants "stop" systemctl stop conformd
((SECONDS - began <= 6)) || complain "stopping took $((SECONDS - began)) s"
wants "result" shows Result success
wants "exit status" shows ExecMainStatus 0
wants "nothing is left" eval '! pgrep -f ^conformd-'

finish
