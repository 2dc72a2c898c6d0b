"""Sentences in the field's words: no message in the code, no page for users and no comment of a header
uses a word that only we understand. The dictionary says what to write instead."""
import glob
import os
import re
import shutil
import subprocess

import common

# What is refused, and what to write instead.
DICTIONARY = (
    (r"watched|unwatched", "observed"),
    (r"told|tells?|telling", "reported, says, named"),
    (r"judged|judges|judging|judgements?", "evaluated, evaluation"),
    (r"hand(?:s|ed|ing)? (?:\w+ )?over", "sends, sent"),
    (r"bears?|borne|bearing", "has, carries"),
    (r"stands?(?! by\b| for\b)|stood", "is"),
    (r"(?<!there )(?:is|are|was|were) no(?! longer| more)|that is no(?= )", "is not a"),
    (r"wished", "recommended"),
    (r"pass(?:es|ed)? over", "skipped"),
    (r"anew", "again, new"),
    (r"a (?:malformed )?word (?:of|on)|without a word", "a report of"),
    (r"hangs? on", "depends on"),
    (r"jumped over", "skipped"),
    (r"told apart", "distinguished"),
    (r"for nobody", "because nobody"),
    (r"lent|lends?|lending", "provides"),
    (r"took are not", "skipped"),
    (r"whole or not at all", "completely or not at all"),
    (r"hold(?:s)? for (?:it|synchronised)", "reports as"),
    (r"taken back", "undone"),
)
# In a message an index leads to an entry, and what is committed is a transaction.
MESSAGES_ONLY = (
    (r"lea(?:f|ves)", "entry, entries"),
    (r"turns?", "transaction"),
)
PAGES = ("README.md", "NEWS.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md", "docs/plugins.md",
         "docs/man/conformd.8", "docs/man/conformctl.1", "docs/man/conformd-collector.8",
         "docs/man/conformd.conf.5", "docs/GLOSSARY.md", "etc/conformd.conf", "etc/conformd.conf.reference")

LITERALS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
COMMENTS = re.compile(r"/\*(.*?)\*/", re.S)
CODE = re.compile(r"`[^`]*`|\"not judged\"|[\w./]*[_/][\w./]*|\w+\.[ch]\b|\"[^\"\n]*\"")
SQL = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|REPLACE|PRAGMA|WITH)\b")


def compiled(dictionary):
    return [(re.compile(rf"\b(?:{pattern})\b", re.I), instead) for pattern, instead in dictionary]


EVERYWHERE, MESSAGES = compiled(DICTIONARY), compiled(DICTIONARY + MESSAGES_ONLY)


def messages(text):
    """(line, text) of the string literals, neighbours joined."""
    found, last = [], None
    for match in LITERALS.finditer(text):
        token = match.group(0)
        if token[0] != '"':
            continue
        if last is not None and not text[last:match.start()].strip():
            found[-1][1] += token[1:-1]
        else:
            found.append([text.count("\n", 0, match.start()) + 1, token[1:-1]])
        last = match.end()
    return found


def is_sentence(text):
    """At least three words that are not names in a table or a statement of SQL."""
    return len(re.findall(r"[A-Za-z]{2,}", text)) >= 3 and " " in text and not SQL.match(text)


def check_text(text, dictionary):
    """Sentences on the words of this text that the dictionary refuses."""
    plain = CODE.sub(" ", text)
    return [f"\"{match.group(0)}\": write {instead}" for pattern, instead in dictionary
            for match in pattern.finditer(plain)]


def check_messages(text):
    found = []
    for line, sentence in messages(text):
        if is_sentence(sentence):
            found += [(line, told) for told in check_text(sentence.replace('\\"', "'"), MESSAGES)]
    return found


def check_comments(text):
    found = []
    for match in COMMENTS.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        words = " ".join(part.strip(" *") for part in match.group(1).split("\n"))
        found += [(line, told) for told in check_text(words, EVERYWHERE)]
    return found


def check_page(text):
    """Line by line, so that the place is known; code in fences and indented examples are left out."""
    found, fence = [], False
    for number, line in enumerate(text.split("\n"), 1):
        fence ^= line.startswith("```")
        if not fence and not line.startswith(("    ", "\t", "```")):
            found += [(number, told) for told in check_text(line, EVERYWHERE)]
    return found


def check_manual(rules):
    """mandoc's own look at the man pages; what it says of pages that are not installed is left out."""
    if not shutil.which("mandoc"):
        rules.fail("docs/man", "mandoc is not installed: scripts/packages.sh --tests")
        return
    for page in sorted(glob.glob(rules.path("docs", "man", "*.[0-9]"))):
        ran = subprocess.run(["mandoc", "-Tlint", "-Wstyle", page], capture_output=True, text=True,
                             check=False)
        for line in (ran.stdout + ran.stderr).splitlines():
            if "referenced manual not found" not in line and "outdated mandoc.db" not in line:
                rules.fail(rules.relative(page), line.split(": ", 1)[-1])


def check_itself():
    common.expect(check_messages('f("the time was not watched", 1);\n'), "watched passes in a message")
    common.expect(check_messages('f("there is no such "\n  "leaf in it");\n'), "a leaf passes in a message")
    common.expect(not check_messages('f("watched");\n'), "a key of JSON is refused")
    common.expect(not check_messages('f("there is no collector here");\n'), "there is no ... is refused")
    common.expect(check_messages('f("%s is no number");\n'), "is no number passes")
    common.expect(not check_messages('f("SELECT leaf FROM results");\n'), "SQL is refused")
    common.expect(check_comments("/* It is told\n * so. */\n"), "told passes in a comment")
    common.expect(not check_comments("/* `watched` is a key. */\n"), "code in a comment is refused")
    common.expect(check_page("It stands here.\n"), "stands passes in a page")
    common.expect(not check_page("    it stands in an example\n"), "an example is refused")


def main():
    rules = common.Rules()
    check_itself()
    for path in common.files(rules, ("daemon", "plugins", "include")):
        relative, text = rules.relative(path), common.read(path)
        if os.path.basename(path).startswith("test_"):
            continue
        for line, sentence in check_messages(text):
            rules.fail(f"{relative}:{line}", "a message says " + sentence)
        if path.endswith(".h"):
            for line, sentence in check_comments(text):
                rules.fail(f"{relative}:{line}", "a comment says " + sentence)
    for page in PAGES:
        for line, sentence in check_page(common.read(rules.path(*page.split("/")))):
            rules.fail(f"{page}:{line}", "the page says " + sentence)
    check_manual(rules)
    rules.finish("words")


main()
