"""kill -9 of each program, some at random and some aimed into a commit, a rotation or a reload, while
5,000 numbered lines a second arrive and the file rotates: every line is counted once, every (size,
root) that was told is the beginning of what stands at last, and all is back within two seconds."""
import random
import re
import sys

import chaos
import harness
from chaos import LONG, PATIENCE, SANITIZED
from harness import check, os, signal, time, wait_for

# With sanitizers one of each, which is all of AIMS' first; times are printed and not judged.
KILLS = 200 if LONG else 6 if SANITIZED else 20
RATE, ROTATE_SECONDS = 1000 if SANITIZED else 5000, 3.0
APART_SECONDS = 12.1
BACK_SECONDS = 2.0
AIM_SECONDS = 20.0
# What each is killed in, in turn.
AIMS = {
    "engine": ("commit", "rotation", "reload", "random"),
    "collector": ("rotation", "random", "reload"),
    "parent": ("reload", "random", "rotation"),
    "front": ("random", "reload"),
    "courier": ("random",),
    "reader": ("random", "rotation"),
}
MORE_DESCRIPTORS = (3, 6)  # of parent and engine


def restart_seconds():
    """What systemd waits before it starts a daemon that died, by the unit."""
    with open(os.path.join(harness.SOURCE, "systemd/conformd.service.in")) as f:
        value, unit = re.search(r"^RestartSec=([0-9.]+)(ms|s)?$", f.read(), re.M).groups()
    return float(value) / (1000 if unit == "ms" else 1)


class Scene:
    def __init__(self, chance):
        self.chance = chance
        self.hook = harness.Webhook()
        self.daemon = harness.Daemon(measures=True)
        self.path = self.daemon.path("auth.log")
        open(self.path, "w").close()
        self.hours = 0
        self.configure()
        self.notices = chaos.Notices(self.daemon)
        self.heads = chaos.Heads()
        self.writer = chaos.Writer(self.path, rate=RATE, rotate=ROTATE_SECONDS, pause=0.05)
        self.last, self.times, self.inside = {}, {}, {"commit": 0, "rotation": 0, "reload": 0}

    def configure(self):
        self.hours = self.hours % 24 + 1
        self.daemon.write_config(
            chaos.log_collector(self.path)
            + ', { name = "accounts"; plugin = "accounts"; every = "%dh"; }' % self.hours,
            '{ name = "hook"; type = "webhook"; url = "%s"; }' % self.hook.url,
            extra="allow_unattributed = true;\n")

    def victims(self):
        names = ["engine", "front", "collector", "courier", "parent"]
        if os.path.exists(os.path.join(harness.BIN, "conformd-reader")):
            names.append("reader")
        return names

    def pid_of(self, victim):
        if victim == "parent":
            return self.daemon.process.pid
        return chaos.find(self.daemon, victim, "auth" if victim == "collector" else None)

    def works(self):
        """Lines of now are counted, which takes all programs but the courier."""
        return chaos.counted(self.daemon) >= 0

    def finish(self):
        self.writer.ending.set()
        self.notices.close()
        self.daemon.finish()
        self.hook.close()


# --- where a kill falls ---

def aim_at_commit(scene, pid):
    """Stops the engine where it has written a commit into the log and nobody sees it yet."""
    deadline = time.monotonic() + AIM_SECONDS * PATIENCE
    while time.monotonic() < deadline:
        if not chaos.in_commit(scene.daemon.state):
            continue
        os.kill(pid, signal.SIGSTOP)
        wait_for("it stops", lambda: (chaos.stat_of(pid) or " T")[1] == "T", 5, 0.0005)
        if chaos.in_commit(scene.daemon.state):
            return
        os.kill(pid, signal.SIGCONT)


def aim_at_rotation(scene):
    scene.writer.rotating.wait(2 * ROTATE_SECONDS)
    time.sleep(scene.chance.uniform(0, 0.04))


def aim_at_reload(scene):
    """The parent has begun; what it does with it is not yet said."""
    scene.configure()
    scene.notices.drain()
    scene.daemon.reload()
    scene.notices.until(("RELOADING=1",))
    time.sleep(scene.chance.uniform(0, 0.03))


def aim(scene, victim, pid, at):
    if at == "commit":
        aim_at_commit(scene, pid)
    elif at == "rotation":
        aim_at_rotation(scene)
    elif at == "reload":
        aim_at_reload(scene)
    else:
        time.sleep(scene.chance.uniform(0, 0.8))  # the time of the blow, not its proof


def where(scene, pid, at):
    """Asked in the moment of the blow; an engine that was stopped for it stands still meanwhile."""
    stopped = (chaos.stat_of(pid) or "  ")[1] == "T"
    return {"commit": stopped and chaos.in_commit(scene.daemon.state),
            "rotation": scene.writer.rotating.is_set(),
            "reload": at == "reload" and not scene.notices.answered()}


# --- the blow ---

def wait_apart(scene, victim):
    left = scene.last.get(victim, 0) + APART_SECONDS - time.monotonic()
    if left > 0:
        time.sleep(left)


def make_it_run(scene, victim):
    """The courier and the reader come when they are needed."""
    if victim == "courier" and not scene.pid_of(victim):
        wait_for("the control socket", lambda: told_to_alert(scene.daemon), 10 * PATIENCE)
    if victim == "reader":
        chaos.counted(scene.daemon)
    return wait_for("a %s" % victim, lambda: scene.pid_of(victim), 10 * PATIENCE)


def told_to_alert(daemon):
    try:
        daemon.ctl("alert", "test")
        return True
    except AssertionError:
        return False


def is_back(scene, victim, pid, before):
    if victim == "courier":
        return scene.pid_of(victim) not in (None, pid)
    if victim in ("front", "reader"):
        return chaos.counted(scene.daemon) >= 0 and (victim == "reader"
                                                     or scene.pid_of(victim) not in (None, pid))
    return chaos.counted(scene.daemon) > before


def restart_parent(scene):
    """As systemd does: what is left of it goes, then a pause, then a start."""
    scene.daemon.process.wait()
    wait_for("the end of its children", lambda: not chaos.reap_orphans(scene.daemon), 8 * PATIENCE)
    time.sleep(restart_seconds())
    scene.daemon.start(wait=False)


def aim_and_kill(scene, victim, at):
    """(its number, lines counted before). A courier that starts while a reload is under way is asked to
    leave when that ends: it may be gone at the blow, and the next is taken."""
    for _ in range(2 if victim == "courier" else 1):
        pid = make_it_run(scene, victim)
        scene.heads.take(scene.daemon)
        before = chaos.counted(scene.daemon)
        aim(scene, victim, pid, at)
        inside = where(scene, pid, at)
        if chaos.kill(pid):
            for place, is_inside in inside.items():
                scene.inside[place] += is_inside
            return pid, before
    raise AssertionError("the %s was gone" % victim)


def strike(scene, victim, at):
    wait_apart(scene, victim)
    pid, before = aim_and_kill(scene, victim, at)
    begun = scene.last[victim] = time.monotonic()
    if victim == "parent":
        restart_parent(scene)
    if victim == "courier":
        wait_for("it is gone", lambda: not chaos.stat_of(pid), 5)
        scene.daemon.ctl("alert", "test")
    wait_for("the %s again" % victim, lambda: is_back(scene, victim, pid, before), 15 * PATIENCE, 0.01)
    took = time.monotonic() - begun
    scene.times.setdefault(victim, []).append((took, at))
    return took


def settle(scene):
    """Descriptors of parent and engine when all of them run."""
    daemon = scene.daemon
    wait_for("no zombie", lambda: not chaos.zombies(daemon), 5 * PATIENCE)
    for victim in scene.victims():
        make_it_run(scene, victim)
    chaos.counted(daemon)
    return chaos.descriptors(daemon.process.pid), chaos.descriptors(scene.pid_of("engine"))


def report(scene, written, size):
    for victim, seen in sorted(scene.times.items()):
        took = sorted(seconds for seconds, _ in seen)
        print("%-9s %2d killed; back after median %.2f s, most %.2f s (%s)"
              % (victim, len(took), took[len(took) // 2], took[-1], max(seen)[1]))
    print("inside a commit %(commit)d, a rotation %(rotation)d, a reload %(reload)d" % scene.inside)
    print("%d lines, each once; %d rotations; %d leaves, %d heads that were told hold"
          % (written, scene.writer.rotations, size, len(scene.heads.seen)))


def go(scene):
    daemon = scene.daemon
    daemon.start()
    wait_for("the collector", lambda: daemon.collector("auth")["state"] == "well", 20 * PATIENCE)
    scene.writer.start()
    first, victims, turn = settle(scene), scene.victims(), {}
    for number in range(KILLS):
        victim = victims[number % len(victims)]
        turn[victim] = turn.get(victim, -1) + 1
        strike(scene, victim, AIMS[victim][turn[victim] % len(AIMS[victim])])
    last = settle(scene)
    written = scene.writer.end()
    chaos.every_line_once(daemon, written, 60 * PATIENCE)
    scene.heads.take(daemon)
    check(daemon.stop(10 * PATIENCE)[0] == 0, "the stop failed")
    check(not chaos.reap_orphans(daemon), "left over: %s" % chaos.reap_orphans(daemon))
    report(scene, written, scene.heads.judge(daemon.state))
    check(all(a <= b + more for a, b, more in zip(last, first, MORE_DESCRIPTORS)),
          "descriptors of parent and engine: %s, then %s" % (first, last))
    check(all(scene.inside.values()), "none inside of one of these: %s" % scene.inside)
    slow = {v: max(seen) for v, seen in scene.times.items()
            if max(seen)[0] > BACK_SECONDS * PATIENCE and not SANITIZED}
    check(not slow, "not back within %g s: %s" % (BACK_SECONDS, slow))
    chaos.rebuild_check(daemon.state)


def main(seed):
    print("seed %d" % seed)
    chaos.adopt_orphans()
    scene = Scene(random.Random(seed))
    try:
        go(scene)
    except BaseException:
        scene.writer.ending.set()
        print(scene.times, scene.inside)
        print(scene.daemon.said()[-8000:])
        raise
    finally:
        scene.finish()


main(int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 30))
