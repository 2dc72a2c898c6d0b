"""Reloads one upon the other, each awaited, every other configuration broken in one of six ways, amid
runs and 5,000 lines a second: the last valid one is in force, nothing is lost, memory and descriptors
stay, collectors that did not change are not restarted."""
import random
import socket
import sys

import chaos
import harness
from chaos import LONG, PATIENCE, SANITIZED
from harness import check, time, wait_for

# With sanitizers each way to be broken once; times and memory are printed and not judged.
RELOADS = 1000 if LONG else 12 if SANITIZED else 100
LIMIT_SECONDS = 60.0 * RELOADS / 1000 if LONG else 15.0
RATE = 1000 if SANITIZED else 5000
UNCHANGED = ("auth", "other")
MORE_KIB = 4096
MORE_DESCRIPTORS = 3
TAKEN, REFUSED = "STATUS=the new configuration", "STATUS=the last reload was refused"


class Configurations:
    """Writes the next one: valid with its own interval of `accounts`, or broken in the next way."""

    def __init__(self, daemon, logs):
        self.daemon, self.logs = daemon, logs
        self.taken = socket.socket()
        self.taken.bind(("127.0.0.1", 0))
        self.taken.listen()
        self.broken = 0
        self.hours = 0
        self.write()
        with open(daemon.config) as f:
            self.first = f.read()

    def write(self):
        self.daemon.write_config(
            chaos.log_collector(self.logs[0]) + ",\n" + chaos.log_collector(self.logs[1], "other")
            + ', { name = "sshd"; plugin = "sshd"; every = "3s"; }'
            + ', { name = "accounts"; plugin = "accounts"; every = "%dh"; }' % (1 + self.hours),
            extra="allow_unattributed = true;\n")

    def next_valid(self):
        self.hours = (self.hours + 1) % 24
        self.write()

    def next_broken(self):
        ways = (
            lambda t: t.replace('every = "3s"', 'every = "none"'),
            lambda t: t.replace('rules = ["sshd"]', 'rules = ["nowhere"]'),
            lambda t: t + 'measures = ( { id = "X"; version = 1; name = "X"; owner = "x"; '
                      'information_need = "?"; kind = "performance"; formula = "sum(("; '
                      'controls = ["27001:2022 A.5.17"]; unit = "1"; every = "1h"; why = "w"; '
                      'if_missed = "m"; criterion = { target = "== 0"; }; } );\n',
            lambda t: t.replace(self.daemon.state, self.daemon.state + "-elsewhere"),
            lambda t: t.replace(":%d" % self.daemon.port, ":%d" % self.taken.getsockname()[1]),
            lambda t: t + 'plugin_dir = "never closed;\n',
        )
        text = ways[self.broken % len(ways)](self.first)
        self.broken += 1
        check(text != self.first, "way %d changes nothing" % (self.broken - 1))
        with open(self.daemon.config, "w") as f:
            f.write(text)


def programs(daemon):
    return {"parent": daemon.process.pid, "engine": chaos.find(daemon, "engine"),
            "front": chaos.find(daemon, "front")}


def sizes(daemon):
    return {name: (chaos.rss_kib(pid), chaos.descriptors(pid))
            for name, pid in programs(daemon).items()}


def pids(daemon):
    return [chaos.find(daemon, "collector", name) for name in UNCHANGED]


def hours_of(daemon):
    return daemon.collector("accounts")["every_ms"] // 3600000


def in_force(daemon, configurations):
    """The last valid one; the engine takes it in its next turn."""
    wait_for("the last valid configuration", lambda: hours_of(daemon) == 1 + configurations.hours,
             2 * PATIENCE)


def run_ids(daemon):
    return [(daemon.collector(name)["last_run"] or {}).get("id") for name in ("accounts",)]


def reload_once(daemon, notices, configurations, valid):
    configurations.next_valid() if valid else configurations.next_broken()
    begun = time.monotonic()
    daemon.reload()
    answer = notices.until(("STATUS=the ",))
    took = time.monotonic() - begun
    check(answer.startswith(TAKEN if valid else REFUSED),
          "a %s configuration: %s\n%s" % ("valid" if valid else "broken", answer,
                                          open(daemon.config).read()))
    return took


def reload_all(daemon, notices, configurations, heads):
    """Seconds of each reload, and sizes when it had warmed up."""
    times, warm, runs = {True: [], False: []}, None, run_ids(daemon)
    begun = time.monotonic()
    for turn in range(1, RELOADS + 1):
        valid = turn % 2 == 1
        times[valid].append(reload_once(daemon, notices, configurations, valid))
        if turn == RELOADS // 4:
            warm = sizes(daemon)
        if turn % 20 == 0:
            heads.take(daemon)
            in_force(daemon, configurations)
    took = time.monotonic() - begun
    check(all(a != b for a, b in zip(runs, run_ids(daemon))), "no run came amid: %s" % runs)
    return times, warm, took


def print_times(times, took, cpu_ms):
    for valid, values in times.items():
        early, late = (sorted(part)[len(part) // 2] * 1000
                       for part in (values[:len(values) // 4], values[-(len(values) // 4):]))
        print("%s: median %.0f ms in the first quarter, %.0f ms in the last"
              % ("taken" if valid else "refused", early, late))
        values.sort()
        print("%4d %s: median %.0f ms, p99 %.0f ms, most %.0f ms"
              % (len(values), "taken" if valid else "refused", values[len(values) // 2] * 1000,
                 values[len(values) * 99 // 100] * 1000, values[-1] * 1000))
    print("%d reloads in %.1f s, with %.0f ms of processor time each for parent and checks"
          % (sum(map(len, times.values())), took, cpu_ms / sum(map(len, times.values()))))


def compare(warm, last):
    for name in warm:
        print("%-7s %6d KiB %3d descriptors after a quarter, %6d KiB %3d at the end"
              % (name, *warm[name], *last[name]))
        check(last[name][1] <= warm[name][1] + MORE_DESCRIPTORS, "%s leaks descriptors" % name)
        check(SANITIZED or last[name][0] <= warm[name][0] + MORE_KIB, "%s grows" % name)


def go(daemon, notices, writer, configurations):
    daemon.start()
    wait_for("the collectors", lambda: all((daemon.collector(n) or {}).get("state") in
                                           ("well", "partial", "absent") for n in UNCHANGED),
             20 * PATIENCE)
    wait_for("their processes", lambda: all(pids(daemon)), 20 * PATIENCE)
    before, heads = pids(daemon), chaos.Heads()
    writer.start()
    cpu_ms = chaos.cpu_ms(daemon.process.pid)
    times, warm, took = reload_all(daemon, notices, configurations, heads)
    print_times(times, took, chaos.cpu_ms(daemon.process.pid) - cpu_ms)
    check(SANITIZED or took <= LIMIT_SECONDS * PATIENCE, "%d reloads took %.1f s" % (RELOADS, took))
    in_force(daemon, configurations)
    check(pids(daemon) == before, "an unchanged collector was restarted: %s, then %s"
          % (before, pids(daemon)))
    written = writer.end()
    chaos.every_line_once(daemon, written, 30 * PATIENCE)
    wait_for("no zombie", lambda: not chaos.zombies(daemon), 5 * PATIENCE)
    compare(warm, sizes(daemon))
    heads.take(daemon)
    check(daemon.stop(10 * PATIENCE)[0] == 0, "the stop failed")
    print("%d lines, each once; %d rotations; %d leaves"
          % (written, writer.rotations, heads.judge(daemon.state)))
    chaos.rebuild_check(daemon.state)


def main():
    daemon = harness.Daemon(measures=True)
    logs = daemon.path("auth.log"), daemon.path("other.log")
    for path in logs:
        open(path, "w").close()
    notices = chaos.Notices(daemon)
    writer = chaos.Writer(logs[0], rate=RATE)
    try:
        go(daemon, notices, writer, Configurations(daemon, logs))
    except BaseException:
        writer.ending.set()
        print(daemon.said()[-400000:])
        raise
    finally:
        notices.close()
        daemon.finish()


main()
