"""Runs conformctl and holds its exit, its output and its sentences against what is expected."""
import fcntl
import os
import pty
import struct
import subprocess
import termios

import harness
from harness import check

CTL = os.path.join(harness.BIN, "conformctl")
SANITIZER = ("AddressSanitizer", "runtime error:", "LeakSanitizer")


class Answer:
    def __init__(self, words, code, out, err):
        self.words, self.code, self.out, self.err = " ".join(words), code, out, err
        check(not any(word in err for word in SANITIZER), self.text())

    def text(self):
        return "conformctl %s: %d\n%s%s" % (self.words, self.code, self.out, self.err)

    def says(self, *texts):
        for text in texts:
            check(text in self.out, "%r is not printed by %s" % (text, self.text()))
        return self

    def complains(self, *texts):
        for text in texts:
            check(text in self.err, "%r is not told by %s" % (text, self.text()))
        return self


def become(uid):
    def call():
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    return call


def run(*words, code=0, uid=None, env=None):
    """uid: run as that user and group."""
    done = subprocess.run([CTL, *words], text=True, capture_output=True, timeout=60, check=False,
                          stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})},
                          preexec_fn=become(uid) if uid is not None else None)
    answer = Answer(words, done.returncode, done.stdout, done.stderr)
    check(done.returncode == code, "exit %d expected: %s" % (code, answer.text()))
    return answer


def on_terminal(width, *words):
    """What it prints to a terminal of that width, as lines."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    process = subprocess.Popen([CTL, *words], stdout=theirs, stdin=subprocess.DEVNULL)
    os.close(theirs)
    out = b""
    try:
        while piece := os.read(ours, 4096):
            out += piece
    except OSError:
        pass
    os.close(ours)
    check(process.wait(timeout=30) == 0, "exit %d" % process.returncode)
    return out.decode().replace("\r\n", "\n").split("\n")
