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


def acts_of(source):
    """{"nc take": [(field, its traits, the words that it allows), ...]} of the table of acts in C."""
    names = dict(re.findall(r'\[(ACT_\w+)\] = "(\w+)"', source))
    lists = {name: re.findall(r'"(\w+)"', body) for name, body in
             re.findall(r"static const char \*const (\w+)\[\] = \{(.*?)\}", source, re.S)}
    fields = {name: [(field, traits, lists.get(choices, [])) for field, traits, choices in
                     re.findall(r'\{"(\w+)", (ACT_\w+, [^"]*?), *(?:"[^"]*"|NULL),\s*"[^"]*",\s*(\w+)\}',
                                body)]
              for name, body in
              re.findall(r"static const struct act_field (\w+)\[\] = \{(.*?)\};", source, re.S)}
    return {names[act].replace("_", " "): fields[of] for act, of in
            re.findall(r'\[(ACT_\w+)\] =\s*\{ACT_\w+,[^"]*"[^"]*",\s*(\w+)\}', source)}


def check_acts(source, page):
    """Each act has an item of the page, which names its options, its word and what it allows."""
    acts, found = acts_of(source), []
    section = page.split("Commands that act:")[1].split("\n.El")[0]
    items = {" ".join(re.sub(r"\b(?:Op|Ar) .*", "", item.splitlines()[0]).split()): item
             for item in re.split(r"^\.It Ic ", section, flags=re.M)[1:]}
    for act, fields in acts.items():
        if act not in items:
            found.append(f"the act {act} has no item")
            continue
        for field, traits, choices in fields:
            shown = r"^\.It .*\bAr \w" if "ACT_WORD" in traits else \
                r"^\.Fl -%s\b" % re.escape(field.replace("_", "-"))
            if not re.search(shown, ".It " + items[act], flags=re.M):
                found.append(f"{act}: the field {field} is not in its item")
            found += [f"{act}: {field} may be {word}, which its item does not say"
                      for word in choices if not re.search(rf"\b{word}\b", items[act])]
    found += [f"{item} is no act" for item in items if item not in acts]
    return found


def check_typed(source, commands, options):
    """conformctl has a command for each act, an option for each field that is no word, and no more."""
    acts = acts_of(source)
    fields = {field.replace("_", "-") for rows in acts.values() for field, traits, _ in rows
              if "ACT_WORD" not in traits}
    typed = set(re.findall(r"\{'\w', \"([\w-]+)\", NULL, offsetof\([^)]*\), NULL\}", options))
    found = [f"no option --{field} allows it for an act" for field in sorted(fields - typed)]
    found += [f"--{option} is a field of no act" for option in sorted(typed - fields)]
    return found + [f"there is no command {act}" for act in acts
                    if not re.search(r'(?m)^    \{"%s", ' % act.split()[0], commands)]


def check_itself():
    acts = ('[ACT_NC_TAKE] = "nc_take", [ACT_OPEN] = "open"\n'
            'static const char *const words[] = {"a_b", "c", NULL};\n'
            'static const struct act_field of_take[] = {\n'
            '    {"ref", ACT_TEXT, ACT_REQUIRED | ACT_WORD, "REF", "help", NULL},\n'
            '    {"dry_run", ACT_FLAG, 0, NULL, "help", NULL},\n'
            '    {"why", ACT_TEXT, 0, "X",\n     "help", words},\n    {0},\n};\n'
            'static const struct act_field of_open[] = {{0}};\n'
            '[ACT_NC_TAKE] = {ACT_NC_TAKE, ACT_DECIDE, 0, "help", of_take},\n'
            '[ACT_OPEN] = {ACT_OPEN, ACT_OPERATE, 0, "help", of_open},\n')
    common.expect(acts_of(acts) == {"nc take": [
        ("ref", "ACT_TEXT, ACT_REQUIRED | ACT_WORD", []), ("dry_run", "ACT_FLAG, 0", []),
        ("why", "ACT_TEXT, 0", ["a_b", "c"])], "open": []}, f"acts are read as {acts_of(acts)}")
    page = ("Commands that act:\n.It Ic nc take Ar ref\n.Fl -dry-run\n.Fl -why\na_b or c.\n"
            ".It Ic open\nx\n.El\n")
    common.expect(check_acts(acts, page) == [], "a page that says all is refused")
    for part, sentence in ((" Ar ref", "nc take: the field ref"), ("-dry-run", "the field dry_run"),
                           ("a_b or ", "why may be a_b"), (".It Ic open", "open has no item")):
        common.expect(sentence in " ".join(check_acts(acts, page.replace(part, ""))),
                      f"a page without {part} passes")
    common.expect(check_typed(acts, '    {"nc", ', "{'a', \"dry-run\", NULL, offsetof(x), NULL}"
                              "{'b', \"then\", NULL, offsetof(x), NULL}") ==
                  ["no option --why allows it for an act", "--then is a field of no act",
                   "there is no command open"], "what cannot be typed passes")
    common.expect("shut is no act" in check_acts(acts, page.replace("\n.El", "\n.It Ic shut\n.El")),
                  "an act that is none passes")
    reference = "#keep = \"1d\";\n#http = {\n#    # Help.\n#    listen = \"x\";\n#};\n"
    page = (".Sh SETTINGS\n.Ss Of the daemon\n.It Ic keep\nHelp.\nPreset: \\(dq2d\\(dq.\n"
            ".Ss The group http\n.It Ic other\n.Sh END\n")
    found = check_settings(reference, page)
    common.expect(len(found) == 3, "a page that lacks a setting, has another, and a wrong preset")
    common.expect(check_words('{"nc", ""}', ".It Ic open\n", r'\{"(\w+)"', r"^\.It Ic .*\b%s\b"),
                  "a command that is not there passes")
    common.expect(len(check_example("```c\nint b;\n```", "int a;\n" * 40)) == 3,
                  "another example passes")


def check_form(rules, path):
    if not shutil.which("mandoc"):
        return
    ran = subprocess.run(["mandoc", "-Tlint", "-Wwarning", path], capture_output=True, text=True,
                         check=False)
    for line in ran.stdout.splitlines():
        rules.fail(rules.relative(path), line)


def check_example(page, example):
    """docs/plugins.md shows the whole example, in under 40 lines."""
    lines = example.count("\n")
    found = [] if lines < 40 else [f"the example has {lines} lines"]
    if f"```c\n{example}```" not in page:
        found.append("the guide shows another example than plugins/example/example.c")
    if f"`plugins/example/example.c`, in {lines} lines" not in page:
        found.append(f"the guide does not say that the example has {lines} lines")
    return found


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
    acts = common.read(rules.path("daemon/ground/act_rows/act_row.c"))
    common.expect(len(acts_of(acts)) > 5, "the table of acts is not understood")
    for sentence in check_acts(acts, text["conformctl.1"]):
        rules.fail("docs/man/conformctl.1", sentence)
    for sentence in check_typed(acts, commands, options):
        rules.fail("daemon/programs/conformctl", sentence)
    parent = common.read(rules.path("daemon/programs/conformd/conformd.c"))
    for sentence in check_words(parent, text["conformd.8"], r'\{"([\w-]+)", \w+_argument',
                                r"^\.It Fl -%s\b"):
        rules.fail("docs/man/conformd.8", sentence)
    example = common.read(rules.path("plugins/example/example.c"))
    for sentence in check_example(common.read(rules.path("docs/plugins.md")), example):
        rules.fail("docs/plugins.md", sentence)
    rules.finish("manual")


main()
