"""show.01.1: README's first command on what is built: the link, the commands, the values with their
reasons, a fact that changes and is followed, a clean end. The half that changes a real host runs in
tests/machine."""
import http.client
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from urllib.parse import urlsplit

import harness
from harness import check, time, wait_for

PASSWD = "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/bash\n"
SECOND_ROOT = "toor:x:0:0::/root:/bin/bash\n"
SHADOW = "root:*:20000:0:99999:7:::\nalice:!:20000:0:99999:7:::\n"
GROUP = "root:x:0:\nalice:x:1000:\n"
LINE = "Nov 22 06:20:00 host sshd[1]: Failed password for root from 203.0.113.9 port 1 ssh2\n"
STOP_SECONDS = 10
# What is unknown for this reason will be known, or unknown for another one.
STARTING = ("has not ended its first run", "no collector has declared")


class Command:
    """scripts/run.sh, and what it has printed."""

    def __init__(self, state, port, more=()):
        self.lines = []
        self.process = subprocess.Popen(
            [os.path.join(harness.SOURCE, "scripts/run.sh"), "--no-install", "--build-dir",
             harness.BUILD, "--state", state, "--listen", "127.0.0.1:%d" % port, *more],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def said(self):
        return "\n".join(self.lines)

    def find(self, pattern):
        for line in list(self.lines):
            found = re.search(pattern, line)
            if found:
                return found
        check(self.process.poll() is None, "run.sh ended:\n" + self.said())
        return None

    def wait(self, pattern, seconds=60):
        return wait_for("a line like %r" % pattern, lambda: self.find(pattern), seconds)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=STOP_SECONDS)
        self.reader.join(5)
        return code

    def kill(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=STOP_SECONDS)


class Browser:
    """Keeps the cookie that the link gives."""

    def __init__(self, port):
        self.port = port
        self.cookie = None

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers={"Cookie": self.cookie} if self.cookie else {})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.getheader("Set-Cookie"):
            self.cookie = answer.getheader("Set-Cookie").split(";")[0]
        return answer.status, body


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)
    return path


def make_facts(state, facts):
    """A second collector of each sort beside those of etc/, over files of this test."""
    os.makedirs(os.path.join(state, "etc/conf.d"), exist_ok=True)
    for name, text in (("passwd", PASSWD), ("shadow", SHADOW), ("group", GROUP), ("auth.log", "")):
        write(facts, name, text)
    with open(os.path.join(state, "etc/conf.d/test.conf"), "w") as f:
        f.write('collectors = ( { name = "facts"; plugin = "accounts"; every = "1s"; passwd = '
                '"%s/passwd"; shadow = "%s/shadow"; group = "%s/group"; },\n'
                '{ name = "lines"; plugin = "log"; every = "1s"; files = ["%s/auth.log"]; '
                'rules = ["sshd"]; } );\n' % (facts, facts, facts, facts))


def open_link(command, port):
    link = command.wait(r"^ +(http://127\.0\.0\.1:%d/open\?token=\S+)$" % port).group(1)
    browser = Browser(port)
    check(browser.get("/api/measures")[0] in (401, 403), "the API answers without the link")
    status, _ = browser.get("%s?%s" % urlsplit(link)[2:4])
    check(status in (302, 303) and browser.cookie, "the link gives %d" % status)
    status, page = browser.get("/")
    check(status == 200 and b"conformd" in page, "the page: %d" % status)
    check(Browser(port).get("%s?%s" % urlsplit(link)[2:4])[0] == 403, "the link works twice")
    return browser


def measures_of(browser):
    status, body = browser.get("/api/measures")
    check(status == 200, "/api/measures: %d" % status)
    return {m["id"]: m for m in harness.json.loads(body)["measures"]}


def values_or_reasons(browser, command):
    def judged():
        rows = measures_of(browser)
        return rows if rows and all(
            m["judged_at"] and not any(word in (m["reason"] or "") for word in STARTING)
            for m in rows.values()) else None

    measures = wait_for("all measures", judged)
    known = [m for m in measures.values() if m["state"] != "unknown"]
    for measure in measures.values():
        if measure["state"] == "unknown":
            check(measure["reason"], "%s is unknown without a reason" % measure["id"])
    check(len(known) >= 3, "known: %s\n%s" % ([m["id"] for m in known], command.said()))
    check(measures["M013"]["value"] is not None, "M013: %s" % measures["M013"])
    status, body = browser.get("/api/findings")
    check(status == 200 and not harness.json.loads(body)["findings"], "there are findings")
    print("known: %s" % ", ".join(sorted(m["id"] for m in known)))
    return measures["M013"]["value"]


def followed(browser, command, facts, before):
    """The value follows the fact there and back, and what is printed says so."""
    write(facts, "passwd", PASSWD + SECOND_ROOT)
    wait_for("the second root", lambda: measures_of(browser)["M013"]["value"] == before + 1, 30)
    command.wait(r"M013 met -> missed \(%g\)" % (before + 1))
    write(facts, "passwd", PASSWD)
    wait_for("its end", lambda: measures_of(browser)["M013"]["value"] == before, 30)
    command.wait(r"M013 missed -> met")
    with open(os.path.join(facts, "auth.log"), "a") as f:
        f.write(LINE * 7)

    def counted():
        _, body = browser.get("/api/v1/query?query=sum(log_auth_failures_total"
                              "%7Binstance=%22lines%22%7D)")
        result = harness.json.loads(body)["data"]["result"]
        return result and float(result[0]["value"][1]) == 7

    wait_for("seven lines", counted, 30)


def next_commands(command, state):
    for name in ("measures", "adopt"):
        words = command.wait(r"^ +(\S*conformctl --socket \S+ %s)$" % name).group(1).split()
        if name == "adopt":
            words.append("--dry-run")
        ran = subprocess.run(words, capture_output=True, text=True, timeout=60)
        check(ran.returncode == 0 and "M013" in ran.stdout, "%s: %s" % (words, ran.stderr))
    notes = command.said()
    if harness.loginuid() == harness.NOBODY:
        check("no audit loginuid" in notes, "the unattributed acts are not said")
    if not os.path.exists("/dev/log"):
        check("no /dev/log" in notes, "the channel left out is not said")
    check(oct(os.stat(state).st_mode & 0o077) == "0o0", "others may look into the state folder")


def taken_port(state, port):
    """While it runs: the same folder, and the same port with another folder, are refused."""
    for folder, words in ((state, "already runs"), (state + "2", "--listen")):
        other = Command(folder, port)
        code = other.process.wait(timeout=30)
        other.reader.join(5)
        check(code == 1 and words in other.said(), "%d: %s" % (code, other.said()))
    shutil.rmtree(state + "2", ignore_errors=True)


def main():
    folder = tempfile.mkdtemp(prefix="conformd-run-")
    state = os.path.join(folder, "state")
    os.mkdir(state, 0o700)
    port = harness.free_port()
    command = None
    try:
        make_facts(state, folder)
        begun = time.monotonic()
        command = Command(state, port)
        browser = open_link(command, port)
        print("from the command to the page: %.1f s" % (time.monotonic() - begun))
        before = values_or_reasons(browser, command)
        next_commands(command, state)
        taken_port(state, port)
        followed(browser, command, folder, before)
        check(command.end() == 0, "the end failed:\n" + command.said())
        check("stays" in command.lines[-1], "the last line is " + command.lines[-1])
    except BaseException:
        print(command.said() if command else "it was not started")
        raise
    finally:
        if command:
            command.kill()
        shutil.rmtree(folder, ignore_errors=True)


main()
