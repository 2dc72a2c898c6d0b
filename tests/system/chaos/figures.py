"""Figures of a quiet host with the configuration of etc/: memory and processor time of all processes,
and how long a written line takes to a webhook. Prints; fails only beyond all reason."""
import os
import re

import chaos
import harness
from harness import check, time, wait_for

IDLE_SECONDS = 60 if chaos.LONG else 2
TRIALS = 50 if chaos.LONG else 10
PSS_KIB = 64 * 1024
P99_SECONDS = 2.0


def ours(daemon):
    return [daemon.process.pid] + chaos.descendants_of(daemon.process.pid)


def pss_kib(pid):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        for line in f:
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def cpu_ticks(pid):
    with open("/proc/%d/stat" % pid) as f:
        words = f.read().rsplit(")", 1)[1].split()
    return int(words[11]) + int(words[12]) + int(words[13]) + int(words[14])


def memory(daemon):
    rss = pss = 0
    for pid in ours(daemon):
        rss += chaos.rss_kib(pid)
        pss += pss_kib(pid)
        print("  %-20s %6d KiB, own share %6d KiB" % (chaos.stat_of(pid)[2], chaos.rss_kib(pid),
                                                      pss_kib(pid)))
    print("all: RSS %d KiB, PSS %d KiB" % (rss, pss))
    return pss


def idle(daemon):
    # The parent's own line holds what its ended children took.
    before = sum(cpu_ticks(pid) for pid in ours(daemon))
    begun = time.monotonic()
    time.sleep(IDLE_SECONDS)  # what is measured is the time itself
    ticks = sum(cpu_ticks(pid) for pid in ours(daemon)) - before
    seconds = ticks / os.sysconf("SC_CLK_TCK")
    print("idle: %.3f s of processor time in %.0f s: %.2f %%"
          % (seconds, time.monotonic() - begun, 100 * seconds / (time.monotonic() - begun)))


MEASURE = """{ id = "T%d"; version = 1; name = "Trial %d"; information_need = "How late?";
    kind = "performance"; formula = "sum(log_trial%d_total)"; when_empty = 0; unit = "lines";
    population = "self"; every = "1h"; controls = ["27001:2022 A.8.5"]; owner = "it"; urgency = "now";
    why = "a test"; if_missed = "nothing";
    criterion = { target = "== 0"; for = "0s"; recover = "1h"; }; }"""
RULE = """{ id = "trial%d"; pattern = "^trial %d$"; feeds = "log_trial%d"; urgent = true;
    match = ["trial %d"]; no_match = ["x"]; }"""


def latency():
    """A line, a measure and a message a trial, between other lines."""
    hook = harness.Webhook()
    daemon = harness.Daemon(measures=False, rules=False)
    log = daemon.path("app.log")
    open(log, "w").close()
    for folder, kind, row, words in (("rules.d", "rules", RULE, 4), ("measures.d", "measures", MEASURE, 3)):
        os.mkdir(daemon.path(folder))
        with open(daemon.path(folder, "trial.conf"), "w") as f:
            f.write(kind + " = ( " + ",\n".join(row % ((i,) * words) for i in range(TRIALS)) + " );\n")
    daemon.write_config(
        '{ name = "app"; plugin = "log"; every = "10s"; files = ["%s"]; rules = ["trial"]; }' % log,
        '{ name = "hook"; type = "webhook"; url = "%s"; }' % hook.url,
        extra="allow_unattributed = true;\n")
    try:
        daemon.start()
        wait_for("the first run", lambda: (daemon.collector("app") or {}).get("state") == "well")
        wait_for("judged", lambda: all(
            m["judged_at"] for m in daemon.get("/api/measures")["measures"]))
        daemon.ctl("adopt")
        took = []
        for trial in range(TRIALS):
            with open(log, "a") as f:
                f.write("another line\ntrial %d\n" % trial)
            written = time.time()
            at, _, event = hook.next(15)
            check(event["data"]["measure"] == "T%d" % trial, "told: %s" % event)
            took.append(at - written)
        took.sort()
        print("write to webhook, %d trials: median %.0f ms, p99 %.0f ms, most %.0f ms"
              % (len(took), took[len(took) // 2] * 1000, took[int(len(took) * 0.99)] * 1000,
                 took[-1] * 1000))
        check(took[-1] < P99_SECONDS, "it took %.1f s" % took[-1])
        check(daemon.stop()[0] == 0, "the stop failed")
    except BaseException:
        print(daemon.said()[-3000:])
        raise
    finally:
        daemon.finish()
        hook.close()


def main():
    hook = harness.Webhook()
    daemon = harness.Daemon()
    log = daemon.path("auth.log")
    open(log, "w").close()
    daemon.write_config("", "", extra="")
    with open(os.path.join(harness.SOURCE, "etc/conformd.conf")) as f:
        text = re.sub(r"http = .*?;.*?;", "", f.read(), count=1)
    text = text.replace("/var/log/auth.log", log).replace('target = "/dev/log"', 'target = "/dev/null"')
    text = text.replace("channels = (", 'channels = ( { name = "hook"; type = "webhook"; url = "%s"; }, '
                        % hook.url)
    with open(daemon.config, "a") as f:
        f.write(text.replace("};\n\ncollectors", "\ncollectors"))
    try:
        daemon.start()
        wait_for("the first runs", lambda: (daemon.collector("auth") or {}).get("state") == "well")
        wait_for("the ends of the runs", lambda: all(
            (daemon.collector(n) or {}).get("last_run") and not chaos.find(daemon, "collector", n)
            for n in ("accounts", "sshd")))
        pss = memory(daemon)
        check(os.environ.get("CHAOS_SANITIZED") or pss < PSS_KIB, "%d KiB" % pss)
        idle(daemon)
        check(daemon.stop()[0] == 0, "the stop failed")
    except BaseException:
        print(daemon.said()[-3000:])
        raise
    finally:
        daemon.finish()
        hook.close()
    latency()


main()
