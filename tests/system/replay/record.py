"""The record of a story: entries (a name, and a body as JSON), in the order of its steps. What the
daemon did at once within a step, in no order that is promised, stands in an order of its own."""
import copy
import json

import mask
from harness import check

# Of one step, in this order; within a kind by its subject, and of one subject as in the ledger.
KINDS = ("start", "config", "key", "clock", "gap", "disposal", "selftest", "collector", "evidence",
         "coverage", "result", "state", "finding", "approval", "stop")


LONG = 200


class Disturbed(Exception):
    """Something came between that is no part of the story: it is told anew. The engine's minute came
    round within one life of it, or somebody set the machine's clock."""


def is_monitoring(shown):
    return shown["leaf"]["t"] == "state" and "monitoring" in shown["leaf"]


def subject_of(shown):
    """What a leaf is about, in a word or two: names do not stand in it but beside it."""
    leaf, text = shown["leaf"], shown["text"]
    if leaf["t"] == "coverage" and leaf.get("own"):
        return "own"
    if is_monitoring(shown):
        return "monitoring"
    for key in ("instance", "measure", "id", "ref"):
        if text.get(key):
            return str(text[key])
    return ""


class Record:
    def __init__(self, world, old=None):
        """old: leaves that were there before the story are called so, and not recorded."""
        self.world = world
        self.asked = {}       # name -> how often
        self.shown = []       # of each leaf: what /api/evidence/INDEX answers
        self.names = {}       # index -> name
        self.counts = {}
        self.concerns = set() # of the monitoring, that stand
        self.raw = []         # (name, body) in the story's order, unmasked
        for index in range(old.size if old else 0):
            self.shown.append(old.leaves[index])
            self.names[index] = "old %d" % index

    def take(self, name, body):
        """An answer that is part of the record; what is asked again within a step bears a number."""
        self.asked[name] = self.asked.get(name, 0) + 1
        again = " #%d" % self.asked[name] if self.asked[name] > 1 else ""
        self.raw.append((name + again, copy.deepcopy(body)))
        return body

    def step(self, name):
        """Ends a step: its leaves, each named."""
        size = self.world.get("/api/status")["ledger"]["size"]
        known = len(self.shown)
        for index in range(known, size):
            shown = self.world.get("/api/evidence/%d" % index)
            if shown["leaf"]["t"] == "clock" and "from" in shown["leaf"]:
                raise Disturbed("the clock was set")
            self.shown.append(shown)
        order = sorted(range(known, size), key=self.rank)
        for index in order:
            self.name_leaf(index)
        for index in order:
            if not is_monitoring(self.shown[index]):
                self.take("%s / leaf %s" % (name, self.names[index]), self.leaf_body(index))
        self.take_concerns(name, [index for index in order if is_monitoring(self.shown[index])])

    def take_concerns(self, name, indices):
        """A leaf of the monitoring holds the concerns that moved in its turn; which moved in the same
        one is chance. So of each concern its rows, one after the other, and which were over."""
        rows, over, shape = {}, [], None
        for index in indices:
            body = self.leaf_body(index)
            leaf, text = body["leaf"], body["text"]
            check(leaf["monitoring"] == len(text["rows"]) and leaf["over"] == len(text.get("over", [])),
                  "leaf %d counts wrongly" % index)
            shape = {"leaf": sorted(leaf), "text": sorted(set(text) | {"over"}), "kind": text["kind"]}
            for concern, row in text["rows"].items():
                rows.setdefault(concern, []).append(row)
            over += text.get("over", [])
        # One that came and went within a step is chance, too: a look between two words of a start.
        gone = {key for key in over if len(rows.get(key, [])) == 1 and key not in self.concerns}
        for concern in sorted(set(rows) - gone):
            self.take("%s / concern %s" % (name, concern), rows[concern])
        self.concerns = (self.concerns | set(rows)) - set(over)
        over = [key for key in over if key not in gone]
        if shape:
            self.take(name + " / concerns that are over", sorted(over))
            self.take(name + " / leaves of the monitoring", shape)

    def rank(self, index):
        shown = self.shown[index]
        return KINDS.index(shown["leaf"]["t"]), subject_of(shown), index

    def name_leaf(self, index):
        shown = self.shown[index]
        stem = "%s %s" % (shown["leaf"]["t"], subject_of(shown))
        stem = mask.REF.sub(mask.year_of, stem.strip())
        self.counts[stem] = self.counts.get(stem, 0) + 1
        self.names[index] = "%s %d" % (stem, self.counts[stem])

    def leaf_body(self, index):
        body = dict(self.shown[index])
        for key in ("inclusion", "size", "root", "index"): # checked, and not compared
            check(key in body, "leaf %d bears no %s" % (index, key))
            del body[key]
        return body

    def masked(self):
        """{name: body} with nothing in it that may differ."""
        mask_of = mask.Mask(self.world.words(), self.names)
        return {mask_of.text(name): mask_of.entry(name.split(" / ", 1)[1], body)
                for name, body in self.raw}


def shorten(entries):
    """A long body that was the last answer to the same question, too, is not written again."""
    short, last = {}, {}
    for name, body in entries.items():
        step, question = name.split(" / ", 1)
        text = json.dumps(body, sort_keys=True)
        known, since = last.get(question, ("", ""))
        again = text == known and len(text) > LONG
        short[name] = {"as in": since} if again else body
        last[question] = (text, since if text == known else step)
    return short


def lengthen(entries):
    whole = {}
    for name, body in entries.items():
        is_short = isinstance(body, dict) and list(body) == ["as in"]
        whole[name] = whole["%s / %s" % (body["as in"], name.split(" / ", 1)[1])] if is_short else body
    return whole


def write(path, entries):
    """One entry after the other, keys sorted, a member a line: what a person reads in a diff."""
    with open(path, "w") as f:
        f.write(text_of(entries))


def text_of(entries):
    return json.dumps(entries, indent=1, sort_keys=False, ensure_ascii=False) + "\n"


def lines_of(body):
    return json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False).split("\n")
