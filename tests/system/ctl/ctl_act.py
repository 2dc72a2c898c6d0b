"""What changes something: collect, open, alert, adopt, approve, take and dismiss, and who may."""
import json
import re

import harness
from command import run
from harness import check, wait_for

FAILED = "Nov 22 06:20:%02d host sshd[123]: Failed password for root from 203.0.113.9 port 1 ssh2\n"
ACCEPTED = ("Nov 22 06:20:30 host sshd[124]: Accepted password for root from 203.0.113.9 port 1 "
            "ssh2\n")


def make():
    daemon = harness.Daemon()
    open(daemon.path("auth.log"), "w").close()
    daemon.write_config(
        '{ name = "auth"; plugin = "log"; every = "10s"; files = ["%s"]; rules = ["sshd"]; },'
        '{ name = "accounts"; plugin = "accounts"; every = "1h"; }' % daemon.path("auth.log"))
    return daemon


def anyone(ctl):
    ctl("collect", "accounts").says("ATTRIBUTE", 'accounts_empty_password', '{user="root"}',
                                    "accounts: well, evidence ")
    body = json.loads(ctl("collect", "accounts", "--json").out)
    check(body["outcome"] == "well" and body["readings"], "collect --json: %s" % body)
    ctl("collect", "none", code=1).complains('there is no collector "none"')
    answer = ctl("open").complains("usable once, until ")
    check(re.fullmatch(r"http://127\.0\.0\.1:\d+/\S+\n", answer.out), "open: " + answer.out)
    ctl("alert", "test", code=1).complains("channel")


def nobody(ctl):
    if harness.loginuid() != harness.NOBODY:
        return
    for words in (["adopt"], ["approve", "O1", "--role", "r", "--reason", "x"]):
        ctl(*words, code=1).complains("loginuid")


def somebody(daemon):
    """As user 1000 by the audit loginuid."""
    said = daemon.ctl("adopt", "--dry-run", uid=1000)
    check("nothing was changed; conformctl adopt ends the trial" in said, "dry run: " + said)
    check(daemon.measure("M003")["trial"], "a dry run ended the trial")
    said = daemon.ctl("adopt", uid=1000)
    check("M003" in said, "adopt: " + said)
    with open(daemon.path("auth.log"), "a") as f:
        f.write("".join(FAILED % i for i in range(10)) + ACCEPTED)
    findings = wait_for("two findings", lambda: (
        rows := {f["measure"]: f["ref"] for f in daemon.get("/api/findings")["findings"]})
        and {"M003", "M004"} <= set(rows) and rows)
    said = daemon.ctl("nc", "list")
    check(findings["M003"] in said and "candidate" in said, "nc list: " + said)
    said = daemon.ctl("nc", "list", "--state", "candidate")
    check(findings["M004"] in said, "nc list --state: " + said)
    check("wait to be taken or dismissed: conformctl nc list --state candidate"
          in daemon.ctl("status"), "status does not name the candidates")
    check("Failed password for root" in daemon.ctl("nc", "show", findings["M003"]), "nc show")
    said = daemon.ctl("nc", "take", findings["M003"], "--owner", "ops", "--fix", "block it",
                      "--due", "7d", uid=1000)
    check(findings["M003"] + " is " in said, "nc take: " + said)
    said = daemon.ctl("nc", "dismiss", findings["M004"], "--reason", "because", uid=1000,
                      fails=True)
    check("false_positive" in said, "a refused reason does not name those allowed: " + said)
    said = daemon.ctl("nc", "dismiss", findings["M004"], "--reason", "test", "--note", "a drill",
                      uid=1000)
    check(findings["M004"] + " is " in said, "nc dismiss: " + said)
    check("no finding is in state candidate" in daemon.ctl("nc", "list", "--state", "candidate")
          or findings["M004"] not in daemon.ctl("nc", "list", "--state", "candidate"),
          "what was dismissed is still a candidate")


def main():
    daemon = make()

    def ctl(*words, **more):
        return run("--socket", daemon.run, *words, **more)
    try:
        daemon.start()
        wait_for("the first run", lambda: daemon.measure("M004")["value"] is not None)
        anyone(ctl)
        nobody(ctl)
        if harness.can_set_loginuid():
            somebody(daemon)
        else:
            print("this process may not set an audit loginuid: decisions were not tried")
        check(daemon.stop()[0] == 0, "the stop failed")
    finally:
        daemon.finish()


main()
