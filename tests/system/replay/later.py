"""The second part: the store of an old build is opened years later, on another machine."""
import merkle
import store
from harness import check
from story import FAILED, OFFICE
from teller import Teller

# Of a measure what no new run may change: its text, and what was decided of it.
DECIDED = ("id", "name", "version", "formula", "criterion", "unit", "kind", "owner", "why", "status",
           "trial", "decided_by", "decided_at", "population", "urgency", "every")
# Of a finding what no new run may change.
FOUND = ("ref", "uuid", "title", "type", "measure", "measure_version", "requirement", "raised_at",
         "detected_by", "objects", "controls", "owner", "fix", "due", "state", "window")


class Later(Teller):
    def __init__(self, world, told, old):
        super().__init__(world, told)
        self.old = old

    def steps(self):
        return (self.verify_old, self.open_old, self.go_on, self.finish_old)

    def tell(self, first=51):
        super().tell(first)

    def verify_old(self):
        """Before anything: the ledger is whole, and the rows are what it says."""
        self.rebuild()

    def open_old(self):
        """It opens; what was recorded is there; the outage is told."""
        store.set_boot(self.world.state)
        self.older(33)
        self.begin()
        self.until("the runs", lambda: self.fresh("accounts", "sshd", "checks", proved=True))
        for stream in ("auth", "app"):
            self.counted('count(log_silence_seconds{instance="%s"})' % stream, 1)
        self.leaves_stand()
        self.findings_stand()
        self.measures_stand()
        self.settle()
        # What waited for its hour then is told now, and the outage.
        self.messages(3, 0)

    def leaves_stand(self):
        for index, leaf in enumerate(self.old.leaves):
            shown = self.world.get("/api/evidence/%d" % index)
            check({key: shown[key] for key in leaf} == leaf, "old leaf %d: %s" % (index, shown))

    def findings_stand(self):
        for old in self.old.findings:
            now = self.world.get("/api/findings/" + old["ref"])
            self.same("finding " + old["ref"], FOUND, old, now)
            events = now["events"][:len(old["events"])]
            check(events == old["events"], "events of %s: %s" % (old["ref"], events))

    def measures_stand(self):
        now = {row["id"]: row for row in self.world.get("/api/measures")["measures"]}
        for old in self.old.measures:
            self.same("measure " + old["id"], DECIDED, old, now.get(old["id"], {}))

    @staticmethod
    def same(what, keys, old, now):
        for key in keys:
            check(old.get(key) == now.get(key),
                  "%s: %s was %r and is %r" % (what, key, old.get(key), now.get(key)))

    def go_on(self):
        """A new run, a new finding, counters that go on, decisions."""
        self.world.change("sshd_config", "PermitRootLogin yes", "PermitRootLogin no")
        self.older(34)
        self.collect("sshd", "accounts", "checks")
        before = self.world.number("sum(log_auth_failures_total)")
        self.world.append("logs/auth.log", FAILED % (1, 1, "bob", OFFICE, 1))
        self.counted("sum(log_auth_failures_total)", (before or 0) + 1)
        self.collect("auth")
        count = len(self.world.get("/api/findings")["findings"])
        with open(self.world.path("logs/auth.log"), "w"):
            self.found(count + 1)
        ref = self.world.get("/api/findings")["findings"][0]["ref"]
        check(ref not in [old["ref"] for old in self.old.findings], "%s is an old finding" % ref)
        self.messages(1, 0)
        self.act("take", "nc_take", ref=ref, owner="ops")
        self.act("approve R03", "approve", id="R03", role="ciso", reason="years later")
        self.look()

    def finish_old(self):
        check(self.world.stop()[0] == 0, "the stop failed")
        leaves, _ = merkle.read_store(self.world.state)
        check(merkle.root(leaves[:self.old.size]).hex() == self.old.root,
              "the old root is not the beginning of what stands")
        self.rebuild()
        self.from_the_ledger()

    def from_the_ledger(self):
        """Made anew from leaves and payloads it is the same store, and opens."""
        code, said = self.world.engine()
        self.take("conformctl rebuild", {"exit": code})
        check(code == 0, "the rebuild failed:\n" + said)
        self.rebuild()
