"""What is urgent does not wait for the interval to be evidence; what is not, does; and a collector to
which all is urgent gets a bounded number of leaves and hurts nobody."""
import chaos
import harness
from chaos import PATIENCE
from harness import check, holds, os, time, wait_for

EVERY_SECONDS = 120
AT_ONCE_SECONDS = 5.0
WATCHED_SECONDS = 10.0
LEAVES_A_SECOND = 1
RULES = """rules = (
    { id = "urgent"; pattern = "^urgent line$"; feeds = "log_urgent"; urgent = true;
      match = ["urgent line"]; no_match = ["x"]; },
    { id = "plain"; pattern = "^plain line$"; feeds = "log_plain";
      match = ["plain line"]; no_match = ["x"]; } );
"""


def evidence(daemon):
    """Leaves of evidence so far."""
    size = daemon.get("/api/status")["ledger"]["size"]
    leaves, at = [], 0
    while at < size:
        page = daemon.get("/api/evidence?from=%d&limit=1000" % at)["leaves"]
        leaves += [row for row in page if row["leaf"]["t"] == "evidence"]
        at += len(page)
    return leaves


def tells(daemon, attribute, value):
    """Is there a leaf under which this was read?"""
    for row in evidence(daemon):
        readings = daemon.get("/api/evidence/%d" % row["index"]).get("readings") or []
        if any(r["attribute"] == attribute and float(r["value"]) == value for r in readings):
            return True
    return False


def write(daemon, line):
    with open(daemon.path("app.log"), "a") as f:
        f.write(line + "\n")
    return time.monotonic()


def total(daemon, attribute):
    return daemon.number("sum(%s_total)" % attribute) or 0


def lines_in_time(daemon):
    """The interval is far too long for what is seen here."""
    wait_for("first leaves", lambda: len(evidence(daemon)) == 2, 20 * PATIENCE, 0.1)
    write(daemon, "plain line")
    wait_for("it is counted", lambda: total(daemon, "log_plain") == 1, 20 * PATIENCE, 0.05)
    before = 2
    # Twice as long as what is urgent may wait.
    holds("what is not urgent does not wait", lambda: len(evidence(daemon)) == before, 2.0)
    for number in range(1, 4):
        begun = write(daemon, "urgent line")
        wait_for("urgent line %d" % number, lambda: tells(daemon, "log_urgent", 1)
                 and len(evidence(daemon)) == before + number, AT_ONCE_SECONDS * PATIENCE, 0.02)
        print("an urgent line was evidence after %.2f s; the interval is %d s"
              % (time.monotonic() - begun, EVERY_SECONDS))


def all_urgent(daemon):
    """While one hands over urgent batches without end."""
    open(daemon.path("switch"), "w").close()
    daemon.ctl("collect", "bad")
    before, begun = len(evidence(daemon)), time.monotonic()
    batches = total(daemon, "bad_stream_hits")
    slowest = 0.0
    while time.monotonic() - begun < WATCHED_SECONDS:
        asked = time.monotonic()
        write(daemon, "urgent line")
        lines = total(daemon, "log_urgent")
        slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.2)  # the pace of the lines
    took, made = time.monotonic() - begun, len(evidence(daemon)) - before
    batches = total(daemon, "bad_stream_hits") - batches
    print("%d leaves of two collectors in %.1f s, out of %d urgent batches of one; "
          "the slowest answer took %.2f s" % (made, took, batches, slowest))
    check(batches > 2 * took, "it was not urgent all the time")
    check(made >= LEAVES_A_SECOND * took / PATIENCE / 2, "hardly anything was evidence")
    check(made <= 2 * (LEAVES_A_SECOND * took + 2), "%d leaves in %.1f s" % (made, took))
    check(slowest < 2 * PATIENCE and lines > 0, "the daemon was held up")


def main():
    daemon = harness.Daemon(measures=False, rules=False)
    open(daemon.path("app.log"), "w").close()
    daemon.use_plugins(chaos.plugin("log.so"), chaos.plugin("bad_stream.so"))
    os.mkdir(daemon.path("rules.d"))
    with open(daemon.path("rules.d", "app.conf"), "w") as f:
        f.write(RULES)
    daemon.write_config(
        '{ name = "app"; plugin = "log"; every = "%ds"; files = ["%s"]; rules = ["app"]; },'
        '{ name = "bad"; plugin = "bad_stream"; every = "%ds"; mode = "urgent"; switch = "%s"; }'
        % (EVERY_SECONDS, daemon.path("app.log"), EVERY_SECONDS, daemon.path("switch")),
        extra='allow_unattributed = true;\n')
    try:
        daemon.start()
        wait_for("the collectors", lambda: all((daemon.collector(n) or {}).get("last_run")
                                               for n in ("app", "bad")), 20 * PATIENCE)
        lines_in_time(daemon)
        all_urgent(daemon)
        check(daemon.stop(10 * PATIENCE)[0] == 0, "the stop failed")
        chaos.rebuild_check(daemon.state)
    except BaseException:
        print(daemon.said()[-4000:])
        raise
    finally:
        daemon.finish()


main()
