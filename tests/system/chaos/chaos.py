"""What the tests of bad luck share: processes found and killed, lines written while files rotate,
descriptors and memory counted, the ledger judged by its definition."""
import ctypes
import os
import signal
import socket
import struct
import subprocess
import threading
import time

import harness
import merkle
from harness import check, wait_for

LINE = ("Nov 22 06:20:00 host sshd[%d]: Failed password for root from 203.0.113.%d port %d ssh2\n")
PR_SET_CHILD_SUBREAPER = 36
BURST_SECONDS = 0.01
LONG = os.environ.get("CHAOS_LONG", "") not in ("", "0")
SANITIZED = os.environ.get("CHAOS_SANITIZED", "") not in ("", "0")
# How much longer than promised a machine that does other things may take, or sanitizers.
PATIENCE = float(os.environ.get("CHAOS_PATIENCE", "1")) * (5 if SANITIZED else 1)


def adopt_orphans():
    """Whoever loses its parent becomes this process' child, so nothing can hide."""
    check(ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0, "no subreaper")


def stat_of(pid):
    """(parent, state, name) or None."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            text = f.read()
    except OSError:
        return None
    end = text.rindex(")")
    words = text[end + 2:].split()
    return int(words[1]), words[0], text[text.index("(") + 1:end]


def command_of(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            return [w.decode(errors="replace") for w in f.read().split(b"\0") if w]
    except OSError:
        return []


def children_of(pid):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            stat = stat_of(int(name))
            if stat and stat[0] == pid:
                found.append(int(name))
    return found


def descendants_of(pid):
    found, left = [], [pid]
    while left:
        for child in children_of(left.pop()):
            found.append(child)
            left.append(child)
    return found


def find(daemon, role, instance=None):
    """The number of a running child, or None; one that only checks a configuration is none."""
    for pid in children_of(daemon.process.pid):
        words = command_of(pid)
        stat = stat_of(pid)
        if (words and stat and stat[1] != "Z" and os.path.basename(words[0]) == "conformd-" + role
                and "--check" not in words and (instance is None or instance in words[1:])):
            return pid
    return None


def kill(pid):
    if pid:
        try:
            os.kill(pid, signal.SIGKILL)
            return True
        except ProcessLookupError:
            pass
    return False


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


def links(pid):
    found = []
    for name in os.listdir("/proc/%d/fd" % pid):
        try:
            found.append(os.readlink("/proc/%d/fd/%s" % (pid, name)))
        except OSError:
            pass
    return sorted(found)


def rss_kib(pid, key="VmRSS"):
    with open("/proc/%d/status" % pid) as f:
        for line in f:
            if line.startswith(key + ":"):
                return int(line.split()[1])
    return 0


def cpu_ms(pid):
    """Of a process and of those of its children that it has reaped."""
    with open("/proc/%d/stat" % pid) as f:
        words = f.read().rpartition(")")[2].split()
    return sum(map(int, words[11:15])) * 1000 / os.sysconf("SC_CLK_TCK")


def plugin(name):
    """The path of one of the build's, or of one that is made for these tests."""
    own = os.path.join(os.environ["CHAOS_DIR"], name)
    return own if os.path.exists(own) else os.path.join(harness.BUILD, "plugins", name)


def age(pid):
    """Seconds since its start; 0 when there is none."""
    try:
        with open("/proc/%d/stat" % (pid or 0)) as f:
            began = int(f.read().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began


def zombies(daemon):
    return [pid for pid in descendants_of(daemon.process.pid) if (stat_of(pid) or "  ")[1] == "Z"]


def reap_orphans(daemon):
    """Those that were adopted and have ended; gives those that have not."""
    mine = []
    for pid in children_of(os.getpid()):
        if daemon.process and pid == daemon.process.pid:
            continue
        if os.waitpid(pid, os.WNOHANG)[0] == 0:
            mine.append(pid)
    return mine


class Heads:
    """Every (size, root) that the daemon told; each must be a beginning of what stands at last."""

    def __init__(self):
        self.seen = []

    def take(self, daemon):
        try:
            status = daemon.get("/api/status")["ledger"]
            self.seen.append((status["size"], status["root"]))
            return True
        except (OSError, KeyError, harness.http.client.HTTPException):
            return False

    def judge(self, state):
        leaves, committed = merkle.read_store(state)
        check(committed[-1] == (len(leaves), merkle.root(leaves)), "the last root is wrong")
        for size, root in self.seen:
            check(size <= len(leaves), "%d leaves were told, %d stand" % (size, len(leaves)))
            check(merkle.root(leaves[:size]).hex() == root,
                  "(size %d, root) is not the beginning of what stands" % size)
        return len(leaves)


class Writer(threading.Thread):
    """Numbered lines at a rate; the file is renamed every `rotate` seconds, written to for `pause`
    seconds more under its new name, and begun anew."""

    def __init__(self, path, rate=2000, rotate=2.0, pause=0.0):
        super().__init__(daemon=True)
        self.path, self.rate, self.rotate, self.pause = path, rate, rotate, pause
        self.rotating = threading.Event()
        self.count = self.rotations = 0
        self.ending = threading.Event()
        self.paused = threading.Event()

    def run(self):
        f = open(self.path, "a")
        begun = turned = time.monotonic()
        offset = 0
        while not self.ending.wait(BURST_SECONDS):
            now = time.monotonic()
            if self.paused.is_set():
                offset = self.count - int((now - begun) * self.rate)
                continue
            due = int((now - begun) * self.rate) + offset - self.count
            if due > 0:
                f.write("".join(LINE % (i, i % 200, i % 65536)
                                for i in range(self.count, self.count + due)))
                f.flush()
                self.count += due
            if self.rotate and not self.rotating.is_set() and now - turned > self.rotate:
                turned = now
                self.rotations += 1
                self.rotating.set()
                os.rename(self.path, "%s-%08d" % (self.path, self.rotations))
            if self.rotating.is_set() and now - turned >= self.pause:
                f.close()
                f = open(self.path, "a")
                self.rotating.clear()
        f.close()

    def end(self):
        self.ending.set()
        self.join()
        return self.count


class Notices:
    """What the parent tells the service manager, which is this test."""

    def __init__(self, daemon):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(daemon.path("notify"))
        os.environ["NOTIFY_SOCKET"] = daemon.path("notify")

    def until(self, begin, seconds=20.0):
        """The next that begins with one of these."""
        deadline = time.monotonic() + seconds * PATIENCE
        while True:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            text = self.socket.recv(4096).decode(errors="replace")
            if text.startswith(begin):
                return text

    def drain(self):
        """What came and was not read."""
        texts = []
        self.socket.setblocking(False)
        try:
            while True:
                texts.append(self.socket.recv(4096).decode(errors="replace"))
        except BlockingIOError:
            return texts

    def answered(self):
        """The reload that was begun has been answered by now."""
        return any(text.startswith("STATUS=the ") for text in self.drain())

    def close(self):
        os.environ.pop("NOTIFY_SOCKET", None)
        self.socket.close()


def rebuild_check(state):
    """States, register and series, made again from the leaves, are what they were. The daemon has
    ended."""
    result = subprocess.run([os.path.join(harness.BIN, "conformctl"), "rebuild", "--check", state],
                            capture_output=True, text=True, timeout=600)
    check(result.returncode == 0, "rebuild --check: %d\n%s%s"
          % (result.returncode, result.stdout, result.stderr))
    print("rebuild --check: " + result.stdout.strip())


WAL_HEAD, FRAME_HEAD = 32, 24


def in_commit(state):
    """The engine has written frames of a transaction into the log, and the log's index, by which
    everybody reads, does not yet have them: the first frame after the index' last bears the salt of
    this log (https://www.sqlite.org/walformat.html)."""
    try:
        with open(os.path.join(state, "conformd.db-shm"), "rb") as f:
            head = f.read(48)
        size, last = struct.unpack_from("=HI", head, 14)
        size = 65536 if size == 1 else size
        with open(os.path.join(state, "conformd.db-wal"), "rb") as f:
            f.seek(WAL_HEAD + last * (FRAME_HEAD + size))
            frame = f.read(FRAME_HEAD)
    except OSError:
        return False
    return len(head) == 48 and len(frame) == FRAME_HEAD and frame[8:16] == head[32:40]


def counted(daemon):
    try:
        return daemon.number("sum(log_auth_failures_total)") or 0
    except (OSError, harness.http.client.HTTPException):
        return -1


def every_line_once(daemon, written, seconds=30):
    try:
        wait_for("all lines", lambda: counted(daemon) >= written, seconds, 0.1)
    except AssertionError as error:
        raise AssertionError("%s: %d written, %g counted" % (error, written, counted(daemon)))
    check(counted(daemon) == written, "%d written, %g counted" % (written, counted(daemon)))
    exact = daemon.number("sum(sum_over_time(log_auth_failures[1h]))") or 0
    check(exact == written, "%d written, %g summed" % (written, exact))


def log_collector(path, name="auth", every="1s"):
    return ('{ name = "%s"; plugin = "log"; every = "%s"; files = ["%s"]; rules = ["sshd"]; '
            'start = "beginning"; }' % (name, every, path))
