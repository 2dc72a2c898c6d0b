"""Without a daemon: help of all and of each, wrong words, and who is not there."""
import os
import subprocess
import tempfile

from command import CTL, run
from harness import check

COMMANDS = ("status", "collectors", "measures", "objectives", "nc", "adopt", "approve", "collect",
            "query", "evidence", "alert", "open", "describe", "rules")
WRONG = (
    ([], None),
    (["measure"], 'there is no command "measure"; did you mean measures?'),
    (["--bad"], 'there is no option "--bad"'),
    (["query", "--at"], 'a value is missing behind "--at"'),
    (["status", "more"], "usage: conformctl status"),
    (["status", "--owner", "x"], "status takes no --owner"),
    (["nc"], "usage: conformctl nc list"),
    (["nc", "what"], "usage: conformctl nc list"),
    (["nc", "list", "NC-1"], "usage: conformctl nc list"),
    (["nc", "take", "NC-1"], "nc take needs --owner"),
    (["nc", "dismiss", "NC-1"], "nc dismiss needs --reason"),
    (["nc", "dismiss", "NC-1", "--reason", "test", "--owner", "x"], "nc dismiss takes no --owner"),
    (["nc", "take", "NC-1", "--owner", os.fsdecode(b"\xff")], "what was typed is not UTF-8"),
    (["adopt", os.fsdecode(b"\xff")], "what was typed is not UTF-8"),
    (["alert", "tset"], "usage: conformctl alert test"),
    (["evidence", "show"], "usage: conformctl evidence"),
    (["approve", "M001"], "approve needs --role ROLE and --reason TEXT"),
    (["query", "up", "--from", "now"], "a range needs --from T, --to T and --step D"),
    (["query", "up", "--at", "yesterday"], '"yesterday" is not a time; allowed are now, -1h'),
    (["rules", "tset"], "usage: conformctl rules test [LOG]"),
)


def helps():
    whole = run("--help").says("usage: conformctl [options] COMMAND", "Exit: 0 done; 1 not done")
    for name in COMMANDS:
        check("\n  %s " % name in whole.out, "%s is not in the help" % name)
        own = run(name, "--help").says("usage: conformctl " + name, "--json", "--socket")
        check(own.out == run("help", name).out == run("--help", name).out, "helps differ")
    run("nc", "--help").says("--owner", "--reason", "dismiss")
    run("--version").says("conformctl ")
    with open("/dev/full", "w") as full:
        check(subprocess.call([CTL, "--help"], stdout=full, stderr=subprocess.DEVNULL) == 1,
              "what could not be written is no success")


def nobody_there(folder):
    for words in (["status"], ["measures"], ["nc", "list"], ["query", "up"], ["collect", "x"],
                  ["open"], ["adopt"]):
        answer = run("--socket", folder, *words, code=1)
        answer.complains("No such file or directory; is conformd running", folder + "/")
        check(not answer.out and answer.err.count("\n") == 1, answer.text())
    run("status", code=1, env={"CONFORMD_SOCKET": folder}).complains(folder + "/api.sock")
    run("status", "--json", "--socket", folder + "/api.sock", code=1).complains(folder)


def main():
    helps()
    for words, sentence in WRONG:
        answer = run(*words, code=2)
        if sentence:
            answer.complains(sentence)
    with tempfile.TemporaryDirectory() as folder:
        nobody_there(os.path.join(folder, "none"))


main()
