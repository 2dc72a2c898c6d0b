"""scripts/run.sh prints one line while it builds, and updates it in place on a terminal. When the build
fails it prints what the compiler said, and names the log. It builds a small tree that is made here."""
import os
import pty
import re
import shutil
import subprocess
import tempfile

import copied
from harness import SOURCE, check

FILES = 12
LISTS = """cmake_minimum_required(VERSION 3.25)
project(small LANGUAGES C)
file(GLOB sources *.c)
add_library(small MODULE ${sources})
set_target_properties(small PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
"""
PRESETS = """{ "version": 6, "configurePresets": [ { "name": "release", "generator": "Ninja",
  "binaryDir": "${sourceDir}/build/release" } ] }
"""
LINE = "== building in build/release"


def write(root, name, text):
    with open(os.path.join(root, name), "w") as f:
        f.write(text)


def make_tree(root):
    os.makedirs(os.path.join(root, "scripts"))
    shutil.copy2(os.path.join(SOURCE, "scripts/run.sh"), os.path.join(root, "scripts"))
    write(root, "CMakeLists.txt", LISTS)
    write(root, "CMakePresets.json", PRESETS)
    for i in range(FILES):
        write(root, "part_%d.c" % i, "int part_%d = 1;\n" % i)


def command(root):
    return [os.path.join(root, "scripts/run.sh"), "--no-install", "--state",
            os.path.join(root, "state")]


def piped(root):
    """Its lines, as a file or another program gets them."""
    ran = subprocess.run(command(root), env=copied.environment(root), stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=60,
                         check=False)
    check(ran.returncode == 1, "run.sh answered %d:\n%s" % (ran.returncode, ran.stdout))
    return ran.stdout.splitlines()


def on_terminal(root):
    """Every byte, as a terminal gets it."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command(root), env=copied.environment(root), stdin=theirs, stdout=theirs,
                          stderr=theirs) as process:
        os.close(theirs)
        got = b""
        try:
            while more := os.read(ours, 65536):
                got += more
        except OSError:   # the other end is closed
            pass
        check(process.wait(60) == 1, got.decode())
    os.close(ours)
    return got.decode().replace("\r\n", "\n")


def whole(root):
    """The tree builds, and holds no conformd: the second line says so, and is the last."""
    shutil.rmtree(os.path.join(root, "build"), ignore_errors=True)
    lines = piped(root)
    check(len(lines) == 2 and lines[0] == LINE and "bin/conformd is not there" in lines[1],
          "\n".join(lines))
    shutil.rmtree(os.path.join(root, "build"))
    said = on_terminal(root)
    check(said.count("\n") == 2, repr(said))
    steps = re.findall(r"\r%s: (\d+) of (\d+) " % LINE, said.split("\n")[0])
    check(len(steps) > FILES and steps[-1][0] == steps[-1][1], repr(said))


def broken(root):
    write(root, "part_3.c", "int part_3 = nonsense_of_the_test;\n")
    lines = piped(root)
    said = "\n".join(lines)
    check("part_3.c:1:14: error:" in said and "nonsense_of_the_test" in said, said)
    log = re.search(r"^run\.sh: the build failed; the whole log is (\S+)$", lines[-1])
    check(log and os.path.getsize(log.group(1)), said)
    # Neither what went well nor a command.
    check(len(lines) <= 8 and "part_4" not in said and " -o " not in said, said)
    write(root, "CMakeLists.txt", "message(FATAL_ERROR \"no such luck\")\n")
    said = "\n".join(piped(root))
    check("no such luck" in said and "could not be configured" in said, said)


def main():
    with tempfile.TemporaryDirectory(prefix="conformd-says-") as root:
        make_tree(root)
        whole(root)
        broken(root)


main()
