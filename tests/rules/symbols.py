"""What plugins export and lack, names that two rooms define, names that tell no room, file stems that stand
in two rooms, and mutable variables of the rooms, read from what was built."""
import glob
import os
import re
import subprocess
import sys

import common

EXPORT = {"cfd_collector_plugin"}
MUTABLE_ROOMS = {"base": {"log.c.o"}}  # the log; mains are programs and not in the libraries


def lines_of(*command):
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout.splitlines()


def names(path, which):
    found = [line.split()[-1] for line in lines_of("nm", "-D", which, path) if line.strip()]
    return {name.split("@")[0] for name in found}


def check_plugin(defined, undefined, daemon):
    found = [f"exports {name}" for name in sorted(defined - EXPORT)]
    found += [f"does not export {name}" for name in sorted(EXPORT - defined)]
    return found + [f"lacks {name} of the daemon" for name in sorted(undefined & daemon)]


def mutable(table):
    """Objects in writable sections, from the lines of objdump -t: (member, name)."""
    found, member = [], ""
    for line in table:
        head = re.match(r"(\S+):\s+file format", line)
        if head:
            member = head.group(1)
        entry = re.match(r"\S+ \S.{6} (\.t?(?:data|bss)\S*)\s+(\S+)\s+(?:\.\S+ )?(\S+)$", line)
        if not entry or " O " not in line[:30]:
            continue
        if entry.group(1).startswith(".data.rel.ro") or int(entry.group(2), 16) == 0:
            continue
        found.append((member, entry.group(3)))
    return found


def check_itself():
    common.expect(check_plugin({"cfd_collector_plugin", "x"}, set(), set()), "a second symbol passes")
    common.expect(check_plugin(set(), set(), set()), "a plugin without its symbol passes")
    common.expect(check_plugin(EXPORT, {"text_format"}, {"text_format"}), "a loan passes")
    common.expect(not check_plugin(EXPORT, {"malloc"}, {"text_format"}), "a good plugin is refused")
    common.expect(twice({"a": {"x", "y"}, "b": {"x"}}) == {"x": ["a", "b"]}, "a second x passes")
    table = ["x.c.o:     file format elf64-x86-64",
             "0000000000000000 l     O .bss\t0000000000000004 counter.0",
             "0000000000000000 l     O .data.rel.ro.local\t0000000000000010 rows",
             "0000000000000000 l     O .rodata\t0000000000000010 other"]
    common.expect(tells_its_room("log_open", "base", {"log": {"log_open"}}), "log_open is refused")
    common.expect(tells_its_room("base_open", "base", {}), "base_open is refused")
    common.expect(not tells_its_room("open_log", "base", {"log": {"open_log"}}), "open_log passes")
    common.expect(not tells_its_room("log_open", "base", {"log": set()}), "another header's stem passes")
    common.expect(stems_twice(["daemon/a/b/x.c", "daemon/a/c/x.h"]) == {"x": ["daemon/a/b", "daemon/a/c"]},
                  "a stem in two rooms passes")
    common.expect(not stems_twice(["daemon/a/b/x.c", "daemon/a/b/x.h"]), "x.c beside x.h is refused")
    common.expect(mutable(table) == [("x.c.o", "counter.0")], "a mutable variable passes")


def twice(defined):
    """Names that more than one room defines, of {room: names}: which one is linked is chance."""
    rooms_of = {}
    for room, of_room in defined.items():
        for name in of_room:
            rooms_of.setdefault(name, []).append(room)
    return {name: sorted(rooms) for name, rooms in rooms_of.items() if len(rooms) > 1}


def tells_its_room(name, room, headers):
    """The name begins with its room's or with the stem of a header, of {stem: words}, that declares it."""
    stems = [room] + [stem for stem, words in headers.items() if name in words]
    return any(name == stem or name.startswith(stem + "_") for stem in stems)


def stems_twice(paths):
    """Stems of files in two folders of rooms: where a name leads is to be one place."""
    folders = {}
    for path in paths:
        room = "/".join(path.split("/")[:3])
        folders.setdefault(os.path.basename(path).rsplit(".", 1)[0], set()).add(room)
    return {stem: sorted(rooms) for stem, rooms in folders.items() if len(rooms) > 1}


def external_names(path):
    return {line.split()[-1] for line in lines_of("nm", "--defined-only", path)
            if re.search(r" [TDBR] ", line)}


def check_names(rules):
    """External names of every room and program, and the stems of their files."""
    paths = common.files(rules, ("daemon",))
    looked = 0
    for folder in sorted({"/".join(rules.relative(path).split("/")[:3]) for path in paths}):
        headers = {os.path.basename(path)[:-2]: set(re.findall(r"\w+", common.read(path))) for path in paths
                   if path.endswith(".h") and rules.relative(path).startswith(folder + "/")}
        for built in glob.glob(os.path.join(rules.build, folder, "**", "*.o"), recursive=True):
            source = "/" + os.path.basename(built)[:-2]
            if not any(path.endswith(source) and f"/{folder}/" in path for path in paths):
                continue  # an earlier build's: its source is gone, or in another room
            for name in sorted(external_names(built) - {"main"}):
                looked += 1
                if not tells_its_room(name, os.path.basename(folder), headers):
                    rules.fail(folder, f"{name} begins with neither its header's stem nor the room's name")
    common.expect(looked > 500, f"{looked} names were found in {rules.build}")
    for stem, rooms in sorted(stems_twice([rules.relative(path) for path in paths]).items()):
        rules.fail(rooms[0], f"the stem {stem} also stands in {', '.join(rooms[1:])}")


def is_instrumented(rules):
    cache = os.path.join(rules.build, "CMakeCache.txt")
    text = common.read(cache) if os.path.exists(cache) else ""
    return re.search(r"^CONFORMD_(SANITIZE:\w+=\S+|COVERAGE:\w+=ON|FUZZ:\w+=ON)", text, re.M)


def room_of(library):
    return os.path.basename(library)[len("libroom_"):-len(".a")]


def check_rooms(rules, libraries):
    for library in libraries:
        room = room_of(library)
        for member, name in mutable(lines_of("objdump", "-t", library)):
            if member not in MUTABLE_ROOMS.get(room, set()):
                rules.fail(f"{room}/{member[:-2]}", f"{name} is a mutable variable")


def check_kit(rules):
    """What collectors of other trees link: its names are its own, and it has no state."""
    library = os.path.join(rules.build, "plugins", "kit", "libconformd_kit.a")
    defined = external_names(library)
    common.expect(len(defined) > 10, f"{library} has no names")
    for name in sorted(name for name in defined if not name.startswith("kit_")):
        rules.fail("plugins/kit", f"{name} does not begin with kit_")
    for member, name in mutable(lines_of("objdump", "-t", library)):
        rules.fail(f"plugins/kit/{member[:-2]}", f"{name} is a mutable variable")


def main():
    rules = common.Rules()
    check_itself()
    if is_instrumented(rules):
        print("an instrumented build has symbols of its own: looked at in the others")
        sys.exit(77)
    libraries = sorted(glob.glob(os.path.join(rules.build, "daemon", "*", "*", "libroom_*.a")))
    plugins = sorted(glob.glob(os.path.join(rules.build, "plugins", "*.so")))
    common.expect(plugins and libraries, f"nothing is built in {rules.build}")
    defined = {room_of(library): external_names(library) for library in libraries}
    daemon = set().union(*defined.values())
    for name, rooms in sorted(twice(defined).items()):
        rules.fail("the room " + rooms[0], f"{name} is also a name of {', '.join(rooms[1:])}")
    for plugin in plugins:
        found = check_plugin(names(plugin, "--defined-only"), names(plugin, "--undefined-only"),
                             daemon)
        for sentence in found:
            rules.fail("plugins/" + os.path.basename(plugin), sentence)
    check_rooms(rules, libraries)
    check_kit(rules)
    check_names(rules)
    rules.finish(f"symbols of {len(plugins)} plugins and {len(libraries)} rooms")


main()
