"""What the steps of a story are made of."""
import re
import time

import asked
from harness import check, wait_for
from mask import STREAMS
from record import Disturbed

MINUTE = 60
PATIENCE = 3


class Teller:
    """What steps are made of."""

    def __init__(self, world, record):
        self.world = world
        self.record = record
        self.name = ""
        self.began = None

    def tell(self, first=1):
        for number, step in enumerate(self.steps(), first):
            self.name = "%02d %s" % (number, step.__name__.replace("_", " "))
            step()
            if self.world.process and self.world.process.poll() is None:
                self.record.step(self.name)
                self.in_time()

    def in_time(self):
        if time.monotonic() - self.began > MINUTE - 5:
            raise Disturbed("a life of the daemon lasted a minute")

    def take(self, what, body):
        return self.record.take("%s / %s" % (self.name, what), body)

    def collect(self, *names):
        for name in names:
            self.take("collect " + name, self.until("a run of " + name, lambda: self.asked_to(name)))

    def settle(self):
        """A stream that has just begun hands over what it reads first with its first interval, or
        before it: the second interval holds nothing else."""
        for name in STREAMS:
            self.until("a run of " + name, lambda: self.asked_to(name))
        self.collect(*STREAMS)

    def asked_to(self, name):
        """What is asked of a stream before its process is there is answered at its interval's end,
        in an hour: then it is asked again."""
        try:
            return self.world.control("collect", PATIENCE if name in STREAMS else 30, name=name)
        except TimeoutError:
            return None

    def act(self, what, command, **arguments):
        return self.take(what, self.world.control(command, **arguments))

    def messages(self, count, waiting):
        for message in self.world.messages(count, waiting):
            self.take("message", message)

    def older(self, hours):
        """Each run of the checks reads something else: how long one ran would decide whether a run
        that reads the same folds."""
        with open(self.world.path("checks/backup")) as f:
            text = f.read()
        self.world.write("checks/backup", re.sub(r'"value": \d+,', '"value": %d,' % hours, text, 1))

    def until(self, what, ask):
        return wait_for("%s: %s" % (self.name, what), ask, 30)

    def counted(self, formula, value):
        self.until("%s = %g" % (formula, value), lambda: self.world.number(formula) == value)

    def finding(self, measure, state="candidate"):
        """The ref of the measure's newest finding in this state, when it is there."""
        rows = self.until("a finding of " + measure, lambda: [
            row for row in self.world.get("/api/findings")["findings"]
            if row["measure"] == measure and row["state"] == state])
        return rows[0]["ref"]

    def found(self, count):
        self.until("%d findings" % count,
                   lambda: len(self.world.get("/api/findings")["findings"]) == count)

    def declared(self):
        """Each instance that is enabled has passed its selftest and told what it reads."""
        rows = self.world.get("/api/collectors")["collectors"]
        return all(row["state"] == "disabled" or (row["selftest"] and (
            row["attributes"] or row["name"] == "journal")) for row in rows)

    def ran(self):
        """Each instance that is enabled has ended a run and its selftest."""
        rows = self.world.get("/api/collectors")["collectors"]
        return all(row["state"] == "disabled" or (row["state"] != "starting" and row["last_run"]
                                                  and row["selftest"]) for row in rows)

    def fresh(self, *names, proved=False):
        """These snapshots have run since the daemon started, and passed their selftest again."""
        since = self.world.get("/api/status")["started_at"]
        rows = {row["name"]: row for row in self.world.get("/api/collectors")["collectors"]}
        return all(rows[name]["last_run"]["ended_at"] > since
                   and (not proved or rows[name]["selftest"]["at"] > since) for name in names)

    def begin(self):
        self.began = time.monotonic()
        self.world.start()

    def look(self):
        asked.all_bodies(self.record, self.name)

    def rebuild(self):
        """What is stored is what the ledger says, and what is made from the ledger is the same."""
        code, said = self.world.engine("--check")
        self.take("conformctl rebuild --check", {"exit": code})
        check(code == 0, "the rebuild differs:\n" + said)
