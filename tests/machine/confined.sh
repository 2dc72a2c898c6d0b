# show.02.3, on Debian's own kernel: what a plugin and the running front try is refused, each with its
# errno, while the engine goes on; every program's rights and descriptors are read from /proc.

names=([0]=let-through [1]=EPERM [2]=ENOENT [9]=EBADF [13]=EACCES [14]=EFAULT [22]=EINVAL [38]=ENOSYS)
scratch=/var/lib/conformd/scratch
turns() { curl -s http://127.0.0.1:9191/metrics | awk '/^conformd_turns(_total)? /{print int($2)}'; }
query() { curl -s --unix-socket /run/conformd/api.sock -G http://conformd/api/v1/query \
    --data-urlencode "query=$1"; }
engine_pid() { pgrep -f '^conformd-engine'; }
front_pid() { pgrep -f '^conformd-front'; }
of_plugin() {
    query escape_errno | jq -r '.data.result[] | "\(.metric.attempt) \(.metric.wanted) \(.value[1])"'
}
tried_all() { (($(of_plugin | wc -l) >= 36)); }
grew() { (($(turns) > $1)); }

# judge WHO: lines of "attempt wanted got".
judge() {
    local attempt wanted got rest count=0 shown=
    while read -r attempt wanted got rest; do
        count=$((count + 1))
        shown+="$attempt ${names[$got]:-$got}, "
        [[ $wanted == "$got" ]] ||
            complain "$1: $attempt: ${names[$got]:-$got} instead of ${names[$wanted]}"
    done
    echo "  $1: $shown$count attempts"
    ((count >= 35)) || complain "$1: only $count attempts"
}

echo "- installed, with a plugin that tries to get out"
install
cp /machine/payload/machine/escape.so /usr/lib/conformd/
mkdir -p $scratch /etc/conformd/conf.d
echo line >$scratch/file
chown -R conformd: /var/lib/conformd
echo "collectors = ( { name = \"escape\"; plugin = \"escape\"; every = \"10s\";
    scratch = \"$scratch\"; } );" >/etc/conformd/conf.d/escape.conf
wants "start" systemctl start conformd
await 60 "readings of the plugin" tried_all
state=$(api collectors | jq -c '.collectors[] | select(.name == "escape").sandbox')
echo "  kernel $(uname -r), $state"
wants "the state: seccomp" eval '[[ $(jq .seccomp <<<"$state") == true ]]'
wants "the state: Landlock of this kernel" eval '(($(jq .landlock <<<"$state") >= 2))'
conformctl collectors --sandbox

echo "- each attempt of the plugin is refused"
of_plugin | judge plugin

echo "- each attempt of the running front is refused, and the engine goes on"
front=$(front_pid) engine=$(engine_pid)
for round in 1 2 3; do
    before=$(turns)
    /machine/payload/machine/inject "$front" $scratch >/machine/out/inject.$round ||
        complain "the injector: $?"
    await 10 "a turn of the engine" grew "$before"
done
judge front </machine/out/inject.3
cmp -s /machine/out/inject.1 /machine/out/inject.3 || complain "it was answered in two ways"
wants "the same front" test "$(front_pid)" = "$front"
wants "the same engine" test "$(engine_pid)" = "$engine"
wants "the daemon was not restarted" shows NRestarts 0
wants "the file is whole" test "$(cat $scratch/file)" = line
wants "its mode is what it was" test "$(stat -c %a $scratch/file)" = 644
wants "nothing was made" test "$(ls $scratch)" = file

echo "- every program's rights and descriptors"
declare -A caps=([conformd]=4 [conformd-engine]=0 [conformd-front]=0 [conformd-courier]=0
    [conformd-reader]=0
    ["conformd-collector escape"]=4 ["conformd-collector accounts"]=4
    ["conformd-collector sshd"]=4 ["conformd-collector journal"]=0 ["conformd-collector auth"]=0)
declare -A seen=()

# may_hold NAME NUMBER LINK: is this descriptor one that the program declares or makes itself?
may_hold() {
    case $3 in
    /dev/null) (($2 <= 2)) ;;
    anon_inode:* | pipe:*) true ;;
    /proc/*/fd) true ;; # its own look at what it was given
    socket:*) [[ $1 != *collector* || $2 =~ ^[1235]$ ]] ;;
    /memfd:*) [[ $1 != *collector* || $2 == 4 ]] ;;
    /var/lib/conformd/lock) [[ $1 == conformd-engine ]] ;;
    /var/lib/conformd/conformd.*) [[ $1 == conformd-engine || $1 == conformd-reader ]] ;;
    /run/log/journal/* | /var/log/journal/*) [[ $1 == *journal ]] ;;
    /proc/loadavg) [[ $1 == *escape ]] ;;
    /etc/passwd | /etc/shadow | /etc/group | /etc/passwd- | /etc/shadow-) [[ $1 == *accounts ]] ;;
    /etc/ssh/* | /run/sshd) [[ $1 == *sshd ]] ;;
    *.so | *.so.* | /etc/ld.so.cache | /proc/* | /usr/lib/* ) true ;; # while it is loaded
    "") true ;; # closed meanwhile
    *) false ;;
    esac
}

look_at() {
    local pid=$1 name=$2 status nnp seccomp effective fd
    status=$(cat /proc/$pid/status 2>/dev/null) || return
    nnp=$(awk '/^NoNewPrivs/{print $2}' <<<"$status")
    seccomp=$(awk '/^Seccomp:/{print $2}' <<<"$status")
    effective=$(awk '/^CapEff/{print $2}' <<<"$status")
    [[ $seccomp && $(tr '\0' ' ' </proc/$pid/cmdline 2>/dev/null) =~ ^(/usr/bin/)?"$name " ]] || return
    [[ $nnp == 1 ]] || complain "$name: NoNewPrivs $nnp"
    [[ $seccomp == 2 ]] || complain "$name: Seccomp $seccomp"
    ((16#$effective == ${caps[$name]})) || complain "$name: CapEff $effective"
    [[ $(stat -c %U /proc/$pid/environ 2>/dev/null) =~ ^(root|)$ ]] || complain "$name is dumpable"
    for fd in /proc/$pid/fd/*; do
        local link
        link=$(readlink "$fd" 2>/dev/null)
        may_hold "$name" "${fd##*/}" "$link" || complain "$name: descriptor ${fd##*/} is $link"
    done
    [[ ${seen[$name]:-} ]] || echo "  $name: NoNewPrivs 1, Seccomp 2, CapEff $effective," \
        "descriptors $(ls /proc/$pid/fd 2>/dev/null | sort -n | tr '\n' ' ')"
    seen[$name]=1
}

look() {
    local name pid
    for name in "${!caps[@]}"; do
        for pid in $(pgrep -f "^(/usr/bin/)?$name( |\$)"); do look_at $pid "$name"; done
    done
}
conformctl alert test >/dev/null 2>&1
await 30 "the courier" pgrep -f '^conformd-courier'
conformctl status >/dev/null
await 30 "the reader" pgrep -f '^conformd-reader'
look
# Those that live for a run are stopped in it.
for name in accounts sshd escape; do
    [[ ${seen[conformd-collector $name]:-} ]] && continue
    (sleep 2; conformctl collect $name) >/dev/null 2>&1 &
    pid=$(/machine/payload/machine/catch "$(shown MainPID)" $name) || complain "$name is not caught"
    look_at "$pid" "conformd-collector $name"
    kill -CONT "$pid"
    wait $!
done
for name in "${!caps[@]}"; do [[ ${seen[$name]:-} ]] || complain "never seen: $name"; done

wants "stop" systemctl stop conformd

finish
