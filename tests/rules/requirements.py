"""docs/requirements.md names only what is there; the documents exist; no path of a build machine."""
import glob
import os
import re
import subprocess

import common

DOCUMENTS = ["README.md", "NEWS.md", "LICENSE", "CONTRIBUTING.md", "docs/ARCHITECTURE.md",
             "docs/requirements.md"]
PAGES = ["conformd", "conformctl"]
TEXTS = (".c", ".h", ".md", ".txt", ".cmake", ".py", ".sh", ".conf", ".json", ".in", ".service",
         ".reference", ".yml")
TEST = re.compile(r"(?:unit|plugin|system|conformance|fuzz|rules|machine|bench)\.[\w.+-]+")
PLACE = re.compile(r"(?:daemon|plugins|include|tests|docs|etc|systemd|scripts|cmake)/[\w./*+-]+")


def named(text):
    """Files and tests that a text names between backticks."""
    tokens = re.findall(r"`([^`\n]+)`", text)
    places, tests = set(), set()
    for token in tokens:
        for word in token.split():
            word = word.rstrip(",.;:").split(":")[0]
            if PLACE.fullmatch(word):
                places.add(word)
            elif TEST.fullmatch(word):
                tests.add(word)
    return places, tests


def check_named(text, exists, tests):
    places, wanted = named(text)
    found = [f"{place} is not there" for place in sorted(places) if not exists(place)]
    return found + [f"the test {test} is not there" for test in sorted(wanted - tests)]


def machine_paths(text, paths):
    return [path for path in paths if path in text]


def check_itself():
    text = "| R1 | `daemon/x/gone.c` | `unit.gone` `tests/rules/arrows.py` |"
    found = check_named(text, lambda place: "gone" not in place, {"unit.base"})
    common.expect(len(found) == 2, "a name of nothing passes")
    common.expect(machine_paths("see /builder/src/x", ["/builder/src"]), "a machine's path passes")


def list_tests(rules):
    ran = subprocess.run(["ctest", "-N", "--test-dir", rules.build], capture_output=True, text=True,
                         check=False)
    return set(re.findall(r"Test\s+#\d+: (\S+)", ran.stdout))


def check_paths(rules):
    above = os.path.dirname(rules.source)
    roots = {rules.source + "/", rules.build + "/"}
    if above != "/":
        roots |= {os.path.join(above, name) + "/" for name in os.listdir(above)
                  if os.path.isdir(os.path.join(above, name))}
    for top in [""] + ["daemon", "plugins", "include", "tests", "docs", "etc", "systemd", "scripts",
                       "cmake", ".ci"]:
        paths = common.files(rules, (top,), TEXTS) if top else [
            rules.path(name) for name in os.listdir(rules.source) if name.endswith(TEXTS)]
        for path in paths:
            for root in machine_paths(common.read(path), roots):
                rules.fail(rules.relative(path), f"names {root}, a path of this machine")


def main():
    rules = common.Rules()
    check_itself()
    for document in DOCUMENTS:
        if not os.path.exists(rules.path(document)):
            rules.fail(document, "is not there")
    for page in PAGES:
        if not glob.glob(rules.path("docs", "**", page + ".[1-8]*"), recursive=True):
            rules.fail(f"docs/{page}", "has no man page")
    if os.path.exists(rules.path("docs/requirements.md")):
        text = common.read(rules.path("docs/requirements.md"))
        exists = lambda place: bool(glob.glob(rules.path(place)))  # noqa: E731
        for sentence in check_named(text, exists, list_tests(rules)):
            rules.fail("docs/requirements.md", sentence)
        common.expect(any(named(text)), "docs/requirements.md names nothing between backticks")
    check_paths(rules)
    rules.finish("requirements")


main()
