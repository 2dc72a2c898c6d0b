"""Collectors that misbehave: each costs its own run and nothing else. The run is evidence of failure
with a reason, its series are unknown at once, no process is left over, the others go on."""
import os
import shutil
import sys

import chaos
import harness
from harness import check, time, wait_for

# mode: what the reason must say; None where the run stays good
MODES = {
    "null": "signal",
    "loop": "deadline",
    "stop": "",
    "exit": "",
    "fork": "",
    "flood": "",
    "undeclared": "refused: ",
    "malformed": "refused: ",
    "excerpts": None,
    "lie": "",
    "descriptors": "",
    "log": None,
    "many": None,
}
FAIL_SECONDS = 25
MEMORY_KIB = 160 * 1024


def use_plugins(daemon):
    """The build's plugins and the bad one in one folder."""
    folder = daemon.path("plugins")
    os.mkdir(folder)
    for source in (os.path.join(harness.BUILD, "plugins"), os.environ["CHAOS_DIR"]):
        for name in ("log.so", "bad.so"):
            if os.path.exists(os.path.join(source, name)):
                shutil.copy(os.path.join(source, name), folder)
    return folder


def configure(daemon, log, modes):
    rows = [chaos.log_collector(log)]
    for mode in modes:
        rows.append('{ name = "%s"; plugin = "bad"; every = "2s"; deadline = "1s"; mode = "%s"; '
                    'switch = "%s"; }' % (mode, mode, daemon.path("switch")))
    daemon.write_config(",\n".join(rows), extra="allow_unattributed = true;\n")
    with open(daemon.config) as f:
        text = f.read()
    with open(daemon.config, "w") as f:
        f.write(text.replace(os.path.join(harness.BUILD, "plugins"), daemon.path("plugins")))


def value_of(daemon, mode):
    return daemon.number('bad_value{instance="%s",what="x"}' % mode)


def fails(daemon, mode, word):
    """The first run after the switch has failed, with a reason; its series are gone."""
    def failed():
        row = daemon.collector(mode)
        return row if row["state"] == "failed" else None

    row = wait_for("%s fails" % mode, failed, FAIL_SECONDS, 0.1)
    check(row["reason"] and word in row["reason"], "%s: %r" % (mode, row["reason"]))
    check(value_of(daemon, mode) is None, "%s still has a value" % mode)
    leaf = row["last_run"]["evidence"]
    check(leaf is not None and daemon.get("/api/evidence/%d" % leaf)["leaf"]["t"] == "evidence",
          "%s: the run is no evidence: %s" % (mode, row["last_run"]))
    print("%-11s failed: %s" % (mode, row["reason"]))


def goes_on(daemon, mode):
    """Two runs after the switch, and all is well."""
    for _ in range(2):
        run = daemon.collector(mode)["last_run"]["id"]
        wait_for("a run of %s" % mode,
                 lambda: daemon.collector(mode)["last_run"]["id"] != run, 20, 0.1)
    row = daemon.collector(mode)
    check(row["state"] == "well", "%s: %s" % (mode, row))
    print("%-11s goes on" % mode)


def strays(daemon):
    """Adopted processes and children without a parent of ours that still live."""
    known = {"conformd-engine", "conformd-front", "conformd-collector", "conformd-courier"}
    lost = chaos.reap_orphans(daemon)
    for pid in chaos.descendants_of(daemon.process.pid):
        words = chaos.command_of(pid)
        if words and os.path.basename(words[0]) not in known:
            lost.append(pid)
    return lost


def main():
    chaos.adopt_orphans()
    daemon = harness.Daemon(measures=False)
    log = daemon.path("auth.log")
    open(log, "w").close()
    use_plugins(daemon)
    modes = sys.argv[1:] or list(MODES)
    if os.environ.get("CHAOS_SANITIZED") and "null" in modes:
        modes.remove("null")  # the sanitizer takes that signal for itself
    configure(daemon, log, modes)
    writer = chaos.Writer(log, rate=200, rotate=0)
    try:
        daemon.start()
        wait_for("good runs", lambda: all(value_of(daemon, m) == 1 for m in modes), 20, 0.1)
        writer.start()
        engine = chaos.find(daemon, "engine")
        before = chaos.descriptors(engine), chaos.descriptors(daemon.process.pid)
        heads = chaos.Heads()
        heads.take(daemon)
        open(daemon.path("switch"), "w").close()
        for mode in modes:
            if MODES[mode] is not None:
                fails(daemon, mode, MODES[mode])
        for mode in modes:
            if MODES[mode] is None:
                goes_on(daemon, mode)
        check(chaos.find(daemon, "engine") == engine, "the engine died")
        os.unlink(daemon.path("switch"))
        wait_for("good runs again",
                 lambda: all(value_of(daemon, m) == 1 for m in modes), 40, 0.2)
        most = chaos.rss_kib(engine, "VmHWM")
        print("the engine's memory at its highest: %d KiB" % most)
        check(os.environ.get("CHAOS_SANITIZED") or most < MEMORY_KIB, "the engine took %d KiB" % most)
        chaos.every_line_once(daemon, writer.end())
        wait_for("no stray", lambda: not strays(daemon), 5)
        wait_for("no zombie", lambda: not chaos.zombies(daemon), 5)
        heads.take(daemon)
        after = chaos.descriptors(engine), chaos.descriptors(daemon.process.pid)
        print("descriptors of engine and parent: %s, then %s" % (before, after))
        check(after[0] <= before[0] + 6 and after[1] <= before[1] + 6, "descriptors leak")
        check(daemon.stop()[0] == 0, "the stop failed")
        wait_for("nothing is left", lambda: not chaos.reap_orphans(daemon), 5)
        heads.judge(daemon.state)
    except BaseException:
        writer.ending.set()
        for row in daemon.get("/api/collectors")["collectors"]:
            print(row["name"], row["state"], row["reason"], row["last_run"], row["next_due_at"])
        print(daemon.said()[-6000:])
        raise
    finally:
        daemon.finish()


main()
