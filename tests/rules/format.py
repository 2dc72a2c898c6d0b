"""The tree's C as clang-format writes it by .clang-format. Skipped where it is not installed."""
import os
import shutil
import subprocess
import sys

import common

SKIPPED = 77
MAJOR = 14  # other versions lay out a few things differently


def version(program):
    """The major version, or None."""
    answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    words = answer.stdout.split()
    if "version" not in words[:-1]:
        return None
    major = words[words.index("version") + 1].split(".")[0]
    return int(major) if major.isdigit() else None


def find_program():
    for name in (f"clang-format-{MAJOR}", "clang-format"):
        program = shutil.which(name)
        if program and version(program) == MAJOR:
            return program
    return None


def complaints(program, arguments, text=None):
    """The lines "path:line:column: error: ..." of one run."""
    run = subprocess.run([program, "--dry-run", "-Werror", "--style=file", *arguments],
                         capture_output=True, text=True, input=text, check=False)
    lines = [line for line in run.stderr.split("\n") if ": error: " in line]
    if run.returncode and not lines:
        lines = [f"clang-format:1:1: error: {run.stderr.strip()}"]
    return lines


def check_itself(rules, program):
    def said(text):
        name = "--assume-filename=" + rules.path("daemon", "x.c")
        return complaints(program, [name], text)

    common.expect(not said("int f(void)\n{\n    return 1;\n}\n"), "a good file is refused")
    common.expect(said("int f(void) {\n  return 1;\n}\n"), "another style passes")
    common.expect(said("int  a;\n"), "two blanks pass")


def main():
    rules = common.Rules()
    program = find_program()
    if not program:
        print(f"format: skipped, clang-format {MAJOR} is not installed")
        sys.exit(SKIPPED)
    check_itself(rules, program)
    paths = common.files(rules)
    common.expect(len(paths) > 20, "the tree has no files")
    worst = {}
    for line in complaints(program, paths):
        place = line.split(": error: ")[0].rsplit(":", 1)[0]
        path, _, number = place.rpartition(":")
        first, count = worst.get(path, (number, 0))
        worst[path] = (first, count + 1)
    for path, (first, count) in sorted(worst.items()):
        name = rules.relative(path) if os.path.isabs(path) else path
        rules.fail(f"{name}:{first}", f"clang-format -i would change {count} places")
    rules.finish("format")


main()
