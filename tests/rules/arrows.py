"""Halls, rooms and who may know whom: docs/ARCHITECTURE.md says it, and is held against the folders of
daemon/, the #include lines and the USES of CMake. A permission that nobody uses is refused, too."""
import glob
import os
import re

import common

HALLS_MOST = 9
PLUGIN_ROOMS = {"base", "scan"}
KIT = "plugin kit"  # no plugin: collectors of other trees link it, so it knows the public headers alone

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
ROW = re.compile(r"^\| ([\w-]+) \| [^|]+ \| ([^|]+) \|$", re.M)


class House:
    """The document's two kinds of tables: halls, and under "### HALL" the rooms of one."""

    def __init__(self, document):
        told = document.split("## Halls and rooms")[-1].split("\n## ")[0]
        first, *parts = re.split(r"^### (\w+)$", told, flags=re.M)
        self.halls = rows_of(first)
        self.rooms, self.hall_of = {}, {}
        for hall, text in zip(parts[::2], parts[1::2]):
            for room, uses in rows_of(text).items():
                self.rooms[room] = uses
                self.hall_of[room] = hall


def rows_of(text):
    rows = {name: set(uses.split(", ")) - {"nothing"} for name, uses in ROW.findall(text)}
    for head in ("room", "hall"):
        rows.pop(head, None)
    return rows


def room_in(name, house):
    """The room of an included "HALL/ROOM/FILE", or None."""
    parts = name.split("/")
    return parts[1] if len(parts) > 2 and parts[1] in house.rooms else None


def included(text, room, house):
    return {room_in(name, house) for name in INCLUDE.findall(text)} - {None, room}


def check_libraries(owner, text):
    found = []
    for name in INCLUDE.findall(text):
        for library, rooms in LIBRARIES.items():
            free = owner.startswith("plugin ") and PLUGINS_MAY_NAME.fullmatch(name)
            if library.fullmatch(name) and owner not in rooms and not free:
                found.append(f"{owner} may not name {name}")
    return found


def check_plugin(owner, text, house):
    rooms = included(text, None, house)
    if owner == KIT:
        own = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M).findall(text)
        return [f"the kit may not know {other}" for other in sorted(rooms | set(own))]
    return [f"a plugin may not know {other}" for other in sorted(rooms - PLUGIN_ROOMS)]


def check_arrows(room, known, allowed):
    """What the room includes is what the document allows it, no less and no more."""
    return ([f"{room} may not know {other}" for other in sorted(known - allowed)]
            + [f"{room} is allowed {other} and does not use it" for other in sorted(allowed - known)])


def check_uses(text, folder, house):
    """What CMake links is what the document allows."""
    found = []
    for kind, name, rest in CALL.findall(re.sub(r"#[^\n]*", "", text)):
        uses = re.search(r"\bUSES\b(.*?)(?:\bLINKS\b|$)", rest, re.S)
        linked = set(uses.group(1).split()) if uses else set()
        if kind == "plugin":
            found += [f"{name} may not use {other}" for other in sorted(linked - PLUGIN_ROOMS)]
        elif linked != house.rooms.get(folder, set()):
            found.append(f"{name} uses {', '.join(sorted(linked))}, the document allows "
                         f"{', '.join(sorted(house.rooms.get(folder, set())))}")
    return found


def check_halls(house):
    found = []
    if len(house.halls) > HALLS_MOST:
        found.append(f"{len(house.halls)} halls, more than {HALLS_MOST}")
    crossed = {hall: set() for hall in house.halls}
    for room, uses in house.rooms.items():
        hall = house.hall_of[room]
        crossed.setdefault(hall, set()).update(house.hall_of.get(other, "no hall") for other in uses)
    for hall, others in crossed.items():
        if hall not in house.halls:
            found.append(f"the hall {hall} is not in the table of halls")
            continue
        found += check_arrows("the hall " + hall, others - {hall}, house.halls[hall])
    for what, table in (("halls", house.halls), ("rooms", house.rooms)):
        if not runs_one_way(table):
            found.append(f"the arrows of the {what} form a ring")
    return found


def runs_one_way(table):
    """Those that know nobody can be taken off one after another."""
    left = {name: set(uses) for name, uses in table.items()}
    while left:
        free = [name for name, uses in left.items() if not uses & set(left)]
        if not free:
            return False
        for name in free:
            del left[name]
    return True


SMALL = """## Halls and rooms

| hall | what it is for | may use |
|---|---|---|
| low | x | nothing |
| high | x | low |

### low

| room | what it is for | may use |
|---|---|---|
| base | x | nothing |
| store | x | base |

### high

| room | what it is for | may use |
|---|---|---|
| ledger | x | base, store |
"""


def check_itself():
    house = House(SMALL)
    common.expect(house.rooms == {"base": set(), "store": {"base"}, "ledger": {"base", "store"}},
                  "the tables are not understood")
    common.expect(not check_halls(house), "a good house is refused")
    common.expect(check_halls(House(SMALL.replace("| high | x | low |", "| high | x | nothing |"))),
                  "an arrow between halls that is not allowed passes")
    common.expect(check_halls(House(SMALL.replace("| low | x | nothing |", "| low | x | high |"))),
                  "a ring of halls passes")
    common.expect(check_halls(House(SMALL.replace("| base | x | nothing |", "| base | x | store |"))),
                  "a ring of rooms passes")
    many = "".join(f"| h{n} | x | nothing |\n" for n in range(HALLS_MOST))
    common.expect(check_halls(House(SMALL.replace("| low |", many + "| low |", 1))), "ten halls pass")
    common.expect(included('#include "low/store/store.h"\n', "base", house) == {"store"},
                  "an include is not seen")
    common.expect(check_arrows("base", {"store"}, set()), "base may know store")
    common.expect(check_arrows("ledger", set(), {"store"}), "an idle permission passes")
    common.expect(check_libraries("ledger", "#include <sqlite3.h>\n"), "ledger may name sqlite3.h")
    common.expect(check_libraries("engine", "#include <event2/event.h>\n"), "engine may name libevent")
    common.expect(check_libraries("plugin x", "#include <sqlite3.h>\n"), "a plugin may name sqlite3.h")
    common.expect(check_uses("conformd_room(store USES base ledger LINKS x)\n", "store", house),
                  "store may use ledger")
    common.expect(not check_uses("conformd_room(store USES base LINKS x)\n", "store", house),
                  "store may not use base")
    common.expect(check_plugin("plugin x", "#include \"low/store/store.h\"\n", house), "a plugin may know store")
    common.expect(not check_plugin("plugin x", "#include \"low/base/base.h\"\n", house),
                  "a plugin may not know base")
    common.expect(check_plugin(KIT, "#include \"low/base/base.h\"\n", house), "the kit may know base")
    common.expect(check_plugin(KIT, "#include \"own.h\"\n", house), "the kit may have a header of its own")
    common.expect(check_uses("conformd_plugin(x USES store)\n", "x", house), "a plugin may use store")


def check_folders(rules, house):
    """Each folder daemon/HALL/ROOM is a row, and each row a folder."""
    there = {(os.path.basename(os.path.dirname(path[:-1])), os.path.basename(path[:-1]))
             for path in glob.glob(rules.path("daemon", "*", "*", ""))}
    told = {(hall, room) for room, hall in house.hall_of.items()}
    for hall, room in sorted(there - told):
        rules.fail(f"daemon/{hall}/{room}", "this room is not in docs/ARCHITECTURE.md")
    for hall, room in sorted(told - there):
        rules.fail("docs/ARCHITECTURE.md", f"there is no room daemon/{hall}/{room}")
    for path in common.files(rules, ("daemon",)):
        if rules.relative(path).count("/") < 3:
            rules.fail(rules.relative(path), "stands in no room")


def check_tree(rules, house):
    known = {room: set() for room in house.rooms}
    for path in common.files(rules, ("daemon", "plugins")):
        relative, text = rules.relative(path), common.read(path)
        parts = relative.split("/")
        if os.path.basename(path).startswith("test_"):
            continue
        plugin = parts[0] == "plugins"
        owner = "plugin " + parts[1] if plugin else parts[2]
        for sentence in check_libraries(owner, text):
            rules.fail(relative, sentence)
        if plugin:
            for sentence in check_plugin(owner, text, house):
                rules.fail(relative, sentence)
        elif owner in known:
            known[owner] |= included(text, owner, house)
    for room, others in sorted(known.items()):
        for sentence in check_arrows(room, others, house.rooms[room]):
            rules.fail(f"daemon/{house.hall_of[room]}/{room}", sentence)
    for path in common.files(rules, ("daemon", "plugins"), ("CMakeLists.txt",)):
        folder = os.path.basename(os.path.dirname(path))
        for sentence in check_uses(common.read(path), folder, house):
            rules.fail(rules.relative(path), sentence)


def main():
    rules = common.Rules()
    check_itself()
    house = House(common.read(rules.path("docs", "ARCHITECTURE.md")))
    common.expect(len(house.rooms) > 20, "docs/ARCHITECTURE.md has no rooms")
    for sentence in check_halls(house):
        rules.fail("docs/ARCHITECTURE.md", sentence)
    check_folders(rules, house)
    check_tree(rules, house)
    rules.finish("arrows")


main()
