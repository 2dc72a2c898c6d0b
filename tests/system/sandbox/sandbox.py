"""Every program on this host's kernel: what is in force, read from /proc; what a plugin and a front
that were taken over can do; what the daemon says of it."""
import errno
import json
import os
import re
import shutil
import subprocess

import harness
from harness import check, wait_for

HELPERS = os.path.join(harness.BUILD, "machine")
CAP_DAC_READ_SEARCH = 1 << 2

COLLECTORS = """
    { name = "escape"; plugin = "escape"; every = "1s"; scratch = "%(scratch)s"; },
    { name = "accounts"; plugin = "accounts"; every = "1s"; },
    { name = "applog"; plugin = "log"; every = "1s"; files = ["%(log)s"]; rules = ["sshd"]; },
    { name = "names"; plugin = "log"; every = "1s"; files = ["%(log)s"]; rules = ["sshd"];
      account_files = ["%(passwd)s"]; },
    { name = "late"; plugin = "log"; every = "1s"; files = ["%(late)s/x.log"]; rules = ["sshd"]; },
    { name = "runs"; plugin = "exec"; every = "1s"; checks = (
        { name = "shell"; program = ["/bin/sh", "-c",
          "echo out 2>/dev/null; cat /etc/shadow >/dev/null 2>&1 && exit 2; \
           (echo x >%(scratch)s/file) 2>/dev/null && exit 2; set -- $(grep PPid: /proc/$PPID/status); \
           kill -0 $2 2>/dev/null && exit 2; [ -n \\"$2\\" ] || exit 2; echo done"]; } ); }
"""


def tree(daemon):
    """{program, or collector NAME: pid} of the daemon's processes."""
    found = {"conformd": daemon.process.pid}
    for entry in os.listdir("/proc"):
        try:
            with open("/proc/%s/status" % entry) as f:
                status = f.read()
            with open("/proc/%s/cmdline" % entry) as f:
                words = f.read().split("\0")
        except OSError:
            continue
        if re.search(r"^PPid:\t%d$" % daemon.process.pid, status, re.M) and words[0]:
            found[" ".join(word for word in words if word)] = int(entry)
    return found


def status_of(pid):
    with open("/proc/%d/status" % pid) as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def sanitized():
    with open(os.path.join(harness.BUILD, "CMakeCache.txt")) as f:
        return re.search(r"^CONFORMD_SANITIZE:STRING=\S", f.read(), re.M) is not None


def is_gone(pid, fd, link):
    def other():
        try:
            return os.readlink("/proc/%d/fd/%s" % (pid, fd)) != link
        except OSError:
            return True
    try:
        return wait_for("its end", other, 3)
    except AssertionError:
        return False


def check_process(name, pid):
    status = status_of(pid)
    check(status["NoNewPrivs"] == "1", "%s: NoNewPrivs %s" % (name, status["NoNewPrivs"]))
    check(status["Seccomp"] == "2", "%s: Seccomp %s" % (name, status["Seccomp"]))
    declared = CAP_DAC_READ_SEARCH if name.split(" ")[-1] in ("accounts", "escape") else 0
    if name != "conformd":
        check(int(status["CapEff"], 16) == declared, "%s: CapEff %s" % (name, status["CapEff"]))
    if not sanitized():
        check(os.stat("/proc/%d/environ" % pid).st_uid == 0, "%s is dumpable" % name)
    for fd in os.listdir("/proc/%d/fd" % pid):
        try:
            link = os.readlink("/proc/%d/fd/%s" % (pid, fd))
        except OSError:
            continue
        known = re.match(r"/dev/null|socket:|pipe:|anon_inode:|/memfd:|/proc/\d+/fd$", link)
        # One that is only now entering its sandbox, or reads, holds a file for a moment.
        check(known or link.startswith(tempdir) and "conformd" in link or is_gone(pid, fd, link),
              "%s: descriptor %s is %s" % (name, fd, link))
    return status


def check_attempts(lines, who, landlock):
    """[name, wanted, got]; without Landlock files are not held."""
    check(len(lines) >= 30, "%s: %d attempts" % (who, len(lines)))
    traced = ("ptrace", "read_memory", "fork") if sanitized() else ()
    wrong = ["%s: %s wanted, %s got" % (name, errno.errorcode.get(wanted, wanted),
                                        errno.errorcode.get(got, got))
             for name, wanted, got in lines
             if wanted != got and name not in traced
             and not (not landlock and wanted == errno.EACCES)]
    check(not wrong, "%s: %s" % (who, "; ".join(wrong)))


def from_plugin(daemon):
    rows = daemon.query("escape_errno")
    return [(row["metric"]["attempt"], int(row["metric"]["wanted"]), int(row["value"][1]))
            for row in rows]


def from_front(pid, scratch):
    result = subprocess.run([os.path.join(HELPERS, "inject"), str(pid), scratch], text=True,
                            capture_output=True, timeout=60)
    check(result.returncode == 0, "inject: %d %s" % (result.returncode, result.stderr))
    return [(name, int(wanted), int(got)) for name, wanted, got, *_ in
            (line.split(" ") for line in result.stdout.splitlines())]


def turns(daemon):
    text = daemon.http("/metrics")[2].decode()
    return float(re.search(r"^conformd_turns(?:_total)? (\S+)", text, re.M).group(1))


def main():
    global tempdir
    if os.geteuid() != 0 or os.uname().machine != "x86_64":
        harness.skip("the injector needs root, and x86-64")
    daemon = harness.Daemon()
    tempdir = daemon.folder
    scratch = daemon.path("scratch")
    os.mkdir(scratch)
    for path in (os.path.join(scratch, "file"), daemon.path("app.log"),
                 daemon.path("passwd")):
        with open(path, "w") as f:
            f.write("line\n")
    plugins = daemon.path("plugins")
    shutil.copytree(os.path.join(harness.BUILD, "plugins"), plugins)
    shutil.copy(os.path.join(HELPERS, "escape.so"), plugins)
    os.chmod(plugins, 0o755)
    late = daemon.path("late")
    daemon.write_config(COLLECTORS % {"scratch": scratch, "log": daemon.path("app.log"),
                                      "late": late, "passwd": daemon.path("passwd")})
    with open(daemon.config) as f:
        text = f.read()
    with open(daemon.config, "w") as f:
        f.write(re.sub(r'plugin_dir = "[^"]*"', 'plugin_dir = "%s"' % plugins, text)
                + 'user = "root";\n')
    try:
        daemon.start()
        run(daemon, scratch, late)
    finally:
        daemon.finish()


def run(daemon, scratch, late):
    wait_for("readings of the plugin", lambda: len(from_plugin(daemon)) > 30)
    said = daemon.collector("escape")["sandbox"]
    landlock = said["landlock"]
    print("Landlock ABI %d" % landlock)
    check(said["seccomp"] is True, "the state: %s" % said)
    check(said["reads"] == ["/proc/loadavg"], "what it reads: %s" % said)
    check_attempts(from_plugin(daemon), "the plugin", landlock)

    before, front = turns(daemon), tree(daemon)["conformd-front"]
    check_attempts(from_front(front, scratch), "the front", landlock)
    wait_for("turns of the engine", lambda: turns(daemon) > before)
    check(tree(daemon)["conformd-front"] == front, "the front is another process")
    with open(os.path.join(scratch, "file")) as f:
        check(f.read() == "line\n", "the file was changed")
    check(os.listdir(scratch) == ["file"], "something was made: %s" % os.listdir(scratch))

    seen = set()
    for name in ("conformd", "conformd-engine", "conformd-front", "conformd-collector applog",
                 "conformd-collector accounts", "conformd-collector escape"):
        wait_for(name, lambda: look(daemon, name, seen), 20, 0.005)

    row = wait_for("the shell's check", lambda: is_over(daemon, "runs"))
    shell = daemon.query('exec_state{check="shell"}')
    check(shell, "the shell's check: %s" % row)
    check(shell[0]["value"][1] == "0", "the shell of a check: %s" % shell)

    table = daemon.ctl("collectors", "--sandbox")
    check("Landlock ABI %d" % landlock in table or not landlock, table)
    check("/proc/loadavg" in table, table)
    body = json.loads(daemon.ctl("collectors", "--sandbox", "--json"))
    row = [row for row in body["collectors"] if row["name"] == "runs"][0]
    check(any("ABI 6" in text for text in row["sandbox"]["left_out"]) == (0 < landlock < 6),
          "what is left out: %s" % row["sandbox"])
    comes_later(daemon, late)
    is_replaced(daemon)
    is_evidence(daemon)


def is_over(daemon, name):
    row = daemon.collector(name)
    return row if row["state"] != "starting" else None


def look(daemon, name, seen):
    """Collectors that run and go are looked at when they are met."""
    pid = tree(daemon).get(name)
    try:
        if pid and name not in seen:
            check_process(name, pid)
            seen.add(name)
    except (FileNotFoundError, ProcessLookupError, KeyError):
        return False
    return name in seen


def comes_later(daemon, late):
    """A folder that was not there is read once it is."""
    row = daemon.collector("late")
    check(any(late in text for text in row["sandbox"]["left_out"]) or not row["sandbox"]["landlock"],
          "what was not there: %s" % row["sandbox"])
    os.mkdir(late)
    with open(os.path.join(late, "x.log"), "w") as f:
        f.write("line\n")
    wait_for("a process that reads it", lambda: daemon.collector("late")["state"] == "well", 30)


def is_replaced(daemon):
    """A stream whose file was replaced gets a new process, and no run of it fails."""
    wait_for("the stream", lambda: daemon.collector("names")["state"] == "well")
    before = tree(daemon)["conformd-collector names"]
    with open(daemon.path("passwd.new"), "w") as f:
        f.write("eve:x:1:1::/:/bin/sh\n")
    os.rename(daemon.path("passwd.new"), daemon.path("passwd"))
    wait_for("another process",
             lambda: tree(daemon).get("conformd-collector names", before) != before, 20)
    wait_for("the stream again", lambda: daemon.collector("names")["state"] == "well")
    check("should have stayed" not in daemon.said(), daemon.said())


def is_evidence(daemon):
    """A run's leaf refers to the collector's, whose tables hold the state."""
    leaves = daemon.get("/api/evidence?limit=200")["leaves"]
    runs = [row["leaf"] for row in leaves if row["leaf"]["t"] == "evidence"]
    check(runs, "no evidence among %s" % leaves[:3])
    tables = json.dumps(daemon.get("/api/evidence/%d" % runs[0]["collector"]))
    check("landlock" in tables and "seccomp" in tables, tables[:2000])


main()
