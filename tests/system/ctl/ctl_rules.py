"""rules test: own lines of rules, what they find in a log, mistakes told at their place; no daemon."""
import json
import os
import tempfile

import harness
from command import run
from harness import check

SHIPPED = os.path.join(harness.SOURCE, "etc/rules.d")
NOBODY = 65534
NOWHERE = {"CONFORMD_SOCKET": "/nonexistent"}

RULES = """rules = (
    { id = "door";
      pattern = "^door (?<name>\\\\S+) opened";
      labels = ["name", "kind=door"];
      feeds = "log_doors";
      excerpt = false;
      match = ["door a opened", "door b opened at night"];
      no_match = ["window a opened"]; },
    { id = "night";
      pattern = "at night$";
      feeds = "log_nights";
      match = ["door b opened at night"];
      no_match = ["night falls"]; }
);
"""

LOG = ("door front opened\n" * 3 + "window opened\n" + "door back opened at night\r\n"
       "message repeated 4 times: [ door back opened at night]\n" + "x" * 200 + "\x1b[31m\n"
       "door last opened")


def write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w", newline="") as f:
        f.write(text)
    return path


def shipped():
    said = run("rules", "test", "--rules", SHIPPED, env=NOWHERE)
    said.says(" rules passed: ", "that must match")
    check("\n" == said.out[said.out.index("\n"):], "more than one line without a LOG")
    if os.geteuid() == 0:
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            path = write(folder, "own.conf", RULES)
            os.chmod(path, 0o644)
            try:
                run("rules", "test", "--rules", path, uid=NOBODY).says("2 rules passed")
            except PermissionError:
                print("the build is out of reach of nobody: not tried as an ordinary user")


def found(folder):
    rules = write(folder, "own.conf", RULES)
    log = write(folder, "my log", LOG)
    answer = json.loads(run("rules", "test", "--json", "--rules", rules, log).out)
    check(answer["lines"] == 8 and answer["unmatched"] == 2, "lines: %s" % answer)
    check([line["line"] for line in answer["unmatched_lines"]] == [4, 7], "unmatched lines")
    check("\x1b" not in answer["unmatched_lines"][1]["text"], "a terminal would obey")
    hits = {rule["id"]: rule["hits"] for rule in answer["rules"]}
    sets = {(s["attribute"], s["labels"].get("name")): s["count"] for s in answer["sets"]}
    check(hits == {"own.door": 9, "own.night": 5}, "hits: %s" % hits)
    check(sets[("log_doors", "front")] == 3 and sets[("log_doors", "last")] == 1, "sets: %s" % sets)
    check(all(s["labels"]["kind"] == "door" for s in answer["sets"]
              if s["attribute"] == "log_doors"), "a constant label is missing")
    counts = [s["count"] for s in answer["sets"]]
    check(counts == sorted(counts, reverse=True), "the greatest does not stand first")
    text = run("rules", "test", "--rules", folder, log)
    text.says("own.door", "log_nights", 'log_doors{name="front",kind="door"}',
              "2 of 8 lines are matched by no rule", "window opened")


def broken(folder):
    path = write(folder, "own.conf", RULES.replace('"window a opened"', '"door x opened"'))
    answer = run("rules", "test", "--rules", path, code=1)
    answer.complains(path + ":8: rule own.door: it matches this line", "door x opened")
    answer.says("1 mistake in 2 rules")
    faults = json.loads(run("rules", "test", "--json", "--rules", path, code=1).out)["faults"]
    check([fault["place"] for fault in faults] == [path + ":8"], "faults: %s" % faults)
    write(folder, "own.conf", RULES.replace("(?<name>", "(?<name"))
    run("rules", "test", "--rules", path, code=1).complains(path + ":3: rule own.door: ")
    write(folder, "own.conf", RULES.replace("feeds = \"log_nights\"", "fedes = \"log_nights\""))
    run("rules", "test", "--rules", path, code=2).complains(path + ":11: ", "fedes")
    write(folder, "own.conf", "rules = (")
    run("rules", "test", "--rules", path, code=2).complains(path + ":")
    write(folder, "own.conf", "")
    run("rules", "test", "--rules", folder, code=2).complains("rules: found none")
    run("rules", "test", "--rules", folder + "/none", code=2).complains(folder + "/none:1: ")
    run("rules", "test", "--config", folder + "/none.conf", code=2).complains("/none.conf:1: ")
    write(folder, "own.conf", RULES)
    run("rules", "test", "--rules", path, folder + "/none.log",
        code=1).complains("none.log: No such file or directory")
    run("rules", "test", "--rules", path, folder, code=1).complains(": Is a directory")
    run("rules", "test", "--rules", path, "/dev/zero", code=1).complains("this is not a log")


def of_configuration(folder):
    """Rules of conformd.conf itself and of rules.d beside it."""
    os.mkdir(os.path.join(folder, "rules.d"))
    write(folder, "rules.d/own.conf", RULES)
    main_file = write(folder, "conformd.conf", "")
    run("rules", "test", "--config", main_file).says("2 rules passed")


def main():
    shipped()
    for test in (found, broken, of_configuration):
        with tempfile.TemporaryDirectory() as folder:
            test(folder)


main()
