"""What is shown of a running daemon: worst first, in the terminal's width, times for people."""
import json
import os
import re

import harness
from command import on_terminal, run
from harness import check, wait_for

LOCAL = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d "
RANKS = ["missed", "unknown", "at_risk", "met", "not_applicable"]
NOBODY = 65534


def make():
    daemon = harness.Daemon()
    open(daemon.path("auth.log"), "w").close()
    daemon.write_config(
        '{ name = "auth"; plugin = "log"; every = "10s"; files = ["%s"]; rules = ["sshd"]; },'
        '{ name = "gone"; plugin = "log"; every = "1s"; files = ["%s"]; rules = ["sudo"]; },'
        '{ name = "accounts"; plugin = "accounts"; every = "1h"; }'
        % (daemon.path("auth.log"), daemon.path("none.log")))
    return daemon


def rows_of(text):
    return [line.split() for line in text.rstrip("\n").split("\n")[1:]]


def status(daemon, ctl):
    said = ctl("status").out
    check(said.startswith("! "), "what wants attention does not stand first:\n" + said)
    check("! 1 collector's source is not there: conformctl collectors" in said, said)
    check(re.search(r"ready, since " + LOCAL, said), "no local time:\n" + said)
    check(" 0 " not in said, "zeros are counted:\n" + said)
    body = json.loads(ctl("status", "--json").out)
    check(re.fullmatch(r"\d{4}-\d\d-\d\dT\S+Z", body["started_at"]), "--json is not RFC 3339")
    check(body == {**daemon.get("/api/status"), "now": body["now"], "ledger": body["ledger"],
                   "samples": body["samples"], "series": body["series"],
                   "measures": body["measures"]}, "--json is not the API's body")
    said = ctl("status", env={"TZ": "CET-1"}).out
    check(re.search(r"since " + LOCAL + "CET", said), "not in the zone of the user:\n" + said)


def collectors(ctl):
    rows = rows_of(ctl("collectors").says("COLLECTOR", "REASON").out)
    check([row[0] for row in rows] == ["gone", "accounts", "auth"], "not the worst first: %s" % rows)
    check(rows[0][2] == "absent" and len(rows[0]) > 5, "no reason: %s" % rows[0])
    ctl("collectors", "--sandbox").says("SANDBOX")
    check(json.loads(ctl("collectors", "--json").out)["collectors"], "--json gives none")


def measures(daemon, ctl):
    rows = rows_of(ctl("measures").out)
    order = [(RANKS.index(row[1]), row[0]) for row in rows]
    check(order == sorted(order) and len(order) > 5, "not sorted: %s" % order)
    one = ctl("measures", "M009").says("formula", "sum(accounts_empty_password)", "EVIDENCE",
                                       "recover", "AT ", "met").out
    check(re.search(r"\n" + LOCAL + r"\S+ +met +0 ", one), "no history:\n" + one)
    check(json.loads(ctl("measures", "M009", "--json").out)["history"], "no history in --json")
    ctl("measures", "NONE", code=1).complains('there is no measure "NONE"')
    words = ("--socket", daemon.run, "measures")
    for width in (60, 80, 120):
        lines = on_terminal(width, *words)
        wide = [line for line in lines if len(line) > width]
        check(not wide, "wider than %d: %s" % (width, wide))
    check(any("..." in line for line in on_terminal(60, *words)), "nothing was cut")
    check("..." not in ctl("measures").out, "cut in a pipe")
    lines = on_terminal(70, *words, "M009")
    check(max(map(len, lines)) <= 70, "details are wider than the terminal")
    why = daemon.measure("M009")["why"]
    check(why in re.sub(r"\s+", " ", "\n".join(lines)), "details were cut")


def rest(daemon, ctl):
    check(rows_of(ctl("objectives").says("OBJECTIVE", "STATEMENT").out), "no objective")
    ctl("nc", "list").says("the register is empty")
    ctl("nc", "list", "--state", "candidate").says("no finding is in state candidate")
    check(json.loads(ctl("nc", "list", "--json").out)["findings"] == [], "nc list --json")
    ctl("nc", "show", "NC-1", code=1).complains('there is no finding "NC-1"')
    check(len(rows_of(ctl("evidence", "list").out)) > 3, "no evidence")
    check(json.loads(ctl("evidence", "show", "0").out)["leaf"]["t"] == "start", "leaf 0")
    ctl("evidence", "show", "999999", code=1).complains("there is no entry 999999")
    said = ctl("query", "sum(accounts_empty_password)").out
    check(re.fullmatch(r"\{\} 0  " + LOCAL + r"\S+\n", said), "query: " + said)
    check(ctl("query", "1 + 1", "--at", "-1h").out.startswith(" 2  "), "a scalar an hour ago")
    points = ctl("query", "vector(1)", "--from", "-2m", "--to", "now", "--step", "1m").out
    check(points.count(" 1  ") == 3, "a range: " + points)
    ctl("query", "sum(", code=1).complains("parse error")
    check(not ctl("query", "nothing_there").complains("no series answers").out, "an empty answer")
    said = ctl("describe", "accounts").says("accounts_empty_password").out
    check(not said.startswith("{"), "describe is for people")
    check(json.loads(ctl("describe", "accounts", "--json").out)["plugin"] == "accounts", "describe")
    ctl("describe", "none", code=1)
    said = ctl("measures", "--cost").says("USED BY", "ciso").out
    check(re.search(r"\nM009 +[1-9]\d* +0\.\d{3} s +[1-9]\d* +[2-9] ", said), "no costs:\n" + said)
    ctl("privacy").says("excerpts", "kept by conformd", "not stated", "400d (the setting keep)")
    classes = json.loads(ctl("privacy", "--json").out)["record_classes"]
    check({"leaves", "readings", "samples"} <= {row["id"] for row in classes}, "privacy --json")


def others(daemon):
    """Who may not reach the sockets is told so, and not that nobody is there."""
    if os.geteuid() != 0:
        return
    try:
        answer = run("--socket", daemon.run, "status", code=1, uid=NOBODY)
    except PermissionError:
        print("the build is out of reach of nobody: not tried as another user")
        return
    answer.complains("you may not speak to conformd")
    run("--socket", daemon.run, "open", code=1, uid=NOBODY).complains("control.sock: you may not")


def main():
    daemon = make()

    def ctl(*words, **more):
        return run("--socket", daemon.run, *words, **more)
    try:
        daemon.start()
        wait_for("a run of each", lambda: daemon.measure("M009")["state"] == "met"
                 and daemon.collector("gone")["state"] == "absent"
                 and daemon.collector("auth")["state"] == "well")
        status(daemon, ctl)
        collectors(ctl)
        measures(daemon, ctl)
        rest(daemon, ctl)
        others(daemon)
        check(daemon.stop()[0] == 0, "the stop failed")
        ctl("status", code=1).complains("is conformd running")
    finally:
        daemon.finish()


main()
