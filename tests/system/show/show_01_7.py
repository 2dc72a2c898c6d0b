"""show.01.7: stop, second daemon, restart: every line once, `for` kept, the ledger consistent."""
import os
import re
import subprocess
import threading

import harness
import merkle
from harness import check, time, wait_for

LINE = "Nov 22 06:20:00 host sshd[1]: Failed password for root from 203.0.113.%d port 1 ssh2\n"
STOP_SECONDS = 5.0
FOR_SECONDS = 8.0
MEASURES = """measures = ( { id = "T1"; version = 1; name = "Failures, lasting";
    information_need = "Does a miss last over a restart?"; kind = "performance";
    formula = "sum(log_auth_failures_total)"; unit = "failures"; population = "self"; every = "1s";
    controls = ["27001:2022 A.8.5"]; owner = "it-operations"; urgency = "now";
    why = "a test"; if_missed = "nothing";
    criterion = { target = "== 0"; for = "%ds"; recover = "1h"; }; } );
""" % FOR_SECONDS


class Writer(threading.Thread):
    """Appends numbered lines without a pause longer than a few ms, until told to end."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path = path
        self.count = 0
        self.ending = threading.Event()

    def run(self):
        with open(self.path, "a") as f:
            while not self.ending.is_set():
                f.write(LINE % (self.count % 250))
                f.flush()
                self.count += 1
                self.ending.wait(0.002)

    def end(self):
        self.ending.set()
        self.join()
        return self.count


def second_is_refused(daemon):
    port = harness.free_port()
    other = daemon.path("second.conf")
    with open(daemon.config) as f:
        text = f.read()
    text = re.sub(r'listen = "[^"]*"', 'listen = "127.0.0.1:%d"' % port, text)
    text = text.replace('runtime_dir = "%s"' % daemon.run, 'runtime_dir = "%s2"' % daemon.run)
    with open(other, "w") as f:
        f.write(text)
    second = subprocess.run([os.path.join(harness.BIN, "conformd"), "--config", other], text=True,
                            capture_output=True, timeout=30)
    said = second.stdout + second.stderr
    check(second.returncode not in (0, None), "a second daemon ran: " + said)
    check(daemon.state in said and re.search(r"\b\d+\b", said),
          "the refusal names no folder or process: " + said)
    check(daemon.get("/api/status")["ready"], "the first one suffered")


def total(daemon):
    return daemon.number("sum(log_auth_failures_total)") or 0


def main():
    daemon = harness.Daemon(measures=False)
    path = daemon.path("auth.log")
    open(path, "w").close()
    with open(daemon.path("conf.d.conf"), "w"):
        pass
    daemon.write_config(
        '{ name = "auth"; plugin = "log"; every = "1s"; files = ["%s"]; rules = ["sshd"]; }' % path,
        extra="allow_unattributed = true;\n" + MEASURES)
    writer = Writer(path)
    try:
        daemon.start()
        wait_for("the first run", lambda: daemon.collector("auth")["state"] == "well")
        daemon.ctl("adopt")
        second_is_refused(daemon)
        writer.start()
        begun = time.monotonic()
        wait_for("a miss", lambda: daemon.measure("T1")["state"] == "missed")
        heads = []
        # Stopped once before `for` has passed: what had passed counts.
        wait_for("half of for", lambda: time.monotonic() - begun > FOR_SECONDS * 0.6, 30)
        for turn in range(3):
            status = daemon.get("/api/status")["ledger"]
            heads.append((status["size"], status["root"]))
            code, seconds = daemon.stop()
            check(code == 0, "the stop gave %d:\n%s" % (code, daemon.said()))
            check(seconds < STOP_SECONDS, "the stop took %.1f s" % seconds)
            leaves, committed = merkle.read_store(daemon.state)
            for size, root in heads:
                check(merkle.root(leaves[:size]).hex() == root,
                      "(size %d, root) is not the beginning of what stands" % size)
            check(committed[-1] == (len(leaves), merkle.root(leaves)), "the last root is wrong")
            begun = time.monotonic()
            daemon.start()
            if turn == 0:
                wait_for("the finding", lambda: daemon.get("/api/findings")["findings"])
                lasted = time.monotonic() - begun
                print("raised %.1f s after the restart; `for` is %g s" % (lasted, FOR_SECONDS))
                check(lasted < FOR_SECONDS * 0.8, "`for` began anew: %.1f s" % lasted)
        written = writer.end()
        wait_for("all lines", lambda: total(daemon) >= written, 60)
        check(total(daemon) == written, "%d lines, %g counted" % (written, total(daemon)))
        exact = daemon.number("sum(sum_over_time(log_auth_failures[1h]))")
        check(exact == written, "%d lines, %g summed" % (written, exact))
        check(len(daemon.get("/api/findings")["findings"]) == 1, "the finding was doubled")
        print("%d lines over 3 restarts, each counted once" % written)
        check(daemon.stop()[0] == 0, "the last stop failed")
    except BaseException:
        print(daemon.said())
        raise
    finally:
        daemon.finish()


main()
