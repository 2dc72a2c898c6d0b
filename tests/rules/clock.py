"""A program has the clock that tests move exactly where the build says so: releases lack it."""
import json
import os
import subprocess

import common

WORD = b"CONFORMD_TEST_CLOCK"
WRAP = "__wrap_"
PROGRAMS = ("conformd", "conformctl", "conformd-engine", "conformd-front", "conformd-reader",
            "conformd-courier", "conformd-collector")


def option(build):
    """Does the build ask for it?"""
    for line in common.read(os.path.join(build, "CMakeCache.txt")).splitlines():
        name, _, value = line.partition("=")
        if name.startswith("CONFORMD_TEST_CLOCK:"):
            return value in ("ON", "TRUE", "1")
    return False


def has_clock(program):
    """By the variable's name, and by the functions that stand in for the daemon's."""
    with open(program, "rb") as file:
        named = WORD in file.read()
    symbols = subprocess.run(["nm", program], capture_output=True, text=True, check=False).stdout
    return named or WRAP in symbols


def presets_with_it(rules):
    """Presets that are for users must not have it: only dev and asan do."""
    presets = json.loads(common.read(rules.path("CMakePresets.json")))["configurePresets"]
    return {p["name"] for p in presets if "CONFORMD_TEST_CLOCK" in p.get("cacheVariables", {})}


def main():
    rules = common.Rules()
    wanted = option(rules.build)
    for name in PROGRAMS:
        program = os.path.join(rules.build, "bin", name)
        if not os.path.exists(program):
            rules.fail(name, "was not built")
        elif has_clock(program) != wanted:
            rules.fail(name, "%s the clock that tests move, and CONFORMD_TEST_CLOCK is %s"
                       % ("lacks" if wanted else "has", "ON" if wanted else "OFF"))
    extra = presets_with_it(rules) - {"dev", "asan"}
    if extra:
        rules.fail("CMakePresets.json", "CONFORMD_TEST_CLOCK in %s" % ", ".join(sorted(extra)))
    rules.finish("clock")


main()
