"""show.01.9: the rules hold with an empty allow-list; in the asan preset every program that the suite
drives is an instrumented one. Names the ten longest functions and files."""
import os
import re
import subprocess
import sys

import harness
from harness import check

RULES = ("arrows", "sizes", "header", "symbols", "calls", "format", "requirements", "manual")
PROGRAMS = ("conformd", "conformd-engine", "conformd-front", "conformd-reader",
            "conformd-courier",
            "conformd-collector", "conformctl")


def rule(name):
    result = subprocess.run(
        ["/usr/bin/python3", os.path.join(harness.SOURCE, "tests/rules", name + ".py"),
         harness.SOURCE, harness.BUILD], capture_output=True, text=True)
    check(result.returncode in (0, harness.SKIP),
          "rules.%s: %d\n%s%s" % (name, result.returncode, result.stdout, result.stderr))
    return result.stdout


def allow_list():
    with open(os.path.join(harness.SOURCE, "tests/rules/sizes.py")) as f:
        found = re.search(r"^ALLOWED = (.*?)(\s*#.*)?$", f.read(), re.M)
    check(found and found.group(1) == "{}", "the allow-list is not empty: %s" % found)


def cached(name):
    with open(os.path.join(harness.BUILD, "CMakeCache.txt")) as f:
        found = re.search(r"^%s:[A-Z]+=(.*)$" % name, f.read(), re.M)
    return found.group(1) if found else ""


def instrumented():
    sanitizers = cached("CONFORMD_SANITIZE")
    for program in PROGRAMS:
        symbols = subprocess.run(["nm", "-D", os.path.join(harness.BIN, program)],
                                 capture_output=True, text=True).stdout
        check(("__asan_init" in symbols) == ("address" in sanitizers),
              "%s: built with \"%s\", and its symbols say otherwise" % (program, sanitizers))
    print("sanitizers in force: %s" % (sanitizers or "none"))


def main():
    allow_list()
    for name in RULES:
        said = rule(name)
        if name == "sizes":
            sys.stdout.write(said)
    instrumented()


main()
