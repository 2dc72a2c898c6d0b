"""What the rule scripts share: the tree's files, C without comments, functions, and the verdict."""
import os
import re
import sys

C_ROOTS = ("daemon", "include", "plugins", "tests")


class Rules:
    """Collects what breaks a rule, and ends the process with it."""

    def __init__(self):
        self.source = os.path.realpath(sys.argv[1] if len(sys.argv) > 1 else ".")
        self.build = os.path.realpath(sys.argv[2] if len(sys.argv) > 2 else "build/dev")
        self.found = []

    def fail(self, place, sentence):
        self.found.append(f"{place}: {sentence}")

    def finish(self, what):
        for line in self.found:
            print(line)
        print(f"{what}: {len(self.found)} broken" if self.found else f"{what}: kept")
        sys.exit(1 if self.found else 0)

    def path(self, *parts):
        return os.path.join(self.source, *parts)

    def relative(self, path):
        return os.path.relpath(path, self.source)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def files(rules, roots=C_ROOTS, ends=(".c", ".h")):
    """Paths below the roots, sorted; hidden folders and build trees are passed over."""
    found = []
    for root in roots:
        for folder, folders, names in os.walk(rules.path(root)):
            folders[:] = [f for f in folders if not f.startswith(".") and f != "build"]
            found += [os.path.join(folder, n) for n in names if n.endswith(ends)]
    return sorted(found)


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def bare(text):
    """C without comments and with empty strings; lines stay where they are."""

    def replace(match):
        token = match.group(0)
        if token[0] == "/":
            return "\n" * token.count("\n") or " "
        return '""' if token[0] == '"' else "'x'"

    return TOKEN.sub(replace, text)


def without_directives(text):
    """Preprocessor lines emptied, with what they continue on."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group(0).count("\n"), text,
                  flags=re.M)


class Function:
    def __init__(self, name, path, line, header, body):
        self.name, self.path, self.line = name, path, line
        self.header, self.body = header.strip(), body
        self.lines = (header.lstrip() + body).count("\n") + 1

    def complexity(self):
        """1, and 1 for each branch. A switch counts once: its cases are a table."""
        branches = re.findall(r"\b(?:if|for|while|switch)\b|&&|\|\||\?|\w+_foreach\b|\w+FOREACH\b",
                              self.body)
        return 1 + len(branches)

    def parameters(self):
        inner, depth, start = "", 0, self.header.rindex(")")
        for at in range(start, -1, -1):
            depth += {")": 1, "(": -1}.get(self.header[at], 0)
            if depth == 0:
                inner = self.header[at + 1:start]
                break
        parts, depth, count = inner.strip(), 0, 1
        if parts in ("", "void"):
            return 0
        for letter in parts:
            depth += {"(": 1, ")": -1}.get(letter, 0)
            count += letter == "," and depth == 0
        return count - (1 if re.search(r",\s*\.\.\.$", parts) else 0)


def function_name(header):
    """The name before the first parenthesis, but not an attribute's."""
    text = re.sub(r"__attribute__\s*\(\(.*?\)\)", "", header, flags=re.S)
    match = re.search(r"(\w+)\s*\(", text)
    return match.group(1) if match else None


def functions(path, text):
    """The functions that a C text defines."""
    text = without_directives(bare(text))
    found, start, at = [], 0, 0
    while at < len(text):
        letter = text[at]
        if letter in ";}":
            start = at + 1
        if letter != "{":
            at += 1
            continue
        header = text[start:at]
        if re.search(r'extern\s+""\s*$', header):
            start = at + 1
            at += 1
            continue
        end, depth = at, 0
        while end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            if depth == 0:
                break
            end += 1
        if header.rstrip().endswith(")") and "=" not in header and function_name(header):
            lead = len(header) - len(header.lstrip())
            line = text.count("\n", 0, start + lead) + 1
            found.append(Function(function_name(header), path, line, header,
                                  text[at:end + 1]))
            start = end + 1
        at = end + 1
    return found


def expect(condition, sentence):
    """A rule that cannot fail is a defect of the rule."""
    if not condition:
        print(f"the rule's own check failed: {sentence}")
        sys.exit(1)
