"""kill -9 of each program at random times while lines come and the file rotates: every line is counted
once, the ledger only grows, nothing is left over and no descriptor leaks."""
import random
import sys

import chaos
import harness
from chaos import LONG
from harness import check, time, wait_for

TURNS = 40 if LONG else 3
BACK_SECONDS = 10


def back(daemon, victim, before):
    """Seconds until the victim's successor does the victim's work."""
    begun = time.monotonic()

    def works():
        # The courier comes when it is needed; the others at once.
        if victim == "courier":
            return chaos.find(daemon, "courier") not in (None, before)
        if chaos.find(daemon, victim) in (None, before):
            return False
        try:
            if not daemon.get("/api/status")["ready"]:
                return False
        except (OSError, harness.http.client.HTTPException, KeyError):
            return False
        return chaos.find(daemon, "collector", "auth") is not None

    wait_for("the %s again" % victim, works, BACK_SECONDS)
    return time.monotonic() - begun


def strike(daemon, victim, hook):
    if victim == "parent":
        others = chaos.descendants_of(daemon.process.pid)
        daemon.process.kill()
        daemon.process.wait()
        wait_for("the end of its children", lambda: not chaos.reap_orphans(daemon), 8)
        begun = time.monotonic()
        daemon.start()
        check(others, "it had no children")
        return time.monotonic() - begun
    pid = chaos.find(daemon, victim, "auth" if victim == "collector" else None)
    check(pid, "no %s runs" % victim)
    chaos.kill(pid)
    if victim == "courier":
        daemon.ctl("alert", "test")
    return back(daemon, victim, pid)


def has_all(daemon):
    return (chaos.find(daemon, "front") and chaos.find(daemon, "collector", "auth")
            and chaos.find(daemon, "engine"))


def settle(daemon):
    """Descriptors of parent and engine when all of them run, the courier too."""
    wait_for("no zombie", lambda: not chaos.zombies(daemon), 5)
    wait_for("all of them", lambda: has_all(daemon), 10)
    if not chaos.find(daemon, "courier"):
        wait_for("the control socket", lambda: tested(daemon), 10)
    wait_for("the courier", lambda: chaos.find(daemon, "courier"), 10)
    wait_for("all of them", lambda: has_all(daemon), 10)
    return (chaos.descriptors(daemon.process.pid),
            chaos.descriptors(chaos.find(daemon, "engine")))


def tested(daemon):
    try:
        daemon.ctl("alert", "test")
        return True
    except AssertionError:
        return False


def main(seed):
    print("seed %d" % seed)
    chance = random.Random(seed)
    chaos.adopt_orphans()
    hook = harness.Webhook()
    daemon = harness.Daemon(measures=False)
    path = daemon.path("auth.log")
    open(path, "w").close()
    daemon.write_config(chaos.log_collector(path),
                        '{ name = "hook"; type = "webhook"; url = "%s"; }' % hook.url,
                        extra="allow_unattributed = true;\n")
    heads, times = chaos.Heads(), {}
    writer = chaos.Writer(path)
    try:
        daemon.start()
        daemon.ctl("alert", "test")
        wait_for("the collector", lambda: daemon.collector("auth")["state"] == "well")
        writer.start()
        first = settle(daemon)
        victims = ["engine", "front", "collector", "courier", "parent"]
        for turn in range(TURNS):
            chance.shuffle(victims)
            for victim in victims:
                time.sleep(chance.uniform(0.05, 0.6))  # the time of the blow, not its proof
                heads.take(daemon)
                times.setdefault(victim, []).append(strike(daemon, victim, hook))
                if victim == "parent":
                    first = None
                counts = settle(daemon)
                first = first or counts
                check(counts[0] <= first[0] + 3 and counts[1] <= first[1] + 6,
                      "descriptors of parent and engine: %s, then %s; %s"
                      % (first, counts, chaos.links(daemon.process.pid)))
        written = writer.end()
        chaos.every_line_once(daemon, written)
        heads.take(daemon)
        code, _ = daemon.stop()
        check(code == 0, "the stop gave %d" % code)
        check(not chaos.reap_orphans(daemon), "left over: %s" % chaos.reap_orphans(daemon))
        size = heads.judge(daemon.state)
        for victim in sorted(times):
            values = sorted(times[victim])
            print("%-9s %2d killed; back after median %.2f s, most %.2f s"
                  % (victim, len(values), values[len(values) // 2], values[-1]))
        print("%d lines, %d rotations, %d leaves" % (written, writer.rotations, size))
    except BaseException:
        writer.ending.set()
        print(daemon.said()[-8000:])
        raise
    finally:
        daemon.finish()
        hook.close()


main(int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 30))
