"""show.02.5: a million distinct user names in a log: the total is exact, store and memory stay
small, one finding tells of the limit; no name, address or typed password is in any leaf, label,
message or file. With a number as argument: so many names."""
import os
import re
import sqlite3
import sys

import harness
from harness import check, time, wait_for

NAMES = int(sys.argv[1]) if len(sys.argv) > 1 else 100000
HEAD = "Nov 22 06:20:00 host sshd[1]: "
FAILED = HEAD + "Failed password for %s from %s port 1 ssh2\n"
INVALID = HEAD + "Failed password for invalid user %s from %s port 1 ssh2\n"
FOLDED = (HEAD + "message repeated 3 times: [ Failed password for invalid user %s from %s port 1 "
          "ssh2]\n")
SUDO = ("Nov 22 06:20:00 host sudo:  %s : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; "
        "USER=root ; COMMAND=/bin/ls\n")
# Accounts, addresses, and what people typed where a name was asked for.
ACCOUNTS = ["canary-ann", "canary-bob", "canary-sudo"]
SOURCES = ["198.51.100.77", "2001:db8:cafe::77"]
TYPED = ["Tr0ub4dor-canary&3", "correct horse canary staple", "p\u00e4ss-canary-w\u00f6rd",
         "canary\\back\"slash", "canary-folded-1"]
CANARIES = ACCOUNTS + SOURCES + TYPED
CONTROL = "names-control.log"  # a path is kept: the search finds what stands there
NAME = re.compile(rb"zz\d{7}")  # the distinct names
# A sanitizer keeps what was freed.
SANITIZED = bool(os.environ.get("CHAOS_SANITIZED"))
ENGINE_MIB = 1024 if SANITIZED else 160
COLLECTOR_MIB = 512 if SANITIZED else 64
STORE_MIB = 64


def patient(ask):
    """The reader gives a question up where the machine is slow: it may be put again."""
    def once():
        try:
            return [ask()]
        except OSError as error:
            if ": 503 " not in str(error):
                raise
            return None
    return wait_for("an answer", once, 60, 0.2)[0]


def special():
    """Lines with every canary, and how many failed passwords they are."""
    lines, count = [], 0
    for source in SOURCES:
        for account in ACCOUNTS:
            lines.append(FAILED % (account, source))
            count += 1
        for typed in TYPED:
            lines.append(INVALID % (typed, source))
            lines.append(FAILED % (typed, source))
            lines.append(FOLDED % (typed, source))
            count += 5
    lines.append(SUDO % "canary-sudo")
    lines.append(SUDO % "canary-folded-1")
    return "".join(lines), count


def write_log(path):
    """The canaries at the beginning, in the middle and at the end; gives the exact total."""
    text, count = special()
    with open(path, "a") as f:
        for part in range(2):
            f.write(text)
            for n in range(part * NAMES // 2, (part + 1) * NAMES // 2):
                f.write(FAILED % ("zz%07d" % n, "192.0.2.%d" % (n % 200)))
        f.write(text)
    return NAMES + 3 * count


def searched(what, body):
    """Fails where a canary or one of the names stands in these bytes."""
    for canary in CANARIES:
        for form in {canary, canary.replace("\\", "\\\\").replace('"', '\\"')}:
            check(form.encode() not in body, "%s holds %s" % (what, canary))
    found = NAME.search(body)
    check(not found, "%s holds a name: %s" % (what, found and found.group().decode()))


def counted(daemon):
    return patient(lambda: daemon.number("sum(log_auth_failures_total)")) or 0


def files_of(daemon):
    for top in (daemon.state, daemon.run):
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.isfile(path):
                    yield path
    yield daemon.output


def search_files(daemon, when):
    """Every file, byte by byte; free pages and the WAL hold what was deleted."""
    size, control = 0, False
    for path in files_of(daemon):
        with open(path, "rb") as f:
            body = f.read()
        size += len(body)
        searched("%s %s" % (path, when), body)
        control = control or CONTROL.encode() in body
    check(control, "the control is in no file: the search is blind")
    return size


def search_rows(daemon):
    """Every value of every table, for a page's end may part what stands in it."""
    store = sqlite3.connect("file:%s/conformd.db?mode=ro" % daemon.state, uri=True)
    store.text_factory = bytes
    tables = [row[0].decode() for row in store.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table'")]
    values, control, masked = 0, False, set()
    for table in tables:
        for row in store.execute("SELECT * FROM %s" % table):
            for value in row:
                if not isinstance(value, bytes):
                    continue
                values += 1
                searched("table " + table, value)
                control = control or CONTROL.encode() in value
                if table == "payloads":
                    masked.update(re.findall(rb"for (?:invalid user )?(\(invalid\)|p-[0-9a-f]{16}) "
                                             rb"from p-[0-9a-f]{16} port", value))
    leaves = store.execute("SELECT sum(count) FROM bundles").fetchone()[0]
    store.close()
    check(control and values > 1000, "the rows were not searched")
    check(b"(invalid)" in masked and len(masked) > 2, "no masked excerpt: %s" % masked)
    return leaves


def search_answers(daemon):
    paths = ["/metrics", "/metrics/samples", "/api/status", "/api/collectors", "/api/measures",
             "/api/objectives", "/api/findings", "/api/evidence", "/api/privacy",
             "/api/not_judged", "/api/v1/labels", "/api/v1/label/user/values",
             "/api/v1/label/source/values", "/api/v1/series?match[]=log_auth_failures"]
    paths += ["/api/findings/" + row["ref"] for row in daemon.get("/api/findings")["findings"]]
    paths += ["/api/evidence/%d" % row["index"]
              for row in daemon.get("/api/evidence")["leaves"]]
    for path in paths:
        searched(path, patient(lambda: daemon.get(path, raw=True)))
    for path in ("/metrics", "/metrics/samples", "/healthz", "/readyz"):
        searched(path + " without a token", daemon.http(path)[2])
    shown = patient(lambda: daemon.get("/api/v1/label/user/values"))["data"]
    check("(invalid)" in shown and all(re.fullmatch(r"\(invalid\)|p-[0-9a-f]{16}", user)
                                       for user in shown), "users: %s" % shown[:5])
    return len(paths)


def memory(daemon):
    """The most that each of the daemon's programs ever held, in MiB."""
    most = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/status" % pid) as f:
                status = dict(line.split(":\t", 1) for line in f if ":\t" in line)
            if int(status["PPid"]) == daemon.process.pid:
                most[status["Name"].strip()] = int(status["VmHWM"].split()[0]) / 1024
        except (OSError, KeyError, ValueError):
            continue
    return most


def messages(webhook, syslog):
    got = []
    while not webhook.got.empty():
        got.append(webhook.got.get()[2])
    for message in got:
        searched("a webhook's message", harness.json.dumps(message, ensure_ascii=False).encode())
    lines = []
    syslog.socket.setblocking(False)
    try:
        while True:
            lines.append(syslog.socket.recv(65536))
    except BlockingIOError:
        pass
    for line in lines:
        searched("a syslog message", line)
    return got, lines


def findings(daemon):
    return [row["title"] for row in daemon.get("/api/findings")["findings"]]


def main():
    daemon = harness.Daemon()
    path = daemon.path(CONTROL)
    webhook = harness.Webhook()
    syslog = harness.SyslogSocket(daemon.path("log.sock"))
    open(path, "w").close()
    with open(daemon.path("passwd"), "w") as f:
        f.write("root:x:0:0::/root:/bin/sh\n"
                + "".join("%s:x:1:1::/:/bin/sh\n" % name for name in ACCOUNTS))
    daemon.write_config(
        '{ name = "auth"; plugin = "log"; every = "1s"; files = ["%s"]; rules = ["sshd", "sudo"]; '
        'account_files = ["%s"]; known_accounts = ["zz[0-9]*"]; }' % (path, daemon.path("passwd")),
        '{ name = "hook"; type = "webhook"; url = "%s"; },'
        '{ name = "log"; type = "syslog"; target = "%s"; }' % (webhook.url, syslog.path),
        "allow_unattributed = true;")
    try:
        daemon.start()
        wait_for("the first run", lambda: daemon.collector("auth")["state"] == "well")
        daemon.ctl("adopt")
        begun = time.monotonic()
        total = write_log(path)
        written = time.monotonic() - begun
        wait_for("all names", lambda: counted(daemon) >= total,
                 60 + NAMES / 2000, 0.2)
        took = time.monotonic() - begun
        wait_for("a finding", lambda: findings(daemon))
        wait_for("a message", lambda: not webhook.got.empty())
        for formula in ("sum(log_auth_failures_total)",
                        "sum(sum_over_time(log_auth_failures[1h]))"):
            check(daemon.number(formula) == total,
                  "%s is %s of %d" % (formula, daemon.number(formula), total))
        found = findings(daemon)
        check(len(found) == 1 and "more series than the limit" in found[0], "findings: %s" % found)
        series = len(daemon.query("log_auth_failures_total"))
        check(series == 1001, "%d series, of 1000 and one of the rest" % series)
        overflow = patient(
            lambda: daemon.number('log_auth_failures_total{overflow="true"}'))
        most = memory(daemon)
        answers = search_answers(daemon)
        privacy = daemon.ctl("privacy")
        check("pseudonyms" in privacy and "of log_auth_failures" in privacy, privacy)
        running = search_files(daemon, "while it runs")
        check(daemon.stop()[0] == 0, "the stop failed")
        size = search_files(daemon, "after its end")
        leaves = search_rows(daemon)
        got, lines = messages(webhook, syslog)
        print("%d names, %d failed passwords in %.1f s (%.1f s to write): %d of them beyond 1000 "
              "series" % (NAMES, total, took, written, overflow))
        print("memory, MiB at most: "
              + ", ".join("%s %.0f" % item for item in sorted(most.items())))
        print("store: %.1f MiB (%.1f while running), %d leaves" % (size / 2**20, running / 2**20,
                                                                leaves))
        print("one finding: " + found[0])
        print("searched for %d canaries: %d answers, %d messages, %d lines of syslog"
              % (len(CANARIES), answers, len(got), len(lines)))
        check(most["conformd-engine"] < ENGINE_MIB, "the engine held %s MiB" % most)
        check(most["conformd-collec"] < COLLECTOR_MIB, "the collector held %s MiB" % most)
        check(size < STORE_MIB * 2**20, "the store has %d bytes" % size)
        check(got and lines, "no message was sent")
    except BaseException:
        print(daemon.said())
        raise
    finally:
        webhook.close()
        syslog.close()
        daemon.finish()


main()
