"""Moves the clock of a whole daemon (moved.h): a step at a time, while nothing is under way.

Nothing is under way when every process sleeps. What one sends to another makes that one runnable at
once, so it is enough to see all of them asleep twice, and that none has run in between. The time
that a step takes is the time that the daemon needs for what became due."""
import mmap
import os
import signal
import struct
import time

PASSED, WALL = 0, 8  # where the two numbers stand
SECOND, MINUTE, HOUR = 1000, 60000, 3600000
OVER = ("06", "07", "0A")  # TIME_WAIT, CLOSE, LISTEN


def state_of(pid):
    """What /proc says of its state, and how often it has slept; None where it is gone."""
    try:
        with open("/proc/%d/status" % pid) as f:
            lines = dict(line.split(":\t", 1) for line in f if ":\t" in line)
    except OSError:
        return None
    return lines["State"][0], [v for k, v in lines.items() if k.endswith("ctxt_switches")]


def family_of(pid):
    found = [pid]
    for one in found:
        try:
            with open("/proc/%d/task/%d/children" % (one, one)) as f:
                found += [int(word) for word in f.read().split()]
        except OSError:
            pass
    return found


def speaks(ports):
    """Is there a TCP connection to one of these, which somebody has yet to answer or to end?"""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f.readlines()[1:]]
    return any(int(row[2].split(":")[1], 16) in ports and row[3] not in OVER for row in rows)


class Clock:
    """Made before the daemon is started: its environment is this process'."""

    def __init__(self, path, begins_ms):
        """begins_ms: the wall time at which it begins."""
        self.ports = set()  # of receivers: a message on its way to one is something under way
        with open(path, "wb") as f:
            f.write(bytes(16))
        os.chmod(path, 0o644)
        with open(path, "r+b") as f:
            self.memory = mmap.mmap(f.fileno(), 16)
        struct.pack_into("q", self.memory, WALL, begins_ms - time.time_ns() // 1000000)
        os.environ["CONFORMD_TEST_CLOCK"] = path

    def now_ms(self):
        passed, wall = struct.unpack_from("qq", self.memory)
        return time.time_ns() // 1000000 + passed + wall

    def settle(self, pid, seconds=20):
        """Waits until nothing is under way in the daemon of this number; gives its processes."""
        deadline = time.monotonic() + seconds
        while True:
            family = family_of(pid)
            before = [state_of(one) for one in family]
            if (all(one and one[0] == "S" for one in before) and not speaks(self.ports)
                    and family == family_of(pid) and before == [state_of(one) for one in family]):
                return family
            if time.monotonic() > deadline:
                raise AssertionError("the daemon is busy for %d s: %s"
                                     % (seconds, list(zip(family, before))))
            time.sleep(0.001)

    def pass_ms(self, pid, ms):
        """So much passes in one step, and what became due is done. To the daemon it is a sleep of
        the machine: a step is not to be longer than what counts as watched (two intervals)."""
        if ms < 0:
            raise AssertionError("time does not pass backwards: %d ms" % ms)
        family = self.settle(pid)
        passed, = struct.unpack_from("q", self.memory, PASSED)
        struct.pack_into("q", self.memory, PASSED, passed + ms)
        for one in family:
            os.kill(one, signal.SIGUSR2)
        self.settle(pid)
