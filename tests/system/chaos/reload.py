"""A hundred SIGHUPs in ten seconds, every other configuration broken, while lines come: the last valid
one is in force, nothing is lost or leaked, the unchanged collector is never restarted."""
import chaos
import harness
from harness import check, time, wait_for

RELOADS = 1000 if chaos.LONG else 100
GAP_SECONDS = 0.05 if not chaos.LONG else 0.1
MORE_KIB = 3072


def configure(daemon, log, other, turn, broken):
    daemon.write_config(
        chaos.log_collector(log) + ",\n"
        + '{ name = "accounts"; plugin = "accounts"; every = "%dh"; },\n' % (1 + turn % 20)
        + chaos.log_collector(other, "other")
        + (', { name = "x"; plugin = "log"; every = "none"; }' if broken else ""),
        extra="allow_unattributed = true;\n")


def state(daemon):
    engine = chaos.find(daemon, "engine")
    return {"parent": (chaos.rss_kib(daemon.process.pid), chaos.descriptors(daemon.process.pid)),
            "engine": (chaos.rss_kib(engine), chaos.descriptors(engine))}


def every_of(daemon):
    return daemon.collector("accounts")["every_ms"] // 3600000


def main():
    daemon = harness.Daemon(measures=False)
    log, other = daemon.path("auth.log"), daemon.path("other.log")
    for path in (log, other):
        open(path, "w").close()
    configure(daemon, log, other, 0, False)
    writer = chaos.Writer(log, rate=1000)
    try:
        daemon.start()
        wait_for("the collectors", lambda: (daemon.collector("auth") or {}).get("state") == "well")
        writer.start()
        pids = None
        before = None
        heads = chaos.Heads()
        for turn in range(1, RELOADS + 1):
            configure(daemon, log, other, turn, turn % 2 == 0)
            daemon.reload()
            time.sleep(GAP_SECONDS)  # the pace of the attack
            if turn == RELOADS // 4:
                pids = [chaos.find(daemon, "collector", n) for n in ("auth", "other")]
                before = state(daemon)
            if turn % 25 == 0:
                heads.take(daemon)
        # The last one is broken: the one before it stays, if it was taken; then it is told again.
        configure(daemon, log, other, 7, False)
        daemon.reload()
        wait_for("the last configuration", lambda: every_of(daemon) == 8, 20)
        configure(daemon, log, other, 9, True)
        daemon.reload()
        wait_for("the refusal", lambda: "mistakes" in daemon.said()[-3000:], 10)
        check(every_of(daemon) == 8, "a broken configuration is in force")
        check(pids == [chaos.find(daemon, "collector", n) for n in ("auth", "other")],
              "an unchanged collector was restarted")
        chaos.every_line_once(daemon, writer.end())
        wait_for("no zombie", lambda: not chaos.zombies(daemon), 5)
        after = state(daemon)
        print("(KiB, descriptors) after a quarter and at the end: %s, %s" % (before, after))
        taken = daemon.said().count("is in force")
        print("%d reloads asked, %d configurations taken, %d refused"
              % (RELOADS + 2, taken, daemon.said().count("was not reloaded")))
        check(taken >= 3, "hardly a configuration was taken")
        for name in before:
            check(after[name][1] <= before[name][1] + 3, "%s leaks descriptors" % name)
            check(harness.os.environ.get("CHAOS_SANITIZED")
                  or after[name][0] <= before[name][0] + MORE_KIB, "%s grows" % name)
        heads.take(daemon)
        check(daemon.stop()[0] == 0, "the stop failed")
        heads.judge(daemon.state)
    except BaseException:
        writer.ending.set()
        print(daemon.said()[-4000:])
        raise
    finally:
        daemon.finish()


main()
