"""Sizes of functions, files and lines; parameters, complexity, macros. Nothing is exempt."""
import os
import re

import common

FUNCTION_LINES = 60
COMPLEXITY = 15
PARAMETERS = 5
COLUMNS = 100
ALLOWED = {}  # "path:name": only shrinks, and is empty

MACRO = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)\(", re.M)
MACRO_KINDS = re.compile(r"CLEAN|MUST_CHECK|PRINTF_LIKE|\w+_(?:HEAD|LIST|EACH|FOREACH)")


def is_test(relative):
    return relative.startswith("tests/") or os.path.basename(relative).startswith("test_")


def file_limit(relative):
    if relative == "include/conformd/collector.h":
        return 300
    if relative.startswith("plugins/") and not is_test(relative):
        return 300
    return 150 if relative.endswith(".h") else 500


def check_text(relative, text):
    """What is too large in one file, as (line, sentence)."""
    found = []
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    if len(lines) > file_limit(relative):
        found.append((1, f"{len(lines)} lines, more than {file_limit(relative)}"))
    if not re.match(r"/\*|//", text):
        found.append((1, "the first line does not say what the file is for"))
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            found.append((number, f"{len(line)} columns, more than {COLUMNS}"))
    for macro in MACRO.finditer(common.bare(text)):
        # The head of a row in a list of tests.
        if macro.group(1) in ("TEST", "CASE") and is_test(relative):
            continue
        if not MACRO_KINDS.fullmatch(macro.group(1)):
            number = common.bare(text).count("\n", 0, macro.start()) + 1
            found.append((number, f"{macro.group(1)} is a function-like macro"))
    if re.search(r"\btypedef\s+struct\b", common.bare(text)):
        found.append((1, "a struct has a typedef"))
    return found + check_functions(relative, text)


def check_functions(relative, text):
    found = []
    for function in common.functions(relative, text):
        if f"{relative}:{function.name}" in ALLOWED:
            continue
        for value, most, what in ((function.lines, FUNCTION_LINES, "lines"),
                                  (function.complexity(), COMPLEXITY, "branches"),
                                  (function.parameters(), PARAMETERS, "parameters")):
            if value > most:
                found.append((function.line, f"{function.name} has {value} {what}, more than {most}"))
        found += check_goto(function)
    return found


def check_goto(function):
    labels = re.findall(r"^\s*(\w+):(?!:)\s*$", function.body, re.M)
    labels = [label for label in labels if label != "default"]
    found = []
    if len(labels) > 1:
        found.append((function.line, f"{function.name} has {len(labels)} labels, more than one"))
    for jump in re.finditer(r"\bgoto\s+(\w+)", function.body):
        if not re.search(rf"^\s*{jump.group(1)}:", function.body[jump.end():], re.M):
            found.append((function.line, f"{function.name} jumps backward"))
    return found


def check_itself():
    def sentences(text, relative="daemon/x/x.c"):
        return " ".join(sentence for _, sentence in check_text(relative, text))

    good = "/* x */\nint f(int a)\n{\n    return a;\n}\n"
    common.expect(sentences(good) == "", "a good file is refused: " + sentences(good))
    common.expect("lines" in sentences("/* x */\n" + "int a;\n" * 501), "a long file passes")
    common.expect("lines" in sentences("/* x */\n" + "int a;\n" * 301, "plugins/x/x.c"),
                  "a long plugin passes")
    body = "/* x */\nint f(void)\n{\n" + "    g();\n" * 60 + "}\n"
    common.expect("f has 63 lines" in sentences(body), "a long function passes")
    body = "/* x */\nint f(void)\n{\n" + "    if (a && b)\n        g();\n" * 8 + "}\n"
    common.expect("f has 17 branches" in sentences(body), "a branching function passes")
    body = "/* x */\nint f(int a)\n{\n    switch (a) {\n" + "    case 1:\n" * 30 + "    }\n}\n"
    common.expect("branches" not in sentences(body), "a flat switch is refused")
    six = "/* x */\nint f(int a, int b, int (*c)(int, int), int d, int e, int g)\n{\n}\n"
    common.expect("6 parameters" in sentences(six), "six parameters pass")
    common.expect("columns" in sentences("/* x */\n/*" + "x" * 100 + "*/\n"), "a wide line passes")
    common.expect("macro" in sentences("/* x */\n#define ADD(a, b) ((a) + (b))\n"), "a macro passes")
    common.expect("macro" not in sentences("/* x */\n#define CLEAN(f) x\n"), "CLEAN is refused")
    common.expect("typedef" in sentences("/* x */\ntypedef struct a b;\n"), "a typedef passes")
    common.expect("first line" in sentences("int a;\n"), "a file without a purpose passes")
    back = "/* x */\nint f(void)\n{\nagain:\n    goto again;\n}\n"
    common.expect("backward" in sentences(back), "a backward goto passes")


def print_longest(rules, paths):
    found = []
    for path in paths:
        found += common.functions(rules.relative(path), common.read(path))
    found.sort(key=lambda function: -function.lines)
    print("the longest functions:")
    for function in found[:10]:
        print(f"  {function.lines:4} lines, {function.complexity():2} branches  "
              f"{function.path}:{function.line} {function.name}")
    print("the longest files:")
    for path in sorted(paths, key=lambda path: -common.read(path).count("\n"))[:10]:
        print(f"  {common.read(path).count(chr(10)):4} lines  {rules.relative(path)}")
    lengths = sorted(function.lines for function in found)
    if lengths:
        print(f"{len(paths)} files, {len(lengths)} functions, the median has "
              f"{lengths[len(lengths) // 2]} lines")


def main():
    rules = common.Rules()
    check_itself()
    paths = common.files(rules)
    common.expect(len(paths) > 20, "the tree has no files")
    for path in paths:
        for line, sentence in check_text(rules.relative(path), common.read(path)):
            rules.fail(f"{rules.relative(path)}:{line}", sentence)
    print_longest(rules, paths)
    rules.finish("sizes")


main()
