"""Who reads a setting: a configuration that sets every row of the schema, the part of it that each role
gets, whether the role's program names what it gets, and that presets stand in the schema alone."""
import glob
import json
import os
import re
import subprocess
import tempfile

HIDDEN, LIST, MADE, STATED, OF_FAMILY = 16, 1, 64, 128, 256
TYPES = ("boolean integer number duration string name id metric label mark path url secret listen target bound "
         "when date reference window group").split()
# What depends on other settings, or on what is there.
GIVEN = {
    "collectors.plugin": '"log"', "collectors.every": '"9s"', "collectors.deadline": '"5s"',
    "collectors.scope": '["sales"]', "measures.scope": '["sales"]', "scope.units": '["sales"]',
    "objectives.measures": '["m1"]', "measures.id": '"m1"',
    "measures.criterion.target": '"<= 2"', "measures.criterion.tolerance": '"<= 5"',
    "rules.labels": '["user", "addr"]', "rules.personal": '["user"]', "rules.accounts": '["addr"]',
    "soa.applicable": "true", "rights.who": '["uid:1234"]', "families.controls": '"27001:2022 A.8"',
}
OF_WEBHOOKS = {"url", "secret", "ca_file"}
# What a part holds beside settings: worked out by the parent.
BESIDE = {"engine": {"url", "hash"}, "front": {"hash"}, "courier": {"hash"}, "reader": {"hash"},
          "collector": {"plugin_path", "settings", "settings.rule"}}


def ask(helper, *words):
    ran = subprocess.run([helper, *words], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise AssertionError("%s: %d %s" % (" ".join(words), ran.returncode, ran.stderr))
    return json.loads(ran.stdout)


# --- a configuration that sets all ---

def value_of(row, number):
    """Another one than the preset."""
    if row["path"] in GIVEN:
        return GIVEN[row["path"]]
    if row["choices"]:
        return '"%s"' % [choice for choice in row["choices"] if choice != row["preset"]][0]
    word = "n%d" % number
    return {
        "boolean": "false" if row["preset"] == "true" else "true",
        "integer": "%d" % (row["least"] + 7), "number": "0.25",
        "duration": '"%dms"' % (row["least"] + 60000 + number), "string": '"text %d"' % number,
        "path": '"/tmp/n%d"' % number, "url": '"https://n%d/hook"' % number, "secret": '"credential:%s"' % word,
        "listen": '"127.0.0.1:%d"' % (9300 + number), "target": '"udp://n%d:514"' % number,
        "bound": '"<= %d"' % number, "when": '"met"', "date": '"2096-01-%02d"' % (number % 28 + 1),
        "reference": '"27001:2022 A.8.%d"' % (number % 30 + 1), "window": '"01:02-03:04"',
    }.get(TYPES[row["type"]], '"%s"' % word)


def is_typed(row):
    return not row["flags"] & (HIDDEN | MADE)


def text_of(rows, before, skip=()):
    """The members of a group as a file gives them."""
    lines = []
    for number, row in enumerate(rows):
        path = row["path"]
        if not path.startswith(before) or "." in path[len(before):] or not is_typed(row):
            continue
        name = path[len(before):]
        if not row["group"]:
            value = value_of(row, number)
            if name not in skip:
                lines.append("%s = %s;" % (name, value))
            continue
        inner = "{ %s }" % text_of(rows, path + ".", {"target"} if path == "channels" else ())
        if path == "channels":
            inner = inner.replace('"syslog"', '"webhook"')
            inner += ', { name = "other"; type = "syslog"; target = "udp://h:514"; events = [ "candidate" ]; }'
        if path == "collectors":
            inner = inner[:-1] + 'files = [ "/tmp/log" ]; rules = [ "conformd" ]; }'
        lines.append("%s = %s;" % (name, "( %s )" % inner if row["flags"] & LIST else inner))
    return "\n".join(lines)


def write_all(rows, plugins):
    folder = tempfile.mkdtemp(prefix="conformd-settings-")
    path = os.path.join(folder, "conformd.conf")
    with open(path, "w") as file:
        file.write(re.sub(r'^plugin_dir = .*$', 'plugin_dir = "%s";' % plugins, text_of(rows, ""), flags=re.M))
    return path


# --- who gets it ---

def values_at(body, path):
    """All values that stand at a path, through lists."""
    if isinstance(body, list):
        return [value for item in body for value in values_at(item, path)]
    if not path:
        return [body]
    if not isinstance(body, dict) or path[0] not in body:
        return []
    value = body[path[0]]
    return [value] if len(path) == 1 else values_at(value, path[1:])


def place_in(role, path):
    """Where a setting stands in a role's part."""
    if role == "collector" and path.startswith("collectors."):
        return path[len("collectors."):].split(".")
    if role == "collector" and path.startswith("rules."):
        return ["settings", "rule"] + path.split(".")[1:]
    return path.split(".")


def reaches(parts, role, path):
    there = values_at(parts[role], place_in(role, path))
    return bool(there) and there == values_at(parts["parent"], path.split("."))


def reach_nobody(rows, parts, emptied=None):
    """Settings that no part holds, and that the parent does not act on itself."""
    return [row["path"] for row in rows
            if not row["group"] and not any(reaches(parts, role, row["path"]) for role in parts if role != "parent")
            and ("parent" not in row["readers"] or row["path"] == emptied)]


def wrong_readers(rows, parts):
    """Sentences: a row's readers and the parts do not agree."""
    found = []
    for row in rows:
        for role in parts:
            has = reaches(parts, role, row["path"])
            if not row["group"] and role != "parent" and has != (role in row["readers"]):
                found.append("%s: the %s's part %s it" % (row["path"], role, "holds" if has else "lacks"))
    return found


def paths_of(body, before=()):
    if isinstance(body, list):
        return {path for item in body for path in paths_of(item, before)}
    if not isinstance(body, dict):
        return set()
    found = set()
    for name, value in body.items():
        found |= {before + (name,)} | paths_of(value, before + (name,))
    return found


def unknown_members(rows, parts):
    """What a part holds and no row gives to its role."""
    found = []
    for role, part in parts.items():
        known = {".".join(place_in(role, row["path"])) for row in rows if role in row["readers"]}
        loose = {path for row in rows if row["flags"] & MADE for path in [row["path"]]}
        for path in sorted(".".join(path) for path in paths_of(part)):
            of_plugin = role == "collector" and re.match(r"settings\.(?!rule\b)", path)
            if path not in known | BESIDE.get(role, set()) and not of_plugin and role != "parent" \
                    and not any(path.startswith(one + ".") for one in loose):
                found.append("%s: in the %s's part, and no row says so" % (path, role))
    return found


# --- who names it ---

def rooms_of(source):
    """{room or program: (folder, rooms it uses)} of CMake."""
    rooms = {}
    for path in glob.glob(os.path.join(source, "daemon", "*", "*", "CMakeLists.txt")):
        with open(path) as file:
            text = file.read()
        match = re.search(r"conformd_(?:room|program)\(([\w-]+)(.*?)\)", text, re.S)
        uses = re.search(r"USES ([\w\s-]*?)(?:LINKS|$)", match.group(2), re.S)
        rooms[match.group(1)] = (os.path.dirname(path), uses.group(1).split() if uses else [])
    return rooms


def words_of(rooms, program):
    """The texts in quotes in a program and the rooms under it; those of the schema are no reading."""
    seen, todo, words = set(), [program], set()
    while todo:
        name = todo.pop()
        if name in seen or name not in rooms:
            continue
        seen.add(name)
        folder, uses = rooms[name]
        todo += uses
        for path in glob.glob(os.path.join(folder, "**", "*.c"), recursive=True):
            if not os.path.basename(path).startswith("schema"):
                with open(path) as file:
                    words |= set(re.findall(r'"([a-z_]+)"', file.read()))
    return words


def unread(rows, programs, source):
    """Sentences: a reader whose program never names the setting; a row that says so without need."""
    rooms = rooms_of(source)
    words = {role: words_of(rooms, program) for role, program in programs.items()}
    # A plugin's kept rules are read in the plugin's rooms.
    words["collector"] |= words_of({**rooms, "plugin": (os.path.join(source, "plugins", "log"), ["scan"])}, "plugin")
    # Of a family the parent asks what the rows of a measure are marked with.
    words["parent"] |= {row["path"].split(".")[-1] for row in rows if row["flags"] & OF_FAMILY}
    found = []
    for row in rows:
        name = row["path"].split(".")[-1]
        if row["flags"] & STATED:
            if name in words["engine"]:
                found.append("%s: the engine names it, so it is not only stated" % row["path"])
            continue
        found += ["%s: the %s never names it" % (row["path"], role) for role in row["readers"]
                  if not row["group"] and name not in words[role]]
    return found


# --- where presets stand ---

NEUTRAL = {'""', "0", "NULL", "false", "-1"}
# Settings whose preset is worked out of others, and what the parent adds to a part.
WORKED_OUT = {"deadline", "recover", "target", "url", "every"}


def second_presets(rows, source):
    """Sentences: code beside the schema that says again what a setting is where it is not given."""
    names = {row["path"].split(".")[-1] for row in rows if row["preset"]} | WORKED_OUT
    found = []
    for path in sorted(glob.glob(os.path.join(source, "daemon", "**", "*.c"), recursive=True)):
        if "/parent/config/" in path:
            continue
        with open(path) as file:
            text = file.read()
        for match in re.finditer(r'json_\w+_of\([^;]*?,\s*"(\w+)",\s*([^();]+?)\)', text):
            if match.group(1) in names and match.group(2) not in NEUTRAL:
                found.append("%s:%d: a second preset of %s: %s" % (os.path.relpath(path, source),
                             text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2)))
    return found
