"""A source that keeps nothing: after a kill -9 of its collector, and of the engine, the time from its
last batch until it reads again is told as lost, once, and a range over it is unknown; after a stop in
order, a reload and a start nothing is told. States made again from the ledger are what is stored."""
import json
import os
import signal
import socket
import threading

import chaos
import harness
from harness import check, holds, time, wait_for

RANGE_SECONDS = 10
MEASURE = """allow_unattributed = true;
measures = ( { id = "P1"; version = 1; name = "Messages"; kind = "performance";
  information_need = "Do they come?"; formula = "sum(sum_over_time(pushed_messages[%ds]))";
  unit = "messages"; every = "1s"; coverage = 0.95; owner = "it"; urgency = "now"; why = "w";
  if_missed = "i"; controls = ["27001:2022 A.8.15"];
  criterion = { target = "> 0"; for = "1h"; recover = "1h"; }; } );
""" % RANGE_SECONDS


class Sender(threading.Thread):
    """A datagram every 20 ms, whoever listens."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.port, self.ending = port, threading.Event()

    def run(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            while not self.ending.wait(0.02):
                s.sendto(b"m", ("127.0.0.1", self.port))


def configure(daemon, port, every):
    daemon.write_config('{ name = "push"; plugin = "pushed"; every = "%s"; port = %d; }'
                        % (every, port), extra=MEASURE)


def lost_in(body):
    """The losses in a leaf's payloads, wherever they stand."""
    if isinstance(body, dict):
        here = body.get("lost")
        return (here if isinstance(here, list) else []) + [
            loss for key, value in body.items() if key != "lost" for loss in lost_in(value)]
    if isinstance(body, list):
        return [loss for value in body for loss in lost_in(value)]
    if isinstance(body, str) and '"lost"' in body:
        return lost_in(json.loads(body))
    return []


def losses(daemon):
    """[(from, to)] as the evidence tells them, in seconds."""
    found = []
    for row in daemon.get("/api/evidence?limit=1000")["leaves"]:
        if row["leaf"]["t"] == "evidence" and row["leaf"]["losses"]:
            told = lost_in(daemon.get("/api/evidence/%d" % row["index"]))
            check(len(told) == row["leaf"]["losses"], "%s tells %s" % (row, told))
            found += told
    for loss in found:
        check(loss["source"] == "push" and "how much is unknown" in loss["why"], str(loss))
    return sorted((loss["from"] / 1000, loss["to"] / 1000) for loss in found)


def state(daemon):
    return daemon.measure("P1")["state"]


def is_well(daemon):
    return (daemon.collector("push") or {}).get("state") == "well"


def is_met(daemon, when):
    wait_for("it to be met " + when, lambda: state(daemon) == "met", 60, 0.2)


def stays_unknown(daemon, what):
    """The range holds the gap for longer than this looks."""
    holds("%s: a range over the gap is known" % what, lambda: state(daemon) == "unknown",
          RANGE_SECONDS / 3)


def stands_still(pid):
    return (chaos.stat_of(pid) or "  ")[1] == "T"


def kill(daemon, program, count):
    """It stands still first, for longer than what `coverage` lets pass."""
    was = chaos.find(daemon, program)
    os.kill(was, signal.SIGSTOP)
    wait_for("its stop", lambda: stands_still(was))
    holds("it does not stand still", lambda: stands_still(was), 1.0)
    at = time.time()
    os.kill(was, signal.SIGKILL)
    wait_for("another " + program, lambda: chaos.find(daemon, program) not in (None, was))
    wait_for("an answer", daemon.is_ready)
    wait_for("the loss", lambda: len(losses(daemon)) >= count)
    wait_for("it to read", lambda: is_well(daemon))
    stays_unknown(daemon, "kill of " + program)
    is_met(daemon, "after the gap has left the range")
    told = losses(daemon)
    check(len(told) == count, "after kill %d: %s" % (count, told))
    begun, ended = told[-1]
    check(at - 3 < begun <= at + 0.5 and at < ended < time.time(),
          "killed at %.3f, told is %.3f to %.3f" % (at, begun, ended))
    print("kill -9 of %s: %.3f s are told as lost, from %.3f s before it"
          % (program, ended - begun, at - begun))


def findings(daemon):
    return [row["ref"] for row in daemon.get("/api/findings")["findings"]
            if "lost data" in row["title"]]


def in_order(daemon, port):
    """A stop and a start; a reload that makes its process begin anew."""
    check(daemon.stop()[0] == 0, "the stop failed")
    chaos.rebuild_check(daemon.state)
    daemon.start()
    is_met(daemon, "after a start")
    was = chaos.find(daemon, "collector")
    configure(daemon, port, "2s")
    daemon.reload()
    wait_for("another process", lambda: chaos.find(daemon, "collector") not in (None, was))
    is_met(daemon, "after a reload")


def go(daemon, port):
    daemon.use_plugins(chaos.plugin("pushed.so"))
    configure(daemon, port, "1s")
    daemon.start()
    is_met(daemon, "at first")
    check(losses(daemon) == [], "lost before anything was: %s" % losses(daemon))
    row = daemon.collector("push")
    check(row["pushed"] and "keeps nothing" in row["crash_loses"], str(row))
    check("push is pushed: a crash loses what came" in daemon.ctl("collectors"), "ctl")
    daemon.ctl("adopt", uid=1000 if harness.can_set_loginuid() else None)
    kill(daemon, "collector", 1)
    kill(daemon, "engine", 2)
    check(len(findings(daemon)) == 1, "findings: %s" % findings(daemon))
    in_order(daemon, port)
    check(len(losses(daemon)) == 2, "told after a stop in order: %s" % losses(daemon))
    check(daemon.stop()[0] == 0, "the stop failed")
    print("after a stop and a reload in order: nothing is told")


def main():
    daemon, port = harness.Daemon(), harness.free_port()
    sender = Sender(port)
    sender.start()
    try:
        go(daemon, port)
    except BaseException:
        print(daemon.said()[-4000:])
        raise
    finally:
        sender.ending.set()
        daemon.finish()


main()
