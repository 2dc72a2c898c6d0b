"""The story: what the daemon sees and what people do to it, a step at a time. A step waits for what
it did by asking; what it waits for is the daemon's next commit, and no time."""
import os

import asked
from harness import check
from teller import Teller

FAILED = "Nov 22 06:20:%02d gate sshd[%d]: Failed password for %s from %s port 4%d ssh2"
ACCEPTED = "Nov 22 06:21:%02d gate sshd[%d]: Accepted %s for %s from %s port 5%d ssh2"
SUDO = "Nov 22 06:22:00 gate sudo:    %s : TTY=pts/4 ; PWD=/home/%s ; USER=root ; COMMAND=/usr/bin/id"
GUESSER, OFFICE = "203.0.113.9", "192.0.2.7"


class Story(Teller):
    def steps(self):
        return (self.start, self.refuse, self.trial, self.adopt, self.second_root, self.guess,
                self.orders, self.checks, self.missing, self.handle, self.clear, self.reload,
                self.rights, self.approve, self.stop_and_start, self.speak, self.end)

    def start(self):
        self.world.make_key()
        self.begin()
        self.until("the collectors' tables", self.declared)
        self.collect("auth", "app", "journal")
        self.until("the first runs", self.ran)
        self.look()
        asked.commands(self.record, self.name)

    def refuse(self):
        """What is asked wrongly is answered, and leaves nothing behind."""
        self.act("act none", "none")
        self.act("collect none", "collect", name="none")
        self.act("collect disabled", "collect", name="off")
        self.act("adopt unknown", "adopt", measures=["R99"])
        self.act("approve unknown", "approve", id="R99", role="ciso", reason="none")
        self.act("take nothing", "nc_take", ref="NC-1999-0001", owner="ops")
        self.act("take without owner", "nc_take", ref="NC-1999-0001")
        self.act("dismiss without reason", "nc_dismiss", ref="NC-1999-0001", reason="because")
        self.act("dismiss nothing", "nc_dismiss", ref="NC-1999-0001", reason="test")
        self.act("alert nobody", "alert_test", channel="none")
        for what, line in (("no JSON", "hello"), ("no object", "[1]"), ("no command", "{}"),
                           ("arguments that are none", '{"command":"adopt","arguments":[]}'),
                           ("measures that are none",
                            '{"command":"adopt","arguments":{"measures":"R01"}}')):
            self.take("control " + what, self.world.control_line(line))
        for path in ("/api", "/api/none", "/api/measures/R99", "/api/findings/NC-1999-0001",
                     "/api/evidence/x", "/api/evidence/999999", "/api/evidence?limit=x",
                     "/api/findings?limit=0", "/api/v1/query", "/api/v1/query?query=sum(",
                     "/api/v1/query?query=rate(exec_state)", "/api/v1/query_range?query=1",
                     "/api/v1/query?query=1&time=never", "/api/v1/series", "/api/v1/label/a-b/values"):
            self.take("GET " + path, asked.body_of(self.world, path))
        self.take("POST /api/status", asked.body_of(self.world, "/api/status", method="POST"))
        self.take("DELETE /api/findings", asked.body_of(self.world, "/api/findings", method="DELETE"))
        self.take("HTTP without a token", asked.body_of(self.world, "/api/status", local=False))
        self.take("HTTP of another host", asked.body_of(
            self.world, "/api/status", local=False, headers={"Host": "example.com"}))
        self.take("HTTP /healthz", asked.body_of(self.world, "/healthz", local=False))
        self.take("HTTP /readyz", asked.body_of(self.world, "/readyz", local=False))
        for words in (["none"], ["collect"], ["approve", "R01"], ["nc", "take", "X"],
                      ["measures", "R99"], ["collect", "none"], ["evidence", "show", "x"],
                      ["query", "sum("], ["--version"]):
            self.take("conformctl " + " ".join(words), {"exit": self.world.command(*words)[0]})

    def trial(self):
        """On trial nothing is raised; what is urgent is told."""
        self.world.change("passwd", "alice:x:1000", "toor:x:0:0::/root:/bin/sh\nalice:x:1000")
        self.collect("accounts")
        self.messages(2, 0)
        self.world.change("passwd", "toor:x:0:0::/root:/bin/sh\n", "")
        self.collect("accounts", "accounts")

    def adopt(self):
        self.act("adopt --dry-run", "adopt", measures=[], dry_run=True)
        self.act("adopt R02", "adopt", measures=["R02"], role="ciso", reason="who is there may be")
        self.act("adopt", "adopt")
        self.act("adopt again", "adopt")
        self.act("approve O1", "approve", id="O1", role="board", reason="in the review")
        self.act("approve O2", "approve", id="O2", role="board", reason="in the review")
        self.act("approve R03", "approve", id="R03", role="ciso", reason="once more")

    def second_root(self):
        """What changes and is a miss: raised at once, or when it has lasted."""
        self.world.change("passwd", "alice:x:1000", "toor:x:0:0::/root:/bin/sh\nalice:x:1000")
        self.collect("accounts")
        self.finding("R01")
        self.finding("R12")
        self.messages(2, 1)
        self.world.change("group", "sudo:x:27:alice", "sudo:x:27:alice,bob")
        self.collect("accounts")
        self.finding("R02")
        self.world.change("sshd_config", "PermitRootLogin prohibit-password", "PermitRootLogin yes")
        self.collect("sshd")
        self.finding("R05")
        self.messages(1, 1)
        self.look()

    def guess(self):
        """Failed logins, and one that is not."""
        self.world.append("logs/auth.log", *(FAILED % (at, at, who, GUESSER, at) for at, who in enumerate(
            ("root", "invalid user admin", "alice", "ops-7", "invalid user hunter2"))),
            SUDO % ("alice", "alice"), "Nov 22 06:22:01 gate cron[1]: nothing of interest")
        self.counted("sum(log_auth_failures_total)", 5)
        self.collect("auth")
        self.world.append("logs/auth.log", ACCEPTED % (1, 21, "password", "root", GUESSER, 1),
                          ACCEPTED % (2, 22, "publickey", "bob", OFFICE, 2))
        self.finding("R03")
        self.messages(1, 1)
        self.collect("auth")

    def orders(self):
        """An application's log: at risk, an alarm that does not wait, too many names, a loss."""
        self.world.append("logs/app.log", "app: order 1 by carol taken", "app: order 2 by dave taken",
                          "app: order 3 by carol taken", "app: order 4 by dave refused", "app: tick")
        self.counted("sum(log_app_orders_total)", 4)
        self.collect("app")
        self.world.append("logs/app.log", "app: alarm fire")
        self.counted("sum(log_app_alarms_total)", 1)
        self.world.append("logs/app.log", "app: order 5 by carol refused", "app: order 6 by dave refused")
        self.finding("R11")
        self.messages(1, 1)
        self.world.append("logs/app.log", *("app: order %d by customer%d taken" % (at, at)
                                       for at in range(10, 18)))
        self.counted("sum(log_app_orders_total)", 14)
        self.collect("app")
        self.found(7)
        self.messages(1, 1)
        # Cut, and what it held is nowhere.
        with open(self.world.path("logs/app.log"), "w"):
            self.found(8)
        self.messages(1, 1)
        self.collect("app")

    def checks(self):
        """A warning, something that is not in the scope, a control that is not implemented yet."""
        self.world.change("checks/disk", "exit 0", "exit 1")
        self.world.change("checks/backup", '"value": 3', '"value": 50')
        self.world.change("checks/backup", '"host": "till"', '"host": "stranger"')
        self.collect("checks")
        self.finding("R07")
        self.messages(1, 2)

    def missing(self):
        """Sources that are not there, cannot be read, and fail."""
        os.rename(self.world.path("shadow"), self.world.path("shadow.away"))
        os.rename(self.world.path("sshd_config"), self.world.path("sshd_config.away"))
        self.world.change("checks/backup", "exit 0", "exit 2")
        self.world.change("checks/backup", "echo '", "echo 'no JSON ")
        self.collect("accounts", "sshd", "checks")
        self.messages(1, 2)
        self.look()

    def handle(self):
        """What people do with findings, also twice and in vain."""
        first, second, third = (self.finding(measure) for measure in ("R01", "R05", "R02"))
        self.act("take", "nc_take", ref=first, owner="ops", fix="remove it", due="7d")
        self.act("take again", "nc_take", ref=first, owner="ops")
        self.act("dismiss what is taken", "nc_dismiss", ref=first, reason="test")
        self.act("dismiss", "nc_dismiss", ref=second, reason="test", note="a drill")
        self.act("take what is dismissed", "nc_take", ref=second, owner="ops")
        self.act("dismiss a duplicate", "nc_dismiss", ref=third, reason="duplicate_of", note=first)
        for state in ("candidate", "registered", "dismissed", "open", "none"):
            self.take("GET /api/findings?state=" + state,
                      asked.body_of(self.world, "/api/findings?state=" + state))

    def clear(self):
        """Everything is as it was: what counts as cleared at once, and what does not."""
        os.rename(self.world.path("shadow.away"), self.world.path("shadow"))
        os.rename(self.world.path("sshd_config.away"), self.world.path("sshd_config"))
        self.world.change("passwd", "toor:x:0:0::/root:/bin/sh\n", "")
        self.world.change("checks/disk", "exit 1", "exit 0")
        self.world.change("checks/backup", "exit 2", "exit 0")
        self.world.change("checks/backup", "no JSON ", "")
        self.collect("accounts")
        self.messages(2, 2)
        self.collect("sshd", "checks")
        self.messages(1, 2)
        self.world.change("checks/backup", '"stranger"', '"till"')
        self.world.change("checks/backup", '"value": 50', '"value": 30')
        self.collect("checks")
        # And again: a finding that was taken returns, one that was dismissed stays so.
        self.world.change("passwd", "alice:x:1000", "toor:x:0:0::/root:/bin/sh\nalice:x:1000")
        self.collect("accounts")
        self.messages(2, 2)

    def loaded(self, **configuration):
        """Another configuration is in force, and the collectors that are new have run."""
        before = self.world.get("/api/status")["config"]["hash"]
        evidence = self.evidence_of_app()
        self.world.configure(**configuration)
        self.world.reload()
        self.until("the reload", lambda: self.world.get("/api/status")["config"]["hash"] != before)
        self.until("the runs after the reload", self.ran)
        if configuration.get("basis"):
            self.until("names instead of pseudonyms", lambda: self.evidence_of_app() != evidence)
        self.settle()

    def evidence_of_app(self):
        return self.world.collector("app")["last_run"]["evidence"]

    def reload(self):
        """A measure and an objective are changed, one is stopped; collectors come, stop, start."""
        self.world.change("measures.d/shop.conf", 'target = "== 100"; tolerance = ">= 60"',
                          'target = ">= 40"; tolerance = ">= 30"')
        self.world.change("measures.d/shop.conf", 'id = "R13"; version = 1;',
                          'id = "R13"; version = 2; enabled = false;')
        self.world.change("measures.d/objectives.conf", 'due = "2099-06-30"', 'due = "2098-06-30"')
        self.loaded(
            more=',\n    { name = "load"; plugin = "example"; every = "1h"; }',
            edits=[('{ name = "checks"; plugin', '{ name = "checks"; enabled = false; plugin'),
                   ('plugin = "accounts"; every = "1h"; enabled = false;',
                    'plugin = "accounts"; every = "1h";')])
        self.look()

    def rights(self):
        """Who may what; a collector is gone, and names are kept."""
        self.loaded(
            rights='rights = ( { who = "uid:@SOMEBODY@"; acts = "decide"; },\n'
                   '           { who = "uid:@UID@"; acts = ["collect", "open"]; } );',
            basis=' legal_basis = "a works agreement"; reviewed_by = "the works council";'
                  ' review_due = "2099-12-31";')
        self.act("adopt without the right", "adopt")
        self.act("alert_test without the right", "alert_test")
        self.act("open with the right", "open")
        self.collect("accounts")

    def approve(self):
        """With the right, and it is said by which."""
        self.older(31)
        self.loaded(rights='rights = ( { who = ["uid:@UID@", "uid:@SOMEBODY@"];'
                           ' acts = ["decide", "operate"]; } );', more="", edits=[])
        self.act("approve R04", "approve", id="R04", role="ciso", reason="a new target")
        self.act("approve O1", "approve", id="O1", role="board", reason="earlier")
        self.act("take", "nc_take", ref=self.finding("R12"), owner="ops")
        self.act("adopt R11", "adopt", measures=["R11"])

    def stop_and_start(self):
        """What is written while no daemon runs is read when it runs again."""
        check(self.world.stop()[0] == 0, "the stop failed")
        self.older(32)
        self.world.append("logs/auth.log", *(FAILED % (at, at, "bob", OFFICE, at) for at in range(2)))
        self.begin()
        self.until("the runs after the start", lambda: self.fresh("checks"))
        self.counted("sum(log_auth_failures_total)", 7)
        self.settle()
        self.collect("accounts")

    def speak(self):
        """A test of the channels; the dashboard's link and session."""
        self.act("alert_test", "alert_test")
        self.act("alert_test tests", "alert_test", channel="tests")
        self.messages(3, 2)
        link = self.act("open", "open")["body"]["url"]
        path = link[link.index("/open"):]
        self.take("HEAD of the link", self.visit(path, method="HEAD"))
        cookie = self.take("GET of the link", self.visit(path))["cookie"]
        self.take("GET of the link again", self.visit(path))
        for address in ("/api/status", "/api/findings", "/metrics", "/metrics/samples", "/"):
            self.take("GET %s with the cookie" % address, self.visit(address, cookie=cookie))

    def visit(self, path, method="GET", cookie=None):
        """What a browser gets, without the body."""
        status, headers, _ = self.world.ask(path, method=method, local=False,
                                            headers={"Cookie": cookie} if cookie else {})
        shown = {name: headers[name] for name in sorted(headers)
                 if name not in ("Date", "Content-Length", "Set-Cookie")}
        return {"status": status, "headers": shown,
                "cookie": headers.get("Set-Cookie", "").split(";")[0] or None}

    def end(self):
        self.look()
        asked.commands(self.record, self.name)
        self.record.step(self.name)
        check(self.world.stop()[0] == 0, "the stop failed")
        self.rebuild()
