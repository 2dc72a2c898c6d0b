"""Collectors that misbehave, each in its own way, many times: each costs its own run and nothing else.
It is found at once, the run is evidence of failure with a reason, its series and measure are unknown
at once, it is one finding, nothing is left over, and the daemon and the others go on."""
import datetime
import os
import re
import sys
import threading

import chaos
import harness
from chaos import LONG, PATIENCE, SANITIZED
from harness import check, time, wait_for

# mode: what the reason must say; None where the run stays good
MODES = {
    "null": "signal",
    "loop": "ended",
    "stop": "",
    "exit": "exited with code 0",
    "early": "",
    "fork": "",
    "leak": "",
    "flood": "",
    "undeclared": "refused: ",
    "malformed": "refused: ",
    "lie": "broke the protocol",
    "lie2": "broke the protocol",
    "lie3": "broke the protocol",
    "descriptors": "",
    "stream_null": "signal",
    "stream_loop": "silent",
    "stream_stop": "silent",
    "stream_exit": "exited",
    "excerpts": None,
    "log": None,
    "many": None,
}
BAD = [mode for mode, word in MODES.items() if word is not None]
# With sanitizers once each; times are printed and not judged.
ROUNDS = 12 if LONG else 1 if SANITIZED else 2
TRIALS = 200 if LONG else 15 if SANITIZED else 30
FRAMES = 10000 if LONG else 200 if SANITIZED else 500
RUNS_MORE = 1 if SANITIZED else 2
EVERY = 2.0
FOUND_SECONDS, DELAY_SECONDS, LOG_EVERY = 5.0, 1.0, 1.0
RESTED_SECONDS = 10.5  # ready for so long, its deaths are forgotten
AGAIN_SECONDS = 75.0   # the longest pause between two starts is 60 s
ASIDE = "set aside: "
MEMORY_KIB = 192 * 1024
MORE_DESCRIPTORS = 6
PROGRAMS = {"conformd-engine", "conformd-front", "conformd-collector", "conformd-courier",
            "conformd-reader"}
MEASURE = """{ id = "B%(number)02d"; version = 1; name = "%(mode)s"; information_need = "Is it seen?";
    kind = "performance"; formula = "sum(%(plugin)s_value{instance=\\"%(mode)s\\",what=\\"x\\"})"; unit = "values";
    every = "1h"; controls = ["27001:2022 A.8.15"]; owner = "it"; urgency = "now"; why = "w";
    if_missed = "m"; criterion = { target = "== 1"; for = "1h"; recover = "1h"; }; }"""


def modes_now():
    # The sanitizer takes that signal for itself, and has no limit of memory.
    left_out = ("null", "stream_null", "leak") if SANITIZED else ()
    return [mode for mode in sys.argv[1:] or MODES if mode not in left_out]


def plugin_of(mode):
    return "bad_stream" if mode.startswith("stream_") else "bad"


def configure(daemon, log, modes):
    rows = [chaos.log_collector(log, every="%ds" % LOG_EVERY)]
    lies = sum(mode.startswith("lie") for mode in modes) or 1
    for mode in modes:
        every, deadline = (EVERY, 1) if mode in BAD else (15, 15) if SANITIZED else (5, 5)
        rows.append('{ name = "%s"; plugin = "%s"; every = "%ds"; deadline = "%ds"; mode = "%s"; '
                    'switch = "%s"; frames = %d; }'
                    % (mode, plugin_of(mode), every, deadline,
                       mode.replace("stream_", "").rstrip("23"), daemon.path("switch"),
                       FRAMES // (lies * ROUNDS) + 1))
    measures = [MEASURE % {"number": i, "mode": mode, "plugin": plugin_of(mode)} for i, mode in enumerate(modes)]
    daemon.write_config(",\n".join(rows),
                        extra='allow_unattributed = true;\nlost_after_urgent = "1s";\n'
                              'lost_after = "1s";\nmeasures = ( %s );\n' % ",\n".join(measures))


def value_of(daemon, mode):
    return daemon.number('%s_value{instance="%s",what="x"}' % (plugin_of(mode), mode))


def rows_of(daemon):
    return {row["name"]: row for row in daemon.get("/api/collectors")["collectors"]}


class Delays(threading.Thread):
    """How long an answer takes, and how long a line of another collector's log, all along."""

    def __init__(self, daemon, writer):
        super().__init__(daemon=True)
        self.daemon_, self.writer = daemon, writer
        self.answer = self.line = 0.0
        self.asked = 0
        self.ending = threading.Event()

    def run(self):
        written = [(time.monotonic(), self.writer.count)]
        while not self.ending.wait(0.05):
            begun = time.monotonic()
            try:
                counted = chaos.counted(self.daemon_)
            except AssertionError:
                continue
            now = time.monotonic()
            self.answer = max(self.answer, now - begun)
            self.asked += 1
            # What was written by then and is not counted is as old as its first moment.
            while len(written) > 1 and written[0][1] <= counted:
                written.pop(0)
            if written[0][1] > counted:
                self.line = max(self.line, begun - written[0][0])
            written.append((now, self.writer.count))

    def end(self):
        self.ending.set()
        self.join()


def is_evidence(daemon, mode, row):
    leaf = row["last_run"]["evidence"]
    told = daemon.get("/api/evidence/%d" % leaf)["leaf"]
    check(told["t"] == "evidence" and told["outcome"] == "failed",
          "%s: the run is no evidence of failure: %s" % (mode, told))


def is_found(daemon, mode, number, row):
    """All that the failed run has changed, at the moment at which it is seen."""
    check(row["reason"] and MODES[mode] in row["reason"], "%s: %r" % (mode, row["reason"]))
    check(value_of(daemon, mode) is None, "%s still has a value" % mode)
    measure = daemon.measure("B%02d" % number)
    check(measure["state"] == "unknown", "%s: its measure is %s" % (mode, measure["state"]))
    is_evidence(daemon, mode, row)


def wall(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def found_after(mode, run, switched):
    """Seconds from the moment at which it went wrong: the start of its run, and of a stream, which
    has none, at the latest an interval after the switch."""
    if plugin_of(mode) == "bad_stream":
        return max(0.0, wall(run["ended_at"]) - max(switched + EVERY, wall(run["started_at"])))
    return wall(run["ended_at"]) - max(switched, wall(run["started_at"]))


def find_all(daemon, modes, found, switched):
    """Every bad one is found in time."""
    left = [mode for mode in modes if mode in BAD]
    deadline = time.monotonic() + (EVERY + 2 * FOUND_SECONDS) * 2 * PATIENCE
    while left:
        rows = rows_of(daemon)
        for mode in [m for m in left if rows[m]["state"] == "failed"]:
            left.remove(mode)
            is_found(daemon, mode, modes.index(mode), rows[mode])
            took = found_after(mode, rows[mode]["last_run"], switched)
            check(SANITIZED or took <= FOUND_SECONDS * PATIENCE, "%s was found after %.1f s" % (mode, took))
            found.setdefault(mode, []).append((took, rows[mode]["reason"]))
        check(not left or time.monotonic() < deadline, "not found: %s" % [rows[m] for m in left])
        time.sleep(0.02)


def go_on(daemon, modes):
    """Runs more of each that is only a nuisance, and all is well."""
    for _ in range(RUNS_MORE):
        rows = rows_of(daemon)
        for mode in [m for m in modes if m not in BAD]:
            wait_for("a run of %s" % mode, lambda: daemon.collector(mode)["last_run"]["id"]
                     != rows[mode]["last_run"]["id"], 20 * PATIENCE, 0.1)
            row = daemon.collector(mode)
            check(row["state"] == "well", "%s: %s" % (mode, row))


def findings(daemon):
    """{instance: how many findings of its loss}"""
    counts = {}
    for finding in daemon.get("/api/findings?limit=1000")["findings"]:
        lost = re.match(r"Collector (\w+) no longer measures", finding["title"])
        if lost:
            counts[lost.group(1)] = counts.get(lost.group(1), 0) + 1
    return counts


def one_finding_each(daemon, modes):
    bad = [mode for mode in modes if mode in BAD]
    wait_for("a finding of each", lambda: set(findings(daemon)) >= set(bad), 30 * PATIENCE, 0.2)
    counts = findings(daemon)
    check(counts == {mode: 1 for mode in bad}, "findings: %s" % counts)


def strays(daemon):
    """Adopted processes and children that are none of the daemon's programs and still live."""
    lost = chaos.reap_orphans(daemon)
    for pid in chaos.descendants_of(daemon.process.pid):
        words = chaos.command_of(pid)
        if words and os.path.basename(words[0]) not in PROGRAMS:
            lost.append(pid)
    return lost


def one_process_each(daemon):
    """No instance has two processes."""
    names = [chaos.command_of(pid)[1] for pid in chaos.children_of(daemon.process.pid)
             if len(chaos.command_of(pid)) > 1]
    return len(names) == len(set(names)) and not strays(daemon)


def all_good(daemon, modes):
    rows = rows_of(daemon)
    return all(rows[mode]["state"] == "well" and value_of(daemon, mode) == 1 for mode in modes)


def all_measured(daemon, modes):
    """An interval of each stream has ended: from now on its absence is a loss."""
    return all((daemon.number('count_over_time(%s_value{instance="%s",what="x"}[5m])'
                              % (plugin_of(mode), mode)) or 0) >= 3 for mode in modes)


def bring_back(daemon, modes):
    """One that ends before it is ready may have died ten times by now: it is set aside and would be
    tried again in ten minutes. A person who has mended it reloads."""
    def is_good():
        if all_good(daemon, modes):
            return True
        aside = [row["name"] for row in rows_of(daemon).values() if ASIDE in (row["reason"] or "")]
        if aside and not asked:
            print("set aside, and tried again by a reload: %s" % ", ".join(aside))
            asked.append(time.monotonic())
            daemon.reload()
        return False

    asked = []
    wait_for("good runs again", is_good, AGAIN_SECONDS * PATIENCE, 0.2)


def all_rested(daemon, modes):
    return all(chaos.age(chaos.find(daemon, "collector", mode)) > RESTED_SECONDS
               for mode in modes if plugin_of(mode) == "bad_stream")


def do_round(daemon, modes, found):
    open(daemon.path("switch"), "w").close()
    find_all(daemon, modes, found, time.time())
    one_finding_each(daemon, modes)
    go_on(daemon, modes)
    os.unlink(daemon.path("switch"))
    bring_back(daemon, modes)
    wait_for("one process each", lambda: one_process_each(daemon), 5 * PATIENCE)


def report(found, delays, said):
    reasons = {}
    for mode, seen in found.items():
        took = sorted(seconds for seconds, _ in seen)
        print("%-11s %2d times; found within %.1f s of its run, median %.1f s: %s"
              % (mode, len(took), took[-1], took[len(took) // 2], seen[-1][1][:70]))
        if mode.startswith("lie"):
            for _, reason in seen:
                word = re.sub(r"\d+", "N", reason)[:60]
                reasons[word] = reasons.get(word, 0) + 1
    frames = sum(int(n) for n in re.findall(r"bad: (\d+) mutated frames", said))
    print("%d mutated frames; the first that was refused was, times: %s" % (frames, reasons))
    trials = sum(map(len, found.values()))
    print("%d trials; %d questions asked meanwhile: the slowest took %.2f s, the latest line %.2f s"
          " (its interval of %.0f s within)" % (trials, delays.asked, delays.answer, delays.line,
                                                LOG_EVERY))
    return trials, frames


def go(daemon, modes, writer):
    daemon.start()
    wait_for("good runs", lambda: all_good(daemon, modes), 20 * PATIENCE, 0.1)
    wait_for("judged", lambda: all(m["judged_at"] for m in daemon.get("/api/measures")["measures"]),
             20 * PATIENCE)
    daemon.ctl("adopt")
    wait_for("intervals", lambda: all_measured(daemon, modes), 30 * PATIENCE, 0.2)
    writer.start()
    delays, heads, found = Delays(daemon, writer), chaos.Heads(), {}
    delays.start()
    engine = chaos.find(daemon, "engine")
    before = chaos.descriptors(engine), chaos.descriptors(daemon.process.pid)
    for number in range(ROUNDS):
        heads.take(daemon)
        do_round(daemon, modes, found)
        if number + 1 < ROUNDS:
            # As one that fails now and then, not as one that always does.
            wait_for("streams that are well", lambda: all_rested(daemon, modes), 40 * PATIENCE, 0.2)
    delays.end()
    chaos.every_line_once(daemon, writer.end(), 30 * PATIENCE)
    trials, frames = report(found, delays, daemon.said())
    print("processor time: engine %.1f s, all collectors and the parent %.1f s"
          % (chaos.cpu_ms(engine) / 1000, chaos.cpu_ms(daemon.process.pid) / 1000))
    check(trials >= TRIALS, "only %d trials" % trials)
    check(frames >= FRAMES or "lie" not in modes, "only %d frames" % frames)
    check(delays.asked > 10, "hardly any question was answered")
    check(SANITIZED or delays.answer < DELAY_SECONDS * PATIENCE, "the daemon was held up")
    check(SANITIZED or delays.line < LOG_EVERY + DELAY_SECONDS * PATIENCE, "another collector was held up")
    check(chaos.find(daemon, "engine") == engine, "the engine died")
    most = chaos.rss_kib(engine, "VmHWM")
    after = chaos.descriptors(engine), chaos.descriptors(daemon.process.pid)
    print("the engine's memory at its highest: %d KiB; descriptors of engine and parent: %s, then %s"
          % (most, before, after))
    check(SANITIZED or most < MEMORY_KIB, "the engine took %d KiB" % most)
    check(all(b <= a + MORE_DESCRIPTORS for a, b in zip(before, after)), "descriptors leak")
    heads.take(daemon)
    check(daemon.stop(10 * PATIENCE)[0] == 0, "the stop failed")
    wait_for("nothing is left", lambda: not chaos.reap_orphans(daemon), 5 * PATIENCE)
    heads.judge(daemon.state)
    chaos.rebuild_check(daemon.state)


def show_state(daemon):
    try:
        for row in rows_of(daemon).values():
            print(row["name"], row["state"], row["reason"], row["last_run"], row["next_due_at"])
        print("findings:", findings(daemon))
        for measure in daemon.get("/api/measures")["measures"]:
            print(measure["name"], measure["state"], measure["reason"], measure["trial"])
    except (OSError, harness.http.client.HTTPException) as error:
        print("no answer: %s" % error)
    print(re.sub(r".*same complaint.*\n", "", daemon.said())[-6000:])


def main():
    chaos.adopt_orphans()
    daemon = harness.Daemon(measures=False)
    log = daemon.path("auth.log")
    open(log, "w").close()
    daemon.use_plugins(*map(chaos.plugin, ("log.so", "bad.so", "bad_stream.so")))
    modes = modes_now()
    configure(daemon, log, modes)
    writer = chaos.Writer(log, rate=200, rotate=0)
    try:
        go(daemon, modes, writer)
    except BaseException:
        writer.ending.set()
        show_state(daemon)
        raise
    finally:
        daemon.finish()


main()
