"""show.03.2: every setting reaches those programs that its row names, and no other; a row without readers is
named; `not_between` holds a run of the real daemon back until a person asks for it, or a reload takes it away."""
import os
import shutil
import sys
import time

import harness
import reach
from harness import check, holds, wait_for

HELD_SECONDS = 5
CLOCK = "%H:%M"
COLLECTORS = """{ name = "held"; plugin = "accounts"; every = "1s"; %s },
    { name = "free"; plugin = "accounts"; every = "1s"; not_between = [ "%s" ]; }"""


def settings(helper):
    told = reach.ask(helper, "rows")
    rows, programs = told["rows"], told["programs"]
    path = reach.write_all(rows, os.path.join(harness.BUILD, "plugins"))
    try:
        parts = reach.ask(helper, "parts", path)
        lost = reach.reach_nobody(rows, parts)
        check(not lost, "reaches nobody: " + ", ".join(lost))
        wrong = reach.wrong_readers(rows, parts) + reach.unknown_members(rows, parts)
        wrong += reach.unread(rows, programs, harness.SOURCE) + reach.second_presets(rows, harness.SOURCE)
        check(not wrong, "settings:\n  " + "\n  ".join(wrong))
        emptied = [row["path"] for row in rows if not row["group"]]
        for one in emptied:
            without = reach.reach_nobody(rows, reach.ask(helper, "parts", path, one), one)
            check(without == [one], "%s without readers: the test names %s" % (one, without))
    finally:
        shutil.rmtree(os.path.dirname(path))
    print("%d settings reach their readers; each is named without them" % len(emptied))


def window(from_seconds, to_seconds):
    now = time.time()
    return "-".join(time.strftime(CLOCK, time.gmtime(now + seconds)) for seconds in (from_seconds, to_seconds))


def runs(daemon, name):
    """How many of its runs have ended."""
    row = daemon.collector(name)
    return row["cost"]["runs"] if row and row.get("cost") else 0


def held_back():
    around, later = window(-120, 3600), window(7200, 10800)
    daemon = harness.Daemon(COLLECTORS % ('not_between = [ "%s" ];' % around, later), measures=False, rules=False,
                            extra="allow_unattributed = true;")
    try:
        daemon.start()
        wait_for("runs of the one outside of its window", lambda: runs(daemon, "free") >= 2)
        holds("a run in the window", lambda: runs(daemon, "held") == 0, HELD_SECONDS)
        check(daemon.collector("held")["next_due_at"][11:16] == around[6:], "the API shows no wait until %s: %s"
              % (around, daemon.collector("held")))
        daemon.ctl("collect", "held")
        check(runs(daemon, "held") == 1, "a person's run did not come: %s" % daemon.collector("held"))
        holds("a run in the window, after a person's", lambda: runs(daemon, "held") == 1, 3)
        daemon.write_config(COLLECTORS % ("", later), extra="allow_unattributed = true;")
        daemon.reload()
        wait_for("runs without the window", lambda: runs(daemon, "held") >= 3)
        daemon.write_config(COLLECTORS % ('not_between = [ "%s" ];' % around, later), extra="allow_unattributed = true;")
        daemon.reload()
        wait_for("the window again", lambda: daemon.said().count("is in force") >= 2)
        time.sleep(1.5)
        before = runs(daemon, "held")
        holds("a run in the new window", lambda: runs(daemon, "held") == before, 3)
        check(daemon.stop()[0] == 0, "the stop failed")
    except BaseException:
        print(daemon.said())
        raise
    finally:
        daemon.finish()
    print("a window holds its collector back, but not for a person")


settings(sys.argv[1])
held_back()
