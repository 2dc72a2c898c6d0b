"""show.02.9: states, register and series made again from the ledger are what is stored, after work,
acts, reloads, kills of the engine and of the whole daemon; a damaged row is named. The gap that a
disposal leaves is show.02.9.disposal, where time can be moved."""
import os
import signal
import sqlite3
import subprocess

import harness
from chaos.chaos import find
from harness import check, wait_for

LINE = "Nov 27 06:20:%02d host sshd[1]: Failed password for user%d from 203.0.113.%d port 1 ssh2\n"
EVENTS = ('{ name = "auth"; plugin = "log"; every = "1s"; files = ["%s"]; rules = ["sshd"]; '
          'legal_basis = "LB"; reviewed_by = "dpo"; review_due = "2030-01-01"; }')
EXTRA = """allow_unattributed = true;
measures = ( { id = "T1"; version = 1; name = "Failed logins"; kind = "performance";
  information_need = "Are there any?"; formula = "sum(sum_over_time(log_auth_failures[1h]))";
  unit = "logins"; every = "1s"; coverage = 0; owner = "it"; urgency = "now"; why = "w";
  if_missed = "i"; controls = ["27001:2022 A.8.5"]; criterion = { target = "< 100"; for = "0s";
  recover = "1h"; }; },
  { id = "T2"; version = 1; name = "Silence"; kind = "performance";
  information_need = "Is it written?"; formula = "max(log_silence_seconds)"; unit = "s";
  every = "1s"; owner = "it"; urgency = "day"; why = "w"; if_missed = "i";
  controls = ["27001:2022 A.8.15"];
  criterion = { target = "< 0"; for = "1s"; recover = "1h"; }; } );
"""
current = None


def rebuild(daemon, *words, status=0):
    result = subprocess.run([os.path.join(harness.BIN, "conformctl"), "rebuild", *words,
                             daemon.state], capture_output=True, text=True, timeout=120)
    said = result.stdout + result.stderr
    check(result.returncode == status, "rebuild %s: %d\n%s" % (words, result.returncode, said))
    return said


def log(daemon, first, count):
    with open(daemon.path("auth.log"), "a") as f:
        for i in range(first, first + count):
            f.write(LINE % (i % 60, i % 7, i % 9))


def collectors(daemon, more=""):
    return ", ".join(['{ name = "accounts"; plugin = "accounts"; every = "2s"; }',
                      '{ name = "sshd"; plugin = "sshd"; every = "3s"; }',
                      '{ name = "gone"; plugin = "sshd"; every = "1s"; program = "/none/sshd"; '
                      'config = "%s"; }' % daemon.path("sshd_config"),
                      EVENTS % daemon.path("auth.log"),
                      '{ name = "journal"; plugin = "journal"; every = "2s"; rules = ["sudo"]; }']
                     + ([more] if more else []))


def counted(daemon, wanted):
    return (daemon.number("sum(log_auth_failures_total)") or 0) == wanted


def kill_engine(daemon):
    was = find(daemon, "engine")
    os.kill(was, signal.SIGKILL)
    wait_for("another engine", lambda: find(daemon, "engine") not in (None, was), 20)
    wait_for("it to answer", daemon.is_ready, 20)


def acts(daemon):
    uid = 1000 if harness.can_set_loginuid() else None
    daemon.ctl("adopt", uid=uid)
    refs = wait_for("findings", lambda: [f["ref"] for f in daemon.get("/api/findings")["findings"]])
    daemon.ctl("nc", "take", refs[0], "--owner", "it", "--fix", "locked", uid=uid)
    if len(refs) > 1:
        daemon.ctl("nc", "dismiss", refs[1], "--reason", "false_positive", uid=uid)


def lose(daemon):
    """A collector was measured and is not: what the monitoring remembers of that is a state too."""
    wait_for("a run of it", lambda: (daemon.collector("gone") or {}).get("last_well_at"))
    os.unlink(daemon.path("sshd_config"))
    wait_for("it to be lost", lambda: daemon.collector("gone")["state"] == "absent")


def work(daemon):
    lose(daemon)
    wait_for("the log's reader", lambda: (daemon.collector("auth") or {}).get("last_well_at"))
    log(daemon, 0, 300)
    wait_for("the lines", lambda: counted(daemon, 300))
    wait_for("the accounts", lambda: daemon.collector("accounts")["last_well_at"])
    acts(daemon)
    kill_engine(daemon)
    log(daemon, 300, 300)
    wait_for("the lines", lambda: counted(daemon, 600))
    daemon.write_config(collectors(daemon, '{ name = "more"; plugin = "sshd"; every = "2s"; }'),
                        extra=EXTRA)
    daemon.reload()
    wait_for("the new collector", lambda: (daemon.collector("more") or {}).get("last_well_at"))
    daemon.write_config(collectors(daemon), extra=EXTRA)
    daemon.reload()
    wait_for("it to be gone", lambda: daemon.collector("more") is None)


def kill_all(daemon):
    """As a power cut leaves it, in the middle of events."""
    log(daemon, 600, 500)
    wait_for("some of the lines",
             lambda: (daemon.number("sum(log_auth_failures_total)") or 0) > 600)
    family = [find(daemon, "engine"), daemon.process.pid]
    for pid in family:
        os.kill(pid, signal.SIGKILL)
    daemon.process.wait()
    wait_for("the lock to be free", lambda: "store is in use" not in locked(daemon), 20)


def locked(daemon):
    result = subprocess.run([os.path.join(harness.BIN, "conformd-engine"), "--rebuild", "--check",
                             daemon.state], capture_output=True, text=True, timeout=120)
    return "store is in use" if result.returncode == 3 else ""


def damaged(daemon):
    path = os.path.join(daemon.state, "conformd.db")
    for sql, named in (("UPDATE findings SET state = 'closed' WHERE id = 1", "findings 1, state"),
                       ("DELETE FROM samples WHERE id = (SELECT id FROM samples ORDER BY"
                        " length(body) DESC)", "samples of "),
                       ("UPDATE positions SET value = 'x'", "position"),
                       ("UPDATE states SET body = json_set(body, '$.memory.last', 'met') WHERE"
                        " kind = 'monitoring'", "states monitoring/collector:gone, memory"),
                       ("UPDATE states SET body = json_set(body, '$.bytes', 1) WHERE"
                        " kind = 'account' AND id = 'accounts'", "states account/accounts, bytes"),
                       ("UPDATE states SET body = json_set(body, '$.sha256', 'x') WHERE"
                        " kind = 'selftest'", "states selftest/"),
                       ("UPDATE constructs SET status = 'draft'", "constructs ")):
        with sqlite3.connect(path) as store:
            store.execute(sql)
            store.commit()
        store.close()
        said = rebuild(daemon, "--check", status=1)
        check(named in said, "%s is not named:\n%s" % (named, said))
    print("each damaged row was named")
    said = rebuild(daemon)
    check("rebuilt" in said, said)
    print(rebuild(daemon, "--check").strip())


def main():
    global current
    daemon = current = harness.Daemon()
    open(daemon.path("auth.log"), "w").close()
    with open(daemon.path("sshd_config"), "w") as f:
        f.write("PermitRootLogin no\n")
    daemon.write_config(collectors(daemon), extra=EXTRA)
    daemon.start()
    work(daemon)
    said = rebuild(daemon, "--check", status=1)
    check("another conformd" in said, "a running daemon is not named:\n" + said)
    kill_all(daemon)
    print("after kill -9 of all: " + rebuild(daemon, "--check").strip())
    daemon.start()
    wait_for("the lines", lambda: counted(daemon, 1100))
    daemon.stop()
    print("after a stop: " + rebuild(daemon, "--check").strip())
    damaged(daemon)
    daemon.start()
    log(daemon, 1100, 10)
    wait_for("the daemon to go on from there", lambda: counted(daemon, 1110))
    daemon.stop()
    print("after going on: " + rebuild(daemon, "--check").strip())
    daemon.finish()


harness.run(main, lambda: current)
