#!/usr/bin/python3
"""Runs `conformd --check` over every case of broken/cases.txt (show.01.4).

usage: broken.py CONFORMD PLUGIN_DIR LIBEXEC_DIR [CASE ...]

Each must exit with 2 and say, in one line of standard error, exactly the expected file:line and
sentence. A sanitizer's report anywhere is a failure.
"""
import os
import subprocess
import sys
import tempfile

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "broken", "cases.txt")
FIXED = {
    b"<NUL>": b"\0",
    b"<BOM>": b"\xef\xbb\xbf",
    b"<ESC>": b"\x1b",
    b"<FF>": b"\xff",
    b"<BIG>": b"# 0123456789abc\n" * (300 * 1024 // 16),
}
SANITIZER = (b"AddressSanitizer", b"LeakSanitizer", b"runtime error:")
JUDGES = ("config", "engine", "collector")


def read_cases(path):
    """The definitions, and a list of (name, head, {file: text})."""
    with open(path, "rb") as file:
        head, *parts = file.read().split(b"\n=== ")
    defines = dict(FIXED)
    for line in head.split(b"\n"):
        if line.startswith(b"define "):
            name, value = line[len(b"define "):].split(b" = ", 1)
            defines[b"<" + name + b">"] = value
    cases = []
    for part in parts:
        sections = ("\n" + part.decode("utf-8")).split("\n--- ")
        lines = sections[0].strip().split("\n")
        keys = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        files = dict(section.split("\n", 1) if "\n" in section else (section, "")
                     for section in sections[1:])
        cases.append((lines[0], keys, files))
    return defines, cases


def expand(text, defines, folder):
    data = text.encode("utf-8")
    for name, value in defines.items():
        data = data.replace(name, value)
    return data.replace(b"<DIR>", folder.encode())


def write_case(folder, files, defines, arguments):
    build = 'plugin_dir = "%s";\nlibexec_dir = "%s";\n' % (arguments[1], arguments[2])
    for name, text in {"conf.d/00-build.conf": build, **files}.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(expand(text, defines, folder))


def judge(folder, keys, defines, program):
    """What is wrong with the answer, or an empty list."""
    config = os.path.join(folder, "conformd.conf")
    run = subprocess.run([program, "--config", config, "--check"], stdin=subprocess.DEVNULL,
                         capture_output=True, timeout=60, check=False)
    said = run.stderr.decode("utf-8", "replace").split("\n")
    expected = "%s/%s: %s" % (folder, keys["place"],
                              expand(keys["says"], defines, folder).decode("utf-8"))
    wrong = []
    if run.returncode != 2:
        wrong.append("exit code %d, expected 2" % run.returncode)
    if any(word in run.stderr + run.stdout for word in SANITIZER):
        wrong.append("a sanitizer reports something")
    if expected.endswith("..."):
        is_said = any(line.startswith(expected[:-3]) for line in said)
    else:
        is_said = expected in said
    if not is_said:
        wrong.append("expected: " + expected)
    return wrong + ["    said: " + line for line in said if line] if wrong else []


def main(arguments):
    if len(arguments) < 3:
        print(__doc__, file=sys.stderr)
        return 64
    defines, cases = read_cases(CASES)
    wanted = arguments[3:]
    failed = run = 0
    with tempfile.TemporaryDirectory(prefix="conformd-broken-") as root:
        for name, keys, files in cases:
            if wanted and name not in wanted:
                continue
            if keys.get("judge") not in JUDGES:
                raise SystemExit("%s: no judge" % name)
            folder = os.path.join(root, name)
            write_case(folder, files, defines, arguments)
            wrong = judge(folder, keys, defines, arguments[0])
            run += 1
            if wrong:
                failed += 1
                print("FAILED %s\n  %s" % (name, "\n  ".join(wrong)))
    print("%d broken configurations, %d not told as expected" % (run, failed))
    return 1 if failed or not run or (not wanted and run < 50) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
