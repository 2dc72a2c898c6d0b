"""show.03.4: the story is told to the build under test, and what it wrote and answered is compared with
what the build of commit 8d7ec9d did, which is committed in expected/. Then a store of that build,
committed in store/, is opened, verified and gone on with.

    replay.py                  compares
    replay.py --record         writes expected/ anew, from the build in BUILD_DIR
    replay.py --make-store     makes the store anew, from the build in BUILD_DIR, which must be 8d7ec9d
    replay.py --keep FOLDER    compares, and leaves what was recorded in FOLDER

A difference is a change of what the daemon writes or answers. Where it is wanted, the record is made
anew, and its diff is part of the commit that wants it. README.md says more."""
import difflib
import json
import os
import re
import sys
import tempfile
import time

import harness
import later
import merkle
import record
import story
import store
import world as worlds
from harness import check

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = os.path.join(HERE, "expected")
TRIES = 3
# UTC: a day begins with a leaf of each result, and what waits for the day is told at seven.
TURNS = (0, 7 * 3600, 24 * 3600)
AHEAD = 150
SHOWN_ENTRIES, SHOWN_LINES = 25, 40


def wait_for_quiet_hours():
    """Not over midnight or seven o'clock: there the daemon does more, in the time of two parts."""
    now = time.time() % 86400
    for turn in TURNS:
        if 0 <= turn - now < AHEAD:
            time.sleep(turn - now + 1)


def tell_once(make):
    """One part of the story -> {entry: body}, masked. make gives a world, a record and a teller."""
    world = worlds.World()
    told = one = None
    try:
        told, one = make(world)
        one.tell()
        verify(world)
        return told.masked()
    except record.Disturbed:
        raise
    except BaseException:
        print("--- the daemon said\n" + (world.said() if os.path.exists(world.output) else ""))
        if told and os.path.isdir(EXPECTED):
            show_so_far(one, told)
        raise
    finally:
        world.finish()


def show_so_far(one, told):
    """What differs of a story that was broken off, which may say why."""
    try:
        told.step(one.name)
    except (OSError, AssertionError, LookupError):
        pass
    print("--- what differs up to here")
    show(differences(read(EXPECTED), told.masked(), whole=False))


def tell(make):
    for attempt in range(TRIES):
        wait_for_quiet_hours()
        try:
            return tell_once(make)
        except record.Disturbed as why:
            print("told anew, for %s" % why)
    raise AssertionError("the story was disturbed %d times" % TRIES)


def first_part(world):
    told = record.Record(world)
    return told, story.Story(world, told)


def second_part(world):
    old = store.unpack(world)
    told = record.Record(world, old)
    return told, later.Later(world, told, old)


def verify(world):
    """By RFC 6962 alone: every root that was ever committed is that of the leaves before it."""
    leaves, heads = merkle.read_store(world.state)
    for size, root in heads:
        check(merkle.root(leaves[:size]) == root, "the root of %d leaves is another" % size)


# --- what is compared ---


def by_step(entries):
    """{file name: {entry: body}}; a file is a step."""
    files = {}
    for name, body in entries.items():
        step = name.split(" / ", 1)[0].replace(" ", "_") + ".json"
        files.setdefault(step, {})[name.split(" / ", 1)[1]] = body
    return files


def read(folder):
    entries = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name)) as f:
            for entry, body in json.load(f).items():
                entries["%s / %s" % (name[:-len(".json")].replace("_", " "), entry)] = body
    return record.lengthen(entries)


def write(folder, entries):
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    for name, part in by_step(record.shorten(entries)).items():
        record.write(os.path.join(folder, name), part)


def without_login(lines):
    """In a session with an audit loginuid people's acts are attributed; in one without they are not."""
    if harness.loginuid() == harness.NOBODY:
        return lines
    return [re.sub(r'("attributed": )(true|false)', r"\1[as the session]", line) for line in lines]


def difference(name, expected, found):
    """Lines of a unified diff of one entry; none where it is the same."""
    old = [] if expected is None else without_login(record.lines_of(expected))
    new = [] if found is None else without_login(record.lines_of(found))
    return list(difflib.unified_diff(old, new, "expected: " + name, "this build: " + name,
                                     lineterm="", n=3))


def differences(expected, found, whole=True):
    """Of each entry that differs its lines; of a story that was broken off what is missing is none."""
    names = [name for name in expected if whole or name in found]
    names += [name for name in found if name not in expected]
    return [lines for lines in (difference(name, expected.get(name), found.get(name))
                                for name in names) if lines]


def show(differing):
    for lines in differing[:SHOWN_ENTRIES]:
        print("\n".join(lines[:SHOWN_LINES]))
        if len(lines) > SHOWN_LINES:
            print("... and %d lines more" % (len(lines) - SHOWN_LINES))


def compare(expected, found):
    differing = differences(expected, found)
    show(differing)
    check(not differing, "%d of %d entries differ from expected/" % (len(differing), len(expected)))


def main(words):
    if words == ["--make-store"]:
        tell_world()
        return
    found = tell(first_part)
    found.update(tell(second_part))
    if words[:1] == ["--keep"]:
        write(words[1], found)
    if words == ["--record"]:
        write(EXPECTED, found)
        print("%d entries recorded" % len(found))
    else:
        expected = read(EXPECTED)
        compare(expected, found)
        print("%d entries, each as expected" % len(expected))


def tell_world():
    """A world in which the story was told, long ago, and stopped; for the store."""
    wait_for_quiet_hours()
    with tempfile.TemporaryDirectory(prefix="0ago-", dir="/") as folder:
        # Names of files are sorted, and those of then come first, wherever it is opened.
        os.chmod(folder, 0o755)
        tempfile.tempdir = folder
        harness.BIN = store.programs_of_then(folder)
        world = worlds.World()
        try:
            first_part(world)[1].tell()
            store.make(world)
        finally:
            world.finish()


main(sys.argv[1:])
