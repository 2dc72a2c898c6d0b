#!/usr/bin/env bash
# Drives conformd with stand-ins for its children: parent.sh CONFORMD LIBEXEC FAKE_MANAGER
set -uo pipefail
conformd=$1 libexec=$2 manager=$3
failures=0

folder=$(mktemp -d)
trap 'kill -9 $(jobs -p) 2>/dev/null; rm -rf "$folder"' EXIT
trap 'exit 1' TERM INT
exec 2>"$folder/shell"

complain() {
    echo "FAILED: $*"
    failures=$((failures + 1))
    sed 's/^/    trace: /' "$folder/trace" | tail -n 25
    sed 's/^/    said: /' "$folder/said" | tail -n 15
}

# await SECONDS DESCRIPTION COMMAND...: until the command is true; the limit only ends a failure.
await() {
    local limit=$1 what=$2 end
    shift 2
    end=$((${EPOCHREALTIME/./} + limit * 1000000))
    while ! "$@"; do
        if ((${EPOCHREALTIME/./} > end)); then
            complain "$what"
            return 1
        fi
        sleep 0.02
    done
}
traced() { grep -Eq -- "$1" "$folder/trace"; }
noticed() { grep -Eq -- "$1" "$folder/notices"; }
said() { grep -Eq -- "$1" "$folder/said"; }
times() { (($(grep -Ec -- "$2" "$folder/$1") >= $3)); }
taken() { ! test -e "$folder/orders"; }
gone() { ! kill -0 "$1"; }
pid_of() { sed -nE "s/^$1 ([0-9]+) ready.*/\1/p" "$folder/trace" | tail -n 1; }
wants() { "${@:2}" || complain "$1"; }
refutes() { ! "${@:2}" || complain "$1"; }
order() { echo "$*" >"$folder/orders.new" && mv "$folder/orders.new" "$folder/orders"; }

write_config() {
    cat >"$folder/conformd.conf" <<CONF
state_dir = "$folder/state/deep";
runtime_dir = "$folder/run";
libexec_dir = "$folder/libexec";
plugin_dir = "$folder";
user = "nobody-of-this-name";
http = { listen = "127.0.0.1:${port:-29191}"; };
collectors = (
  { name = "one"; plugin = "log"; every = "10s"; files = ["/var/log/one"]; },
  { name = "two"; plugin = "log"; every = "10s"; files = ["/var/log/two"]; } );
$*
CONF
}

begin() {
    rm -rf "${folder:?}"/{mode.*,orders,state,run}
    : >"$folder/said"
    : >"$folder/trace"
    : >"$folder/notices"
    write_config
    for mode in "$@"; do echo "${mode#*=}" >"$folder/mode.${mode%%=*}"; done
    FAKE_SECRET=x NOTIFY_SOCKET=$folder/notify WATCHDOG_USEC=400000 \
        "$conformd" --config "$folder/conformd.conf" >>"$folder/said" 2>&1 7<"$folder/trace" &
    parent=$!
}
begin_well() {
    begin "$@"
    await 15 "conformd did not become ready" noticed '^READY=1'
    await 5 "the front is ready" traced '^front [0-9]+ ready'
    await 5 "the engine is ready" traced '^engine [0-9]+ ready'
}
finish() {
    local began=${EPOCHREALTIME/./} status
    kill -TERM "$parent"
    wait "$parent"
    status=$?
    ((status == 0)) || complain "SIGTERM: exit status $status"
    ((${EPOCHREALTIME/./} - began < 5000000)) || complain "SIGTERM: took longer than 5 s"
    wants "no STOPPING" noticed '^STOPPING=1'
}

cp -r "$libexec" "$folder/libexec"
: >"$folder/log.so"
"$manager" "$folder/notify" "$folder/notices" >/dev/null 2>&1 &

echo "- starts, tells, stops in order"
begin_well one=
await 5 "no watchdog" noticed '^WATCHDOG=1'
wants "two engines' checks" times trace '^engine [0-9]+ check with tables' 1
wants "the control socket" test -S "$folder/run/control.sock"
wants "the folder's mode" test "$(stat -c %a "$folder/state/deep") $(stat -c %a "$folder/run/api.sock")" = "750 660"
wants "the engine's inheritance" traced '^engine [0-9]+ start listeners=1 eff=0{16} amb=0{16} nnp=1 secret=hidden'
wants "the front's inheritance" traced '^front [0-9]+ start listeners=2 eff=0{16}'
wants "the front's channel" traced '^engine [0-9]+ connect .*"role":"front"'
order start one 7 0
await 5 "one is started" traced '^one [0-9]+ ready'
wants "one's channel" traced '^engine [0-9]+ connect .*"instance":"one","pid":[0-9]+,"role":"collector"'
if (($(id -u) == 0)); then
    wants "one's declared capability" traced '^one [0-9]+ start .*eff=0{15}4 amb=0{15}4'
fi
finish
wants "the order of the end" test "$(grep -E ' stop ' "$folder/trace" | cut -d' ' -f1 | tr '\n' ' ')" = "one front engine "
wants "one's end" traced '^engine [0-9]+ ended .*"code":0,.*"instance":"one","reason":"stopped".*"run":7.*"started":true'
refutes "the sockets are left" test -e "$folder/run/api.sock"

echo "- runs: ended, past the deadline, silent, unknown, asked for twice, ended by the engine"
begin_well one=once two=hang
order start one 1 5000
await 5 "one's run ends" traced 'ended .*"code":0.*"instance":"one","reason":"exited".*"run":1.*"started":true'
order start two 2 300
await 5 "two is killed at its deadline" traced 'ended .*"instance":"two","reason":"deadline".*"run":2,"signal":9'
echo silent >"$folder/mode.one"
order start one 3 0
await 9 "one is killed for its silence" traced 'ended .*"instance":"one","reason":"silent".*"run":3,"signal":9'
order start three 4 0
await 5 "three is refused" traced 'ended .*"instance":"three","reason":"no such collector[^"]*".*"started":false'
rm "$folder/mode.one"
order start one 5 0
await 5 "one runs" times trace '^one [0-9]+ ready' 3
order start one 6 0
await 5 "one runs already" traced 'ended .*"reason":"it runs already".*"run":6.*"started":false'
order end one
await 5 "one is ended" traced 'ended .*"instance":"one","reason":"stopped".*"run":5,"signal":9'
order start courier 0 0
await 5 "the courier" traced '^courier [0-9]+ ready'
echo stubborn >"$folder/mode.two"
order start two 8 0
await 5 "two runs" traced '^two [0-9]+ ready'
finish

echo "- a collector that dies comes again, after growing pauses"
begin_well one=crash
for run in 1 2 3 4 5 6; do
    order start one $run 0
    await 10 "run $run ended" traced "ended .*\"instance\":\"one\".*\"run\":$run,"
done
wants "deaths by signal" times trace 'ended .*"instance":"one".*"signal":6' 6
order start one 7 0
await 5 "the order is taken" taken
order end one
await 5 "who asked hears that it will not come" \
    traced 'ended .*"instance":"one","reason":"stopped".*"run":7,.*"started":false'
finish

echo "- kill -9 of the front, of the engine, of the parent"
begin_well
front=$(pid_of front) engine=$(pid_of engine)
kill -9 "$front"
await 5 "a second front" times trace '^front [0-9]+ ready' 2
await 5 "its channel" times trace "^engine $engine connect .*front" 2
order start one 1 0
await 5 "one runs" traced '^one [0-9]+ ready'
front=$(pid_of front) one=$(pid_of one)
kill -9 "$engine"
await 5 "a second engine" times trace '^engine [0-9]+ ready' 2
await 5 "a third front" times trace '^front [0-9]+ ready' 3
await 5 "the second front is gone" gone "$front"
await 5 "one is gone" gone "$one"
order start one 2 0
await 5 "one runs again" times trace '^one [0-9]+ ready' 2
engine=$(pid_of engine) front=$(pid_of front) one=$(pid_of one)
kill -9 "$parent"
wait "$parent"
await 5 "no engine without a parent" gone "$engine"
await 5 "no front without a parent" gone "$front"
await 5 "no collector without a parent" gone "$one"

echo "- reload: taken, refused by a role, refused for a mistake, a role that dies"
begin_well
order start one 1 0
await 5 "one runs" traced '^one [0-9]+ ready'
order start two 2 0
await 5 "two runs" traced '^two [0-9]+ ready'
sed -i 's,/var/log/one,/var/log/other,' "$folder/conformd.conf"
kill -HUP "$parent"
await 15 "the engine commits" traced '^engine [0-9]+ commit [0-9a-f]{64}'
await 5 "the front commits" traced '^front [0-9]+ commit'
await 5 "RELOADING, READY" times notices '^READY=1' 2
wants "the time of RELOADING" noticed '^MONOTONIC_USEC=[0-9]+'
await 5 "the changed one ends" traced 'ended .*"instance":"one","reason":"stopped"'
refutes "the unchanged two ended" traced '^two [0-9]+ stop'
wants "the changed one is asked again" times trace '^one [0-9]+ check' 2
refutes "the unchanged two is asked again" times trace '^two [0-9]+ check' 2
echo prepare-no >"$folder/mode.front"
kill -HUP "$parent"
await 15 "the engine abandons" traced '^engine [0-9]+ abandon'
await 5 "the reason" said 'the front: not with me; the old one stays'
await 5 "READY again" times notices '^READY=1' 3
rm "$folder/mode.front"
echo 'nonsense = 1;' >>"$folder/conformd.conf"
kill -HUP "$parent"
await 15 "READY after a mistake" times notices '^READY=1' 4
wants "the mistake's place" said 'conformd.conf:[0-9]+: .*nonsense'
sed -i /nonsense/d "$folder/conformd.conf"
echo prepare-die >"$folder/mode.front"
kill -HUP "$parent"
await 15 "the front's death abandons" times trace '^engine [0-9]+ abandon' 2
rm "$folder/mode.front"
await 15 "a new front" times trace '^front [0-9]+ ready' 2
port=29192
write_config
kill -HUP "$parent"
await 15 "the new address" times trace '^front [0-9]+ ready' 3
await 5 "it listens there" bash -c "exec 9<>/dev/tcp/127.0.0.1/29192"
port=29191
finish

echo "- what cannot begin says so"
begin engine=refuse
wait "$parent"
wants "exit status of a refusal" test $? -eq 1
wants "the engine's words" said "the engine cannot begin: the folder is another's"
begin one=check-fault
wait "$parent"
wants "exit status of a mistake" test $? -eq 2
wants "the mistake's place" said 'conformd.conf:8: .*this is not as it should be \(column 7\)'
refutes "started all the same" traced '^engine [0-9]+ start'
begin two=check-die
wait "$parent"
wants "exit status of a dead check" test $? -eq 2
wants "where it stands" said 'conformd.conf:9: .*ended without an answer'

echo "- check"
begin_well
kill -STOP "$parent"
echo check-warn >"$folder/mode.one"
"$conformd" --check --config "$folder/conformd.conf" >"$folder/checked" 2>&1
wants "exit status of a valid one" test $? -eq 0
wants "the summary" grep -q '^configuration is valid: 2 collectors' "$folder/checked"
wants "the warning" grep -Eq 'conformd.conf:8: warning: .*doubtful' "$folder/checked"
kill -CONT "$parent"
"$conformd" --config "$folder/conformd.conf" >"$folder/second" 2>&1
wants "a second daemon" test $? -eq 1
wants "its words" grep -q 'running already' "$folder/second"
finish

((failures == 0)) && echo "all well" || cat "$folder/shell"
exit $((failures != 0))
