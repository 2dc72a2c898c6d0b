"""The log of reads with real processes: who opened a session and who read evidence, findings and
series, by api.sock and by HTTP; bounded, with a count; no token, path or content; off by a setting."""
import os
import re

import harness
from harness import check, wait_for

FAILED = ("Nov 22 06:20:00 host sshd[123]: Failed password for root from 203.0.113.9 port 1 ssh2\n")
LOGIN = 70003
TEXT = '{ name = "auth"; plugin = "log"; every = "10s"; files = ["%s"]; rules = ["sshd"]; }'
MANY = 25


def lines(daemon):
    return [line.split("read: ", 1)[1] for line in daemon.said().splitlines()
            if "conformd-front: read: " in line]


def once(daemon, line):
    wait_for("the line " + line, lambda: line in lines(daemon))
    check(lines(daemon).count(line) == 1, "%d lines: %s" % (lines(daemon).count(line), line))


def evidence_of(daemon):
    for row in daemon.get("/api/evidence")["leaves"]:
        if row["leaf"]["t"] == "evidence":
            return row["index"]
    return None


def begin(daemon):
    """A session as a browser has it, from the link of login LOGIN: (link's token, cookie)."""
    token = re.search(r"token=(\w+)", daemon.ctl("open", uid=LOGIN)).group(1)
    status, headers, _ = daemon.http("/open?token=" + token)
    check(status in (302, 303), "the link gives %d" % status)
    return token, headers["Set-Cookie"].split(";")[0]


def local(daemon, leaf):
    """By api.sock: this process, whoever logged in."""
    who = harness.loginuid()
    by = "uid %d, %s over api.sock" % (os.getuid(), "no login" if who == harness.NOBODY
                                       else "login %d" % who)
    for _ in range(MANY):
        daemon.get("/api/evidence/%d" % leaf)
    daemon.get("/api/findings")
    for what in ("evidence", "findings", "series"):
        once(daemon, "%s by %s" % (what, by))
    return "evidence by " + by


def remote(daemon, leaf):
    token, cookie = begin(daemon)
    for path in ("/api/evidence/%d" % leaf, "/api/findings", "/api/v1/series?match[]=up"):
        status, _, _ = daemon.http(path, {"Cookie": cookie})
        check(status == 200, "%s: %d" % (path, status))
    by = "by uid %d over http" % LOGIN
    for what in ("session", "evidence", "findings", "series"):
        once(daemon, "%s %s" % (what, by))
    return token, cookie


def not_told(daemon, leaf):
    """Who got nothing read nothing; and what shows nothing of anybody."""
    before = len(lines(daemon))
    for headers in ({}, {"Cookie": "conformd_%d=%s" % (daemon.port, "0" * 64)}):
        check(daemon.http("/api/evidence/%d" % leaf, headers)[0] == 401, "read without a session")
    daemon.get("/api/findings/NC-1999-0001", status=404)
    daemon.get("/api/status"), daemon.get("/api/measures")
    check(len(lines(daemon)) == before, "told of no read: %s" % lines(daemon)[before:])


def main():
    if not harness.can_set_loginuid():
        harness.skip("this process may not set an audit loginuid")
    daemon = harness.Daemon()
    with open(daemon.path("auth.log"), "w") as f:
        f.write("")
    try:
        daemon.write_config(TEXT % daemon.path("auth.log"))
        daemon.start()
        wait_for("the first run", lambda: daemon.measure("M004")["value"] is not None)
        with open(daemon.path("auth.log"), "a") as f:
            f.write(FAILED)
        wait_for("the reading", lambda: daemon.number("sum(log_auth_failures_total)") == 1)
        leaf = wait_for("the evidence", lambda: evidence_of(daemon))
        counted = local(daemon, leaf)
        secrets = remote(daemon, leaf)
        not_told(daemon, leaf)
        check(daemon.stop()[0] == 0, "the stop failed")
        once(daemon, "%s: %d more since the last line" % (counted, MANY - 1))
        told = "\n".join(lines(daemon))
        for word in (secrets[0], secrets[1].split("=")[1], "/api/", "Failed", "203.0.113.9", "up"):
            check(not re.search(r"\b%s\b" % re.escape(word), told), "%r is told: %s" % (word, told))
        before = len(lines(daemon))
        daemon.write_config(TEXT % daemon.path("auth.log"), extra="log_reads = false;")
        daemon.start()
        daemon.get("/api/evidence/%d" % leaf)
        check(daemon.stop()[0] == 0, "the second stop failed")
        check(len(lines(daemon)) == before, "told although log_reads is false")
    except BaseException:
        print(daemon.said())
        raise
    finally:
        daemon.finish()


main()
