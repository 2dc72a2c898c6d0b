# show.01.1, in a machine with openssh-server: within 60 s six of seven measures carry a value, and
# what is changed on the machine is seen.

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

echo "- what is unknown says why, and raises nothing"
wants "reasons" eval '[[ -z $(api measures | jq -r ".measures[] | select(.state == \"unknown\" and .reason == \"\") | .id") ]]'
wants "no finding" eval '[[ $(api findings | jq ".findings | length") == 0 ]]'
wants "stop" systemctl stop conformd

finish
