"""The setting rights with real processes: each act by who has it, refused to who has not with who
may, once in the log; without it, a note; names that are none are told with their line; a reload gives
and takes rights."""
import os
import subprocess

import harness
from harness import check, wait_for

DECIDE, OPERATE = 70001, 70002
RIGHTS = """rights = (
    { who = ["uid:%d"]; acts = ["decide", "open"]; },
    { who = "uid:%d"; acts = "operate"; },
    { who = ["%s", "group:%s"]; acts = "alert_test"; } );
"""
TEXT = ('{ name = "auth"; plugin = "log"; every = "10s"; files = ["%s"]; rules = ["sshd"]; },'
        '{ name = "accounts"; plugin = "accounts"; every = "1h"; }')


def rights(decide=DECIDE, operate=OPERATE, user="root", group="root"):
    return RIGHTS % (decide, operate, user, group)


def configure(daemon, extra):
    daemon.write_config(TEXT % daemon.path("auth.log"), extra=extra)


def ask(daemon, words, login, fails=False):
    return daemon.ctl(*words, uid=login, fails=fails)


def checked(daemon, code=0):
    run = subprocess.run([os.path.join(harness.BIN, "conformd"), "--config", daemon.config,
                          "--check"], text=True, capture_output=True, timeout=60, check=False)
    check(run.returncode == code, "--check: %d\n%s%s" % (run.returncode, run.stdout, run.stderr))
    return run.stdout + run.stderr


def judged(daemon):
    """What --check says: a note without rights, none with them, and each name that is none."""
    note = "note: rights is not given: whoever may open the control socket may do every act"
    configure(daemon, "")
    check(note in checked(daemon), "no note that everybody may")
    configure(daemon, rights())
    check("rights" not in checked(daemon), "rights that are good: " + checked(daemon))
    for wrong, line, says in (
            (rights(user="nobody-has-this-name"), 9,
             'rights[2].who[0]: found "nobody-has-this-name", allowed is a user of this host'),
            (rights(group="no-such-group"), 9, 'rights[2].who[1]: found "group:no-such-group"'),
            (rights().replace('"operate"', '"operat"'), 8,
             'rights[1].acts: found "operat", allowed is "operate", "decide", "collect", '
             '"alert_test", "open", "adopt", "approve", "nc_take" or "nc_dismiss"')):
        configure(daemon, wrong)
        said = checked(daemon, 2)
        check("%s:%d: %s" % (daemon.config, line, says) in said, "--check says: " + said)


def granted(daemon):
    check("ATTRIBUTE" in ask(daemon, ["collect", "accounts"], OPERATE), "operate may not collect")
    check("token=" in ask(daemon, ["open"], OPERATE), "operate may not open")
    check("token=" in ask(daemon, ["open"], DECIDE), "open by its own name is refused")
    ask(daemon, ["adopt"], DECIDE)
    check(not daemon.measure("M003")["trial"], "adopt by who may changed nothing")


def refused(daemon):
    """By the login and not by being root, which every process of this test is."""
    said = ask(daemon, ["adopt"], OPERATE, fails=True)
    check("adopt is not allowed for uid %d: the setting rights allows it for uid:%d" % (OPERATE, DECIDE)
          in said, "adopt: " + said)
    check(daemon.measure("M003")["trial"], "a refused adopt ended the trial")
    said = ask(daemon, ["collect", "accounts"], DECIDE, fails=True)
    check("allows it for uid:%d" % OPERATE in said, "collect: " + said)
    said = ask(daemon, ["alert", "test"], OPERATE + 1, fails=True)
    check("allows it for uid:%d, root, group:root" % OPERATE in said, "alert test: " + said)
    for _ in range(5):
        ask(daemon, ["adopt"], OPERATE, fails=True)
    line = "adopt by uid %d, login %d: refused: adopt is not allowed for" % (os.getuid(), OPERATE)
    check(daemon.said().count(line) == 1, "six refusals make not one line:\n" + daemon.said())


def without_a_login(daemon):
    """Root's own right, where nobody is logged in; a decision stays refused for that."""
    if harness.loginuid() != harness.NOBODY:
        return
    said = daemon.ctl("alert", "test", fails=True)
    check("rights" not in said and "channel" in said, "root's own right does not hold: " + said)
    check("allows it for" in daemon.ctl("collect", "accounts", fails=True), "root may without a right")
    check("loginuid" in daemon.ctl("adopt", fails=True), "a decision of nobody")


def reloaded(daemon):
    configure(daemon, rights(operate=DECIDE, decide=OPERATE))
    before = daemon.get("/api/status")["config"]["hash"]
    daemon.reload()
    wait_for("the reload", lambda: daemon.get("/api/status")["config"]["hash"] != before)
    check("allows it for uid:%d" % OPERATE in ask(daemon, ["adopt"], DECIDE, fails=True),
          "a right that was taken away holds")
    ask(daemon, ["adopt", "--dry-run"], OPERATE)


def main():
    if not harness.can_set_loginuid():
        harness.skip("this process may not set an audit loginuid")
    daemon = harness.Daemon()
    open(daemon.path("auth.log"), "w").close()
    try:
        judged(daemon)
        configure(daemon, rights())
        daemon.start()
        wait_for("the first run", lambda: daemon.measure("M004")["value"] is not None)
        refused(daemon)
        without_a_login(daemon)
        granted(daemon)
        reloaded(daemon)
        check(daemon.stop()[0] == 0, "the stop failed")
        told = "adopt by uid %d, login %d: refused 5 times more" % (os.getuid(), OPERATE)
        check(told in daemon.said(), "the others were not counted:\n" + daemon.said())
    except BaseException:
        print(daemon.said())
        raise
    finally:
        daemon.finish()


main()
