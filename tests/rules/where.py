"""Where is ...? Thirty questions of a stranger, answered in docs/ARCHITECTURE.md by file and function. Each
file and function must exist, and the function's text must hold the word that the question is about."""
import os
import re

import common

LEAST = 30
ROW = re.compile(r"^\| ([^|]+\?) \| `([\w/.-]+)` \| `(\w+)` \| `([^|`]+)` \|$", re.M)


def questions(document):
    return ROW.findall(document.split("## Where is ...?")[-1].split("\n## ")[0])


def check_answer(row, text):
    """What is wrong with one answer, given the text of its file (None: there is none)."""
    question, path, name, word = row
    if text is None:
        return f"{question} {path} is not there"
    lines = text.split("\n")
    bodies = ["\n".join(lines[function.line - 1:function.line - 1 + function.lines])
              for function in common.functions(path, text) if function.name == name]
    if not bodies:
        return f"{question} {path} has no function {name}"
    if not any(word in body for body in bodies):
        return f"{question} {name} does not hold \"{word}\""
    return None


def check_itself():
    text = "/* x */\nint f(void)\n{\n    return LIMIT;\n}\n"
    row = ("Q?", "a.c", "f", "LIMIT")
    common.expect(questions("## Where is ...?\n\n| Q? | `a.c` | `f` | `LIMIT` |\n") == [row],
                  "a row is not understood")
    common.expect(check_answer(row, text) is None, "a true answer is refused")
    common.expect(check_answer(row, None), "a file that is gone passes")
    common.expect(check_answer(("Q?", "a.c", "g", "LIMIT"), text), "a function that is gone passes")
    common.expect(check_answer(("Q?", "a.c", "f", "OTHER"), text), "a word that is gone passes")


def main():
    rules = common.Rules()
    check_itself()
    rows = questions(common.read(rules.path("docs", "ARCHITECTURE.md")))
    for row in rows:
        path = rules.path(*row[1].split("/"))
        sentence = check_answer(row, common.read(path) if os.path.isfile(path) else None)
        if sentence:
            rules.fail("docs/ARCHITECTURE.md", sentence)
    for index, what in ((0, "question"), (2, "function")):
        if len({row[index] for row in rows}) < len(rows):
            rules.fail("docs/ARCHITECTURE.md", f"a {what} is asked for twice")
    if len(rows) < LEAST:
        rules.fail("docs/ARCHITECTURE.md", f"{len(rows)} questions, at least {LEAST} are wanted")
    rules.finish("where")


main()
