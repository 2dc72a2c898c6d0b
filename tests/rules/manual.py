"""The man pages name every setting with its preset, every command, every option; they are well formed.

The settings are taken from etc/conformd.conf.reference, which unit.config holds against the table."""
import re
import shutil
import subprocess

import common

PAGES = ["conformctl.1", "conformd.conf.5", "conformd.8", "conformd-collector.8"]


def reference_settings(text):
    """(group, setting, preset) of the reference's lines; "" is the daemon's own group."""
    found, stack = [], []
    for line in text.splitlines():
        body = line.lstrip("#").strip()
        opened = re.fullmatch(r"(\w+) = (?:\( )?\{", body)
        given = re.fullmatch(r"(\w+) = (.+);", body)
        if opened:
            stack.append(opened.group(1))
        elif body.startswith("}"):
            stack.pop()
        elif given and line.startswith("#") and not re.match(r"#\s*# ", line):
            found.append((stack[-1] if stack else "", given.group(1), given.group(2)))
    return found


def page_settings(text):
    """The same of the page: its subsections are the groups."""
    found = {}
    text = text.split(".Sh SETTINGS")[1].split("\n.Sh ")[0]
    for part in re.split(r"^\.Ss ", text, flags=re.M)[1:]:
        words = part.splitlines()[0].split()
        group = {"daemon": ""}.get(words[2], words[2])
        for item in re.split(r"^\.It Ic ", part, flags=re.M)[1:]:
            preset = re.search(r"^Preset: ((?:.|\n)*?)\.$", item, flags=re.M)
            plain = preset.group(1).replace("\\(dq", '"').replace("\n", " ") if preset else "..."
            found[(group, item.split("\n")[0].split()[0])] = plain
    return found


def check_settings(reference, page):
    wanted = {(group, name): preset for group, name, preset in reference_settings(reference)}
    there = page_settings(page)
    found = [f"{key[0]}.{key[1]} is not in the page" for key in wanted if key not in there]
    found += [f"{key[0]}.{key[1]} is no setting" for key in there if key not in wanted]
    found += [f"{key[0]}.{key[1]}: the preset is {wanted[key]}, not {there[key]}"
              for key in wanted if key in there and wanted[key] != there[key]]
    return found


def check_words(source, page, pattern, shown):
    """Each word of a table in C stands in the page."""
    words = re.findall(pattern, source)
    common.expect(words, f"no table of the form {pattern}")
    return [f"{word} is not in the page" for word in words
            if not re.search(shown % re.escape(word), page, flags=re.M)]


def check_itself():
    reference = "#keep = \"1d\";\n#http = {\n#    # Help.\n#    listen = \"x\";\n#};\n"
    page = (".Sh SETTINGS\n.Ss Of the daemon\n.It Ic keep\nHelp.\nPreset: \\(dq2d\\(dq.\n"
            ".Ss The group http\n.It Ic other\n.Sh END\n")
    found = check_settings(reference, page)
    common.expect(len(found) == 3, "a page that lacks a setting, has another, and a wrong preset")
    common.expect(check_words('{"nc", ""}', ".It Ic open\n", r'\{"(\w+)"', r"^\.It Ic .*\b%s\b"),
                  "a command that is not there passes")


def check_form(rules, path):
    if not shutil.which("mandoc"):
        return
    ran = subprocess.run(["mandoc", "-Tlint", "-Wwarning", path], capture_output=True, text=True,
                         check=False)
    for line in ran.stdout.splitlines():
        rules.fail(rules.relative(path), line)


def main():
    rules = common.Rules()
    check_itself()
    text = {page: common.read(rules.path("docs/man", page)) for page in PAGES}
    for page in PAGES:
        check_form(rules, rules.path("docs/man", page))
    reference = common.read(rules.path("etc/conformd.conf.reference"))
    common.expect(len(reference_settings(reference)) > 50, "the reference is not understood")
    for sentence in check_settings(reference, text["conformd.conf.5"]):
        rules.fail("docs/man/conformd.conf.5", sentence)
    commands = common.read(rules.path("daemon/programs/conformctl/commands.c"))
    options = common.read(rules.path("daemon/programs/conformctl/command_line.c"))
    for sentence in (
            check_words(commands, text["conformctl.1"], r'(?m)^    \{"(\w+)", "',
                        r"^\.It Ic (?:.* )?%s\b")
            + check_words(options, text["conformctl.1"], r"\{'\w', \"([\w-]+)\"",
                          r"^\.It Fl (?:.* )?-%s(?: |$)")):
        rules.fail("docs/man/conformctl.1", sentence)
    parent = common.read(rules.path("daemon/programs/conformd/conformd.c"))
    for sentence in check_words(parent, text["conformd.8"], r'\{"([\w-]+)", \w+_argument',
                                r"^\.It Fl -%s\b"):
        rules.fail("docs/man/conformd.8", sentence)
    rules.finish("manual")


main()
