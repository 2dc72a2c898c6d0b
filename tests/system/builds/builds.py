"""show.03.5: `cmake -B build && cmake --build build` builds conformd without a warning, with any build
type, by gcc and clang. A planted warning is printed, and is an error only in the presets dev and asan.

usage: builds.py [long]"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import copied
import harness
from harness import check, time

LONG = sys.argv[1:] == ["long"]
# Build type (None: not set), compiler, whether the tests are built too. CI builds the other types in its
# presets: Debug by gcc and clang (dev, fuzz), RelWithDebInfo by gcc (release).
SHORT_BUILDS = ((None, "gcc", False), ("Release", "gcc", False), ("MinSizeRel", "clang", False))
LONG_BUILDS = [(kind, compiler, True)
               for kind in (None, "Debug", "Release", "RelWithDebInfo", "MinSizeRel")
               for compiler in ("gcc", "clang")]
PROGRAMS = ("conformd", "conformctl", "conformd-engine", "conformd-front", "conformd-reader",
            "conformd-courier", "conformd-collector")
ROOM = "daemon/ground/base"
PLANTED_OBJECT = ROOM + "/CMakeFiles/room_base.dir/planted.c.o"   # a target of ninja's
# The result of read() must be used where the C library is fortified, which only optimized builds are.
# Every build sees the unused variable.
HIDDEN = """#include <unistd.h>
int planted_hidden(char *byte);
int planted_hidden(char *byte)
{
    read(0, byte, 1);
    return *byte;
}
"""
PLAIN = """int planted_plain(void);
int planted_plain(void)
{
    int unused;
    return 1;
}
"""


class Tree:
    """A copy of the source, and the folder of one build at a time."""

    def __init__(self, root):
        self.root = root
        self.source = copied.copy_source(os.path.join(root, "conformd"))
        self.build = os.path.join(root, "build")

    def say(self, command, **more):
        """(status, all that was printed)"""
        ran = subprocess.run(command, cwd=self.source, env=copied.environment(self.root, **more),
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             errors="replace", stdin=subprocess.DEVNULL, check=False)
        return ran.returncode, ran.stdout

    def configure(self, arguments, compiler, generator=None):
        shutil.rmtree(self.build, ignore_errors=True)
        # Without a generator cmake takes make, which not every machine has.
        generator = generator or (None if shutil.which("make") else "Ninja")
        status, said = self.say(["cmake", "-B", self.build, *arguments,
                                 *(["-G", generator] if generator else [])], CC=compiler)
        check(status == 0 and "CMake Warning" not in said, said)

    def make(self, target="all"):
        return self.say(["cmake", "--build", self.build, "--target", target, "-j", jobs()])

    def plant(self, text):
        """One more file of a room; gives its path."""
        path = os.path.join(self.source, ROOM, "planted.c")
        with open(path, "w") as f:
            f.write(text)
        return path


def jobs():
    return str(len(os.sched_getaffinity(0)))


def complaints(said):
    return [line for line in said.splitlines() if re.search(r"\b(warning|error):|\*\*\*", line)]


def check_fortified(tree, wanted):
    with open(os.path.join(tree.build, "compile_commands.json")) as f:
        commands = [row["command"] for row in json.load(f)]
    having = sum("-D_FORTIFY_SOURCE=2" in command for command in commands)
    check(having == (len(commands) if wanted else 0), "%d of %d compilations are fortified"
          % (having, len(commands)))


def check_built(tree, name):
    for program in PROGRAMS:
        check(os.access(os.path.join(tree.build, "bin", program), os.X_OK), "no " + program)
    status, said = tree.say([os.path.join(tree.build, "bin", "conformd"), "--version"])
    check(status == 0 and "conformd" in said, "%s: conformd --version: %s" % (name, said))


def try_build(tree, build, more=(), generator=None):
    kind, compiler, tests = build
    name = "%s, %s%s%s" % (kind or "no type", compiler, ", with tests" if tests else "",
                           "".join(", " + word for word in (*more, generator) if word))
    start = time.monotonic()
    arguments = ["-DCMAKE_BUILD_TYPE=" + kind] if kind else []
    tree.configure(arguments + ([] if tests else ["-DBUILD_TESTING=OFF"]) + list(more), compiler,
                   generator)
    status, said = tree.make()
    check(status == 0 and not complaints(said),
          "%s answered %d:\n%s" % (name, status, "\n".join(complaints(said)[:20]) or said[-2000:]))
    check_fortified(tree, kind not in (None, "Debug"))
    check_built(tree, name)
    if tests and kind in (None, "Release", "MinSizeRel"):
        status, said = tree.say(["ctest", "--test-dir", tree.build, "-L", "unit|plugin|fuzz", "-LE",
                                 "long|bench|plain", "-j", jobs(), "--output-on-failure"])
        check(status == 0, "%s: its tests:\n%s" % (name, said[-4000:]))
    print("%4.0f s  %s" % (time.monotonic() - start, name), flush=True)


def try_planted(tree):
    """A warning is printed by each build that can see it, and stops dev and asan only."""
    path = tree.plant(HIDDEN)
    for kind, seen in (("Release", True), (None, False)):
        tree.configure(["-DCMAKE_BUILD_TYPE=" + kind] if kind else [], "gcc", "Ninja")
        status, said = tree.make(PLANTED_OBJECT)
        check(status == 0 and bool(complaints(said)) == seen,
              "%s: %d, %s" % (kind, status, complaints(said)))
    tree.plant(PLAIN)
    for preset, stops in (("dev", True), ("asan", True), ("release", False)):
        status, said = tree.say(["cmake", "--preset", preset, "-B", tree.build, "--fresh"])
        check(status == 0, said)
        status, said = tree.make(PLANTED_OBJECT)
        check(complaints(said) and bool(status) == stops,
              "preset %s: %d\n%s" % (preset, status, said[-2000:]))
    os.remove(path)
    print("planted warnings are printed, and are errors in dev and asan only", flush=True)


def try_first_command(tree):
    """README's first command prints one line while it builds, and few until the dashboard's address."""
    port, state = harness.free_port(), os.path.join(tree.root, "state")
    process = subprocess.Popen(
        [os.path.join(tree.source, "scripts/run.sh"), "--no-install", "--state", state, "--listen",
         "127.0.0.1:%d" % port], env=copied.environment(tree.root), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True)
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "http://127.0.0.1:%d/open" % port in line:
            break
    said = "".join(lines)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    check(process.returncode == 0, "run.sh answered %d:\n%s" % (process.returncode, said))
    ready = [i for i, line in enumerate(lines) if line.startswith("== conformd with")]
    check(ready == [1] and len(lines) <= 20, said)
    print("README's first command: %d lines until the link" % len(lines), flush=True)


def main():
    compilers = [name for name in ("gcc", "clang") if shutil.which(name)]
    with tempfile.TemporaryDirectory(prefix="conformd-builds-") as root:
        tree = Tree(root)
        for build in LONG_BUILDS if LONG else SHORT_BUILDS:
            if build[1] in compilers:
                try_build(tree, build)
        if LONG:
            try_build(tree, (None, "gcc", False))
            try_build(tree, ("MinSizeRel", "gcc", False), generator="Ninja")
            for compiler in compilers:
                try_build(tree, ("Release", compiler, False),
                          ["-DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON"])
            try_first_command(tree)
        try_planted(tree)
    if len(compilers) < 2:
        harness.skip("of gcc and clang there is only " + " ".join(compilers))


main()
