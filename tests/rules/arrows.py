"""Which room may know which: #include lines, the USES of CMake and docs/ARCHITECTURE.md against one
table."""
import glob
import os
import re

import common

SHOWN = {"base", "store", "ledger", "series", "promql", "criterion", "measure",
         "register", "notify"}
ROOMS = {
    "base": set(),
    "sandbox": {"base"},
    "config": {"base"},
    "channel": {"base"},
    "store": {"base"},
    "scan": {"base"},
    "promql": {"base"},
    "criterion": {"base"},
    "collector": {"base", "channel"},
    "ledger": {"base", "store"},
    "series": {"base", "store"},
    "measure": {"base", "store", "ledger", "promql", "series", "criterion"},
    "register": {"base", "store", "ledger"},
    "notify": {"base", "store", "ledger"},
    "intake": {"base", "channel", "store", "ledger", "series"},
    "monitoring": {"base", "store", "ledger", "series", "criterion", "intake", "register",
                   "notify"},
    "rebuild": {"base", "store", "ledger", "series", "intake"},
    "exposition": {"base"},
    "upkeep": {"base", "store", "ledger", "series", "exposition"},
    "selfmetrics": {"base", "store", "ledger", "series", "intake"},
    "coverage": {"base", "series", "intake", "promql", "measure", "selfmetrics"},
    "isms": {"base", "store", "series", "intake", "promql", "measure", "selfmetrics", "coverage"},
    "judge": {"base", "store", "ledger", "series", "criterion", "measure", "register",
              "notify", "intake", "coverage", "isms"},
    "metrics": {"base", "store", "ledger", "series", "promql", "measure", "criterion", "register",
                "notify", "intake", "exposition", "upkeep", "judge"},
    "engine": {"base", "store", "ledger", "series", "intake", "measure", "monitoring", "notify",
               "upkeep", "selfmetrics", "coverage", "isms", "judge", "metrics"},
    "acts": SHOWN | {"intake", "selfmetrics", "coverage", "judge", "engine"},
    "http": {"base"},
    "api": SHOWN | {"http", "report"},
    "report": SHOWN,
    "web": {"base"},
    "conformctl": {"base"},
    "children": {"base", "config", "channel"},
    "checks": {"base", "config", "channel", "children"},
    "front": {"base", "channel", "http", "exposition", "web"},
}
# The programs: each has the rooms that its power asks for.
ROOMS |= {
    "process": {"base", "channel", "sandbox"},
    "conformd": {"base", "config", "channel", "children", "checks", "process"},
    "conformd-engine": {"base", "channel", "intake", "isms", "engine", "acts", "rebuild", "process"},
    "conformd-front": {"base", "channel", "exposition", "front", "http", "process", "web"},
    "conformd-reader": {"base", "channel", "store", "ledger", "series", "api", "process"},
    "conformd-courier": {"base", "channel", "process"},
    "conformd-collector": {"base", "channel", "collector", "process"},
}
PLUGIN_ROOMS = {"base", "scan"}

# A library's header is named by these rooms alone.
LIBRARIES = {
    re.compile(r"sqlite3\.h"): {"store"},
    re.compile(r"event.*\.h|evhttp\.h"): {"process", "http"},
    re.compile(r"libconfig\.h"): {"config"},
    re.compile(r"seccomp\.h|linux/landlock\.h"): {"sandbox"},
    re.compile(r"systemd/.*"): {"conformd", "children"},
    re.compile(r"curl/.*"): {"conformd-courier", "conformctl"},
}
PLUGINS_MAY_NAME = re.compile(r"systemd/sd-journal\.h")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.M)
CALL = re.compile(r"conformd_(room|plugin|program)\(\s*([\w-]+)([^)]*)\)")


def check_includes(room, text, allowed, known):
    found = []
    for match in INCLUDE.finditer(text):
        name = match.group(1)
        other = name.split("/")[1] if name.count("/") > 1 else None
        if other in known and other != room and other not in allowed:
            found.append(f"{room} may not know {other} ({name})")
        for library, rooms in LIBRARIES.items():
            free = room.startswith("plugin ") and PLUGINS_MAY_NAME.fullmatch(name)
            if library.fullmatch(name) and room not in rooms and not free:
                found.append(f"{room} may not name {name}")
    return found


def check_uses(text, allowed_of, folder=None):
    """A program has the permission of the room that it stands in."""
    found = []
    for kind, name, rest in CALL.findall(re.sub(r"#[^\n]*", "", text)):
        uses = re.search(r"\bUSES\b(.*?)(?:\bLINKS\b|$)", rest, re.S)
        allowed = PLUGIN_ROOMS if kind == "plugin" else allowed_of.get(
            folder if kind == "program" else name, set())
        for other in uses.group(1).split() if uses else []:
            if other not in allowed:
                found.append(f"{name} may not use {other}")
    return found


def check_cycles(table):
    """The table itself runs one way: rooms can be taken off one after another."""
    left = {room: set(uses) for room, uses in table.items()}
    while left:
        free = [room for room, uses in left.items() if not uses & set(left)]
        if not free:
            return False
        for room in free:
            del left[room]
    return True


def check_words(text, table):
    """The rows of the document: | room | what it is for | may use | may be used by |."""
    found, seen = [], set()
    short = {"nobody": set(), "what api shows": SHOWN}
    for room, uses in re.findall(r"^\| ([\w-]+) \| [^|]+ \| ([^|]+) \| [^|]+ \|$", text, re.M):
        told = set()
        for words in uses.split(", "):
            told |= short.get(words, {words})
        seen.add(room)
        if room != "room" and told != table.get(room):
            found.append(f"{room}: told {', '.join(sorted(told))}, it is "
                         f"{', '.join(sorted(table.get(room, [])))}")
    return found + [f"{room} is not told" for room in sorted(set(table) - seen)]


def check_itself():
    known = set(ROOMS)
    common.expect(check_includes("base", '#include "evidence/store/store.h"\n', set(), known),
                  "base may include store")
    common.expect(not check_includes("ledger", '#include "evidence/store/store.h"\n', ROOMS["ledger"], known),
                  "ledger may not include store")
    common.expect(check_includes("ledger", "#include <sqlite3.h>\n", ROOMS["ledger"], known),
                  "ledger may name sqlite3.h")
    common.expect(check_includes("engine", "#include <event2/event.h>\n", ROOMS["engine"], known),
                  "engine may name libevent")
    common.expect(check_includes("plugin x", "#include <sqlite3.h>\n", PLUGIN_ROOMS, known),
                  "a plugin may name sqlite3.h")
    common.expect(check_uses("conformd_room(store USES base ledger LINKS x)\n", ROOMS),
                  "store may use ledger")
    common.expect(not check_uses("conformd_room(ledger USES base store LINKS x)\n", ROOMS),
                  "ledger may not use store")
    common.expect(check_uses("conformd_plugin(x USES store)\n", ROOMS), "a plugin may use store")
    common.expect(check_uses("conformd_program(conformd-front front.c bin USES store)\n", ROOMS,
                             "conformd-front"), "the front may use store")
    common.expect(not check_words("| a | x | nobody | b |\n| b | y | a | nobody |\n",
                                  {"a": set(), "b": {"a"}}), "a true table is refused")
    common.expect(check_words("| a | x | b | nobody |\n", {"a": set()}), "a false row passes")
    common.expect(check_words("", {"a": set()}), "a row that is not there passes")
    common.expect(check_cycles(ROOMS), "the table has a ring")
    common.expect(not check_cycles({"a": {"b"}, "b": {"a"}}), "a ring is not seen")


def check_tree(rules):
    known = set(ROOMS)
    for path in sorted(glob.glob(rules.path("daemon", "*", "*", ""))):
        room = os.path.basename(os.path.dirname(path))
        if room not in ROOMS:
            rules.fail(rules.relative(path), "this room is not in the table")
    for path in common.files(rules, ("daemon", "plugins")):
        relative = rules.relative(path)
        top, hall, room = relative.split("/")[:3]
        room = hall if top == "plugins" else room
        if os.path.basename(path).startswith("test_"):
            continue
        allowed = PLUGIN_ROOMS if top == "plugins" else ROOMS.get(room, set())
        owner = "plugin " + room if top == "plugins" else room
        for sentence in check_includes(owner, common.read(path), allowed, known):
            rules.fail(relative, sentence)
    for path in common.files(rules, ("daemon", "plugins"), ("CMakeLists.txt",)):
        for sentence in check_uses(common.read(path), ROOMS,
                                   os.path.basename(os.path.dirname(path))):
            rules.fail(rules.relative(path), sentence)


def main():
    rules = common.Rules()
    check_itself()
    check_tree(rules)
    document = common.read(rules.path("docs", "ARCHITECTURE.md"))
    for sentence in check_words(document.split("## Rooms")[1], ROOMS):
        rules.fail("docs/ARCHITECTURE.md", sentence)
    rules.finish("arrows")


main()
