"""Calls that are not made here, those that only a main makes, and tables that are not const."""
import os
import re

import common

FORBIDDEN = re.compile(r"\b(strcpy|strcat|stpcpy|strncpy|strncat|sprintf|vsprintf|gets|strtok|atoi|"
                       r"atol|atoll|atof|system|popen|alloca|tmpnam|mktemp|sleep|usleep)\s*\(")
MAINS_ONLY = re.compile(r"\b(exit|_exit|quick_exit)\s*\(")
LOGGING = re.compile(r"\b(log_write|complaint_tell|complaint_end)\s*\(")
LOGGERS = ("base", "notify", "process", "conformd", "conformd-engine",
           "conformd-front", "conformd-reader", "conformd-courier", "conformd-collector")
# A row that may be overwritten would hide who handles a message.
TABLE = re.compile(r"(?<!\bconst )\bstruct channel_rule\b(?!\s*\{)")
# An instance is written by its room; what sealing and intake may write of it is theirs.
MEMBER = re.compile(r"\binstances?(?:\[\w+\])?(?:->|\.)(\w+)(?:(?:->|\.)\w+|\[\w+\])*\s*"
                    r"(?:[-+*/|&]?=(?!=)|\+\+|--)")
MEMBER_OF = {"record": "sealing", "link": "intake", "run": "intake"}
NAPS = ("sleep", "usleep")


def check_text(relative, text):
    found = []
    code = common.without_directives(common.bare(text))
    is_test = relative.startswith("tests/") or os.path.basename(relative).startswith("test_")
    is_main = re.search(r"^int main\(", code, re.M) is not None
    for match in FORBIDDEN.finditer(code):
        found.append((match.start(), f"{match.group(1)} is forbidden"))
    for match in MAINS_ONLY.finditer(code):
        # A child between fork and exec can only leave by _exit.
        if not is_test and not is_main and not (match.group(1) == "_exit" and "fork(" in code):
            found.append((match.start(), f"{match.group(1)} outside of a main"))
    room = relative.split("/")[-2] if relative.startswith("daemon/") else None
    for match in LOGGING.finditer(code):
        if room and room not in LOGGERS and not is_main:
            found.append((match.start(), f"the room {room} logs"))
    for match in TABLE.finditer(code):
        found.append((match.start(), "a table of messages is not const"))
    for match in MEMBER.finditer(code):
        if room and room not in ("instance", MEMBER_OF.get(match.group(1))):
            found.append((match.start(), f"the room {room} writes {match.group(1)} of an instance"))
    return [(code.count("\n", 0, at) + 1, sentence) for at, sentence in found]


def check_itself():
    for call in ("strcpy(a, b)", "sprintf(a, b)", "strtok (a, b)", "atoi(a)", "system(a)",
                 "alloca(1)"):
        common.expect(check_text("daemon/x/x.c", f"void f(void)\n{{\n    {call};\n}}\n"),
                      call + " passes")
    common.expect(not check_text("daemon/x/x.c", '/* strcpy(a) */\nconst char *a = "system(";\n'),
                  "a comment is taken for a call")
    common.expect(not check_text("daemon/x/x.c", "void f(void)\n{\n    strtok_r(a, b, c);\n}\n"),
                  "strtok_r is refused")
    common.expect(check_text("daemon/x/x.c", "void f(void)\n{\n    exit(1);\n}\n"), "exit passes")
    common.expect(not check_text("daemon/programs/x/x.c", "int main(void)\n{\n    exit(1);\n}\n"),
                  "exit of a main is refused")
    common.expect(check_text("daemon/evidence/store/x.c", "void f(void)\n{\n    log_write(1);\n}\n"),
                  "a room may log")
    for write in ("instance->touched = true", "instance->due.boot_ms += 1", "instance->x[i]++",
                  "all.instances[i]->unsaved = 1"):
        common.expect(check_text("daemon/engine/acts/x.c", f"void f(void)\n{{\n    {write};\n}}\n"),
                      write + " passes")
        common.expect(not check_text("daemon/evidence/instance/x.c",
                                     f"void f(void)\n{{\n    {write};\n}}\n"), write + " is refused")
    common.expect(not check_text("daemon/engine/acts/x.c",
                                 "bool f(void)\n{\n    return instance->touched == true;\n}\n"),
                  "a comparison is taken for a write")
    common.expect(check_text("daemon/x/x.c", "struct channel_rule *rules;\n"),
                  "a table of messages may be written")
    common.expect(not check_text("daemon/x/x.h", "extern const struct channel_rule x[];\n"
                                 "struct channel_rule {\n    int type;\n};\n"),
                  "a const table is refused")


def main():
    rules = common.Rules()
    check_itself()
    for path in common.files(rules):
        for line, sentence in check_text(rules.relative(path), common.read(path)):
            rules.fail(f"{rules.relative(path)}:{line}", sentence)
    rules.finish("calls")


main()
