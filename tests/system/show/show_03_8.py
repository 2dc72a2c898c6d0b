"""show.03.8: three days of the real daemon in a minute. What a schedule, `for`, 07:00, Monday and
retention make happen is counted, to the run and to the message.

It begins on Sunday 2026-11-22 at 05:00 and ends on Wednesday at 08:00. Time passes in steps of ten
minutes, broken at 06:59:59 and 07:00:01; what a step makes due has happened before the next one."""
import calendar
import collections
import json
import os
import sqlite3
import subprocess

import harness
import merkle
from harness import check, time
from kit.clock import clock
from kit.clock.clock import HOUR, MINUTE, SECOND

STEP = 10 * MINUTE
BEGINS = calendar.timegm((2026, 11, 22, 5, 0, 0)) * 1000
SLACK = 30 * SECOND  # a step takes the time that the daemon needs for it
GOOD, BAD = "PermitRootLogin no\n", "PermitRootLogin yes\n"
LINE = "Nov 22 06:20:00 host sshd[1]: Failed password for root from 203.0.113.9 port 1 ssh2\n"
MEASURE = """{ id = "%s"; version = 1; name = "%s"; kind = "performance"; owner = "it";
    information_need = "Does time pass?"; formula = "%s"; unit = "x"; every = "10m";
    urgency = "%s"; why = "w"; if_missed = "i"; controls = ["27001:2022 A.8.5"]; coverage = 0;
    criterion = { target = "== 0"; for = "%s"; recover = "1h"; }; }"""
ROOT = "max(sshd_root_login_unrestricted)"
MEASURES = (("SOON", ROOT, "day", "0s"), ("LATE", ROOT, "day", "2h"), ("WEEK", ROOT, "digest", "0s"),
            ("NOW", "sum(sum_over_time(log_auth_failures[1h]))", "now", "0s"))
EXTRA = """allow_unattributed = true;
trust_clock = true;
keep = "1d";
keep_readings = "1d";
keep_excerpts = "2d";
measures = ( %s );
""" % ", ".join(MEASURE % (m[0], m[0], m[1], m[2], m[3]) for m in MEASURES)
SNAPSHOT = '{ name = "%s"; plugin = "sshd"; every = "%s"; program = "/none/sshd"; config = "%s"; }'


def at(day, hour, minute=0, second=0):
    """Of November, in ms."""
    return calendar.timegm((2026, 11, day, hour, minute, second)) * 1000


class Scene:
    def __init__(self):
        self.daemon = harness.Daemon(measures=False)
        self.hook = harness.Webhook()
        self.clock = clock.Clock(self.daemon.path("clock"), BEGINS)
        self.clock.ports.add(self.hook.server.server_address[1])
        self.told = []  # (wall ms, "candidate SOON")
        self.ticks = 0  # steps of ten minutes
        self.ticked_ms = 0
        for name in ("tens", "hours"):
            self.write(GOOD, name)
        open(self.daemon.path("auth.log"), "w").close()
        self.daemon.write_config(
            ", ".join([SNAPSHOT % ("tens", "10m", self.daemon.path("tens")),
                       SNAPSHOT % ("hours", "1h", self.daemon.path("hours")),
                       '{ name = "auth"; plugin = "log"; every = "10m"; files = ["%s"]; rules = '
                       '["sshd"]; }' % self.daemon.path("auth.log")]),
            '{ name = "hook"; type = "webhook"; url = "%s"; }' % self.hook.url, EXTRA)

    def write(self, text, name="tens"):
        with open(self.daemon.path(name), "w") as f:
            f.write(text)

    def start(self):
        self.daemon.start()
        self.clock.settle(self.daemon.process.pid)
        self.ticked_ms = self.clock.now_ms()

    def move(self, to_ms):
        self.clock.pass_ms(self.daemon.process.pid, to_ms - self.clock.now_ms())
        while not self.hook.got.empty():
            event = self.hook.got.get()[2]
            self.told.append((self.clock.now_ms(), "%s %s" % (event["type"].rsplit(".", 1)[1],
                                                              event["data"]["measure"])))

    def tick(self):
        self.move(self.ticked_ms + STEP)
        self.ticked_ms = self.clock.now_ms()
        self.ticks += 1

    def until(self, at_ms):
        """To just before this time, or to the step that passes it."""
        while self.ticked_ms + STEP <= at_ms:
            self.tick()
        if self.clock.now_ms() < at_ms:
            self.move(at_ms)

    def past(self, at_ms):
        """To the first step after this time."""
        while self.ticked_ms < at_ms:
            self.tick()

    def take_told(self):
        told, self.told = self.told, []
        return told

    def expect_told(self, *events, at_ms=None):
        told = self.take_told()
        check(sorted(what for _, what in told) == sorted(events),
              "told %s, not %s" % (told, events))
        for when, what in told:
            check(at_ms is None or at_ms <= when < at_ms + SLACK,
                  "%s at %s" % (what, time.ctime(when / 1000)))

    def findings(self):
        return {f["measure"]: f for f in self.daemon.get("/api/findings")["findings"]}

    def morning(self, day, *events):
        """Nothing of the night is told at 06:59:59; two seconds later all of it is, once."""
        self.until(at(day, 7) - SECOND)
        self.expect_told()
        self.until(at(day, 7) + SECOND)
        self.expect_told(*events, at_ms=at(day, 7))


def sunday(scene):
    scene.daemon.ctl("adopt", uid=1000 if harness.can_set_loginuid() else None)
    scene.past(at(22, 5, 30))
    check(not scene.findings(), "a finding of nothing")
    scene.write(BAD)
    scene.tick()
    missed_ms = scene.clock.now_ms()
    check(set(scene.findings()) == {"SOON", "WEEK"}, "raised: %s" % set(scene.findings()))
    scene.morning(22, "candidate SOON")
    scene.until(missed_ms + 2 * HOUR - MINUTE)
    check("LATE" not in scene.findings(), "raised before it lasted 2 h")
    scene.past(missed_ms + 2 * HOUR)
    check("LATE" in scene.findings(), "not raised after 2 h")
    check(scene.ticked_ms < missed_ms + 2 * HOUR + STEP, "it was raised too late")
    with open(scene.daemon.path("auth.log"), "a") as f:
        f.write(LINE)
    scene.tick()
    scene.expect_told("candidate NOW")
    scene.past(at(22, 10))  # an hour in the formula's range, one of recovery
    scene.expect_told("condition_cleared NOW")
    print("Sunday: at once, and at 07:00; `for` took 2 h")


def monday(scene):
    scene.morning(23, "candidate LATE", "candidate WEEK")
    scene.past(at(23, 8))
    scene.write(GOOD)
    scene.past(at(23, 9, 30))
    check(all(f["condition_cleared_at"] for f in scene.findings().values()),
          "not cleared: %s" % scene.findings())
    print("Monday: the day's and the week's")


def tuesday(scene):
    scene.morning(24, "condition_cleared SOON", "condition_cleared LATE")
    scene.past(at(24, 10))
    scene.write(BAD)
    scene.past(at(24, 13))
    print("Tuesday: the day's")


def wednesday(scene):
    scene.morning(25, "returned SOON", "returned LATE")
    scene.past(at(25, 8))
    scene.expect_told()
    waiting = scene.daemon.get("/api/status")["outbox"]["waiting"]
    check(waiting == 2, "%d messages wait for Monday" % waiting)
    print("Wednesday: the day's; the week's waits for Monday")


def check_counted(scene):
    """What the API counts of all time: a run at the start, and one an interval."""
    rows = {row["name"]: row for row in scene.daemon.get("/api/collectors")["collectors"]}
    for name, each in (("tens", 1), ("hours", 6)):
        runs = rows[name]["cost"]["runs"]
        check(runs == 1 + scene.ticks // each, "%s: %d runs in %d steps" % (name, runs, scene.ticks))


def check_kept(store):
    """Rows of runs are kept for a day: 144 and 24 of them, each after its interval."""
    rows = collections.defaultdict(list)
    for name, started in store.execute("SELECT instance, started_ms FROM runs ORDER BY id"):
        rows[name].append(started)
    kept = {name: len(started) for name, started in rows.items()}
    check(kept == {"tens": 144, "hours": 24}, "runs kept of the last day: %s" % kept)
    for name, every in (("tens", STEP), ("hours", HOUR)):
        gaps = [b - a for a, b in zip(rows[name], rows[name][1:])]
        check(min(gaps) >= every and max(gaps) < every + SLACK,
              "%s ran after %g to %g s" % (name, min(gaps) / 1000, max(gaps) / 1000))


def check_told(leaves, ticks):
    """The ledger tells of every run, by itself or in an hour's fold; a stream ends one interval
    more when it is told to stop."""
    runs, events = collections.Counter(), collections.Counter()
    for leaf in leaves:
        if leaf["t"] in ("evidence", "coverage") and not leaf.get("own"):
            runs[leaf["collector"]] += leaf.get("runs", 1)
        if leaf["t"] == "finding":
            events[leaf["event"]] += 1
    expected = [1 + ticks // 6, 1 + ticks, 2 + ticks]
    check(sorted(runs.values()) == expected, "runs told: %s, not %s" % (dict(runs), expected))
    check(events == {"raised": 4, "condition_cleared": 4, "returned": 3}, "moved: %s" % events)
    print("%s runs, each told once; findings: %s" % (expected, dict(events)))


def check_disposed(leaves):
    """A day's payloads go once, with the first step of the day on which they are too old."""
    told = [leaf for leaf in leaves if leaf["t"] == "disposal"]
    found = [(leaf["kind"], leaf["ts"][:15]) for leaf in told]
    check(found == [("readings", "2026-11-24T00:0"), ("readings", "2026-11-25T00:0"),
                    ("excerpts", "2026-11-25T00:0")], "disposed: %s" % found)
    for leaf, day in zip(told, (22, 23, 22)):
        last = leaves[leaf["to"]]["ts"][:10]
        check(last == "2026-11-%d" % day, "the %s of %s went" % (leaf["kind"], last))
    print("disposed: %s" % found)


def check_ledger(state):
    leaves, heads = merkle.read_store(state)
    check(merkle.root(leaves) == heads[-1][1], "the root is not that of the leaves")
    result = subprocess.run([os.path.join(harness.BIN, "conformctl"), "rebuild", "--check", state],
                            capture_output=True, text=True, timeout=120)
    check(result.returncode == 0, "rebuild --check: %s%s" % (result.stdout, result.stderr))
    print(result.stdout.strip().splitlines()[-1])
    return [json.loads(leaf) for leaf in leaves]


def main(scene):
    begun = time.monotonic()
    scene.start()
    for day in (sunday, monday, tuesday, wednesday):
        day(scene)
    check_counted(scene)
    took = time.monotonic() - begun
    print("%d steps of ten minutes in %.1f s, %.0f ms each"
          % (scene.ticks, took, took * 1000 / scene.ticks))
    scene.daemon.stop()
    with sqlite3.connect(os.path.join(scene.daemon.state, "conformd.db")) as store:
        check_kept(store)
    leaves = check_ledger(scene.daemon.state)
    check_told(leaves, scene.ticks)
    check_disposed(leaves)


# A turn waits for the disk: hundreds of them are quicker where there is none.
if os.access("/dev/shm", os.W_OK):
    os.environ.setdefault("TMPDIR", "/dev/shm")
SCENE = Scene()
try:
    harness.run(lambda: main(SCENE), lambda: SCENE.daemon)
finally:
    SCENE.daemon.finish()
    SCENE.hook.close()
