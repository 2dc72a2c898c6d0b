"""show.02.4: judges known and unknown from what happened, by DESIGN.md section 7 and conformd.conf(5)
alone; nothing here comes from daemon/. judge.py KNOWN_STORIES SEEDS [FIRST]: compares with each result
of the engine in stories of known.c."""
import json
import math
import subprocess
import sys
from collections import Counter

from replay import GOOD, STALE, World

ORDER = ["", "not set up", "too few", "invalid", "stopped", "lost"]  # the worst is told
UPPER = {"== 0": lambda v: v == 0, "<= 0.5": lambda v: v <= 0.5, "<= 50": lambda v: v <= 50}
LOWER = {">= 0": lambda v: v >= 0, ">= 2": lambda v: v >= 2}


class Judge(World):
    def __init__(self, story):
        super().__init__(story)
        self.measures = {m["id"]: m for m in story["measures"]}

    def watch(self, name, start, end, t):
        """(kind, covered, partial sources) of one attribute."""
        kinds, covered, partial, idle, feeding = [], 1.0, [], None, 0
        for instance in self.configured:
            source = self.sources[instance]
            if not source.declared or name not in source.names:
                continue
            unknown = "lost" if name in source.measured else "not set up"
            if source.state == "standby" or (source.state == "absent" and not source.ever):
                idle = unknown
                continue
            feeding += 1
            patience = 2 * source.every + source.deadline
            if source.state not in GOOD:
                kinds.append(unknown)
            elif t - source.ended > patience:
                stopped = not source.ended_here and t - self.started <= patience
                kinds.append("stopped" if stopped else "lost")
            elif source.stepped:
                kinds.append(unknown)
            elif source.is_missing(name):
                partial.append((source, unknown))
                if name.endswith("_hits") and start == end:
                    covered = 0.0
            covered = min(covered, self.cover(source, name, start, end, t))
        if not feeding:
            kinds.append(idle or "not set up")
        return kinds, covered, partial

    def cover(self, source, name, start, end, t):
        missed = source.missed.get(name, [])
        if start == end:
            if end >= source.ended:
                return 1.0 if end <= t else 0.0
            held = any(a <= end <= b for a, b in source.watched)
            return float(held and not any(a <= end <= b for a, b in missed))
        edges = sorted({start, end} | {x for a, b in source.watched + missed for x in (a, b)
                                       if start < x < end})
        total = 0
        for a, b in zip(edges, edges[1:]):
            if any(x <= a and b <= y for x, y in source.watched) and \
                    not any(x <= a and b <= y for x, y in missed):
                total += b - a
        return total / (end - start)

    def answer(self, measure, t):
        """The rows of the formula, and whether a value that is not a number was passed over."""
        formula, minutes = measure["formula"], self.minutes(measure)
        bad = self.live("x_bad", t)
        total = [sum(bad.values())] if bad else []
        if formula == "sum(x_bad)":
            return total, False
        if formula.startswith("count(x_bad == "):
            chosen = [v for v in bad.values() if v == float(formula[15])]
            return ([len(chosen)] if chosen else []), False
        if formula == "x_bad":
            return list(bad.values()), False
        if formula == "x_bad > 0":
            return [v for v in bad.values() if v > 0], False
        if formula.endswith("or vector(0)"):
            return total or [0], False
        if formula == "absent(x_bad)":
            return ([] if bad else [1]), False
        if "sum_over_time" in formula:
            ranges = self.over(formula[18:24], t - minutes, t)
            return ([sum(map(sum, ranges.values()))] if ranges else []), False
        if "max_over_time" in formula:
            ranges = self.over("x_bad", t - minutes, t)
            return ([max(map(max, ranges.values()))] if ranges else []), False
        if "offset" in formula:
            then = self.live("x_bad", t - minutes)
            return ([sum(then.values())] if then else []), False
        if "/" in formula:
            age = self.live("x_age", t)
            if not bad or not age:
                return [], False
            down = sum(age.values())
            ratio = total[0] / down if down else (math.inf if total[0] else math.nan)
            if ">" not in formula:
                return [ratio], False
            return ([ratio] if ratio > 0.5 else []), not math.isfinite(ratio)
        if "y_bad" in formula:
            other = self.live("y_bad", t)
            return ([total[0] + sum(other.values())] if bad and other else []), False
        if formula == "max(z_age)":
            ages = self.live("z_age", t)
            return ([max(ages.values())] if ages else []), False
        raise ValueError(formula)

    @staticmethod
    def minutes(measure):
        text = measure["formula"]
        digits = text.split("[")[-1].split("offset ")[-1].split("m")[0]
        return int(digits) * 60000 if digits.isdigit() else 0

    def selectors(self, measure, t):
        """(name, start, end, of the formula) of all that is read."""
        formula, minutes, found = measure["formula"], self.minutes(measure), []
        for name in ("x_bad", "x_hits", "x_age", "y_bad", "z_hits", "z_age"):
            if name in formula:
                end = t - minutes if "offset" in formula else t
                found.append((name, end - minutes if "[" in formula else end, end, True))
        if measure.get("valid_when"):
            found.append(("z_age", t, t, False))
        if measure.get("population") == "y_bad":
            found.append(("y_bad", t, t, False))
        return found

    def population(self, measure, t):
        """(expected, seen), or None: the host itself."""
        wanted = measure.get("population")
        if not wanted:
            return None
        if wanted == "y_bad":
            wanted = {key[2] for key in self.live("y_bad", t)}
        seen = set(wanted)
        for name, _, end, of_formula in self.selectors(measure, t):
            if of_formula:
                seen &= {key[2] for key in self.live(name, end)}
        return len(set(wanted)), len(seen)

    def fell_silent(self, name, sources, end):
        """Of what was read at the last whole run, or nothing is left at all."""
        since = min(source.whole for source, _ in sources)
        keys = [k for k in self.series if k[0] == name and k[1] in self.configured]
        for key in keys:
            last = self.last(key, end)
            if last and last[0] >= since and last[1] is not STALE and not self.is_live(key, end):
                return True
        return not any(self.is_live(key, end) for key in keys)

    def judge(self, measure, t):
        """(state, kind, expected, seen)"""
        kinds, covered = [], 1.0
        for name, start, end, _ in self.selectors(measure, t):
            found, share, partial = self.watch(name, start, end, t)
            kinds += found
            covered = min(covered, share)
            if partial and not measure.get("accept_partial"):
                kinds += [kind for _, kind in partial]
            elif partial and self.fell_silent(name, partial, end):
                kinds += [kind for _, kind in partial]
        people = self.population(measure, t)
        expected, seen = people or (1, int(not kinds))
        if kinds:
            return "unknown", max(kinds, key=ORDER.index), expected, seen
        state, kind = self.known(measure, t)
        doubts = []
        if covered < float(measure.get("coverage", 0.9)):
            doubts.append("too few")
        if people and (not expected or seen < float(measure.get("min_coverage", 1)) * expected):
            doubts.append("too few")
        stands = measure["criterion"]["target"] in UPPER or \
            (people and measure["formula"] == "x_bad")
        for doubt in doubts:
            if state == "unknown":
                kind = max(kind, doubt, key=ORDER.index)
            elif not (state == "missed" and stands):
                state, kind = "unknown", doubt
        return state, kind, expected, seen

    def known(self, measure, t):
        if measure.get("valid_when"):
            ages = self.live("z_age", t).values()
            if not ages or any(not v < 50 for v in ages):
                return "unknown", "invalid"
        target = measure["criterion"]["target"]
        meets = UPPER.get(target) or LOWER[target]
        rows, passed_over = self.answer(measure, t)
        states = ["met" if meets(v) else "missed" for v in rows if math.isfinite(v)]
        if "missed" in states:
            return "missed", ""
        if passed_over or any(not math.isfinite(v) for v in rows):
            return "unknown", "invalid"
        if not rows:
            empty = measure.get("when_empty", "unknown")
            if empty == "unknown":
                return "unknown", "too few"
            return ("met" if empty == "met" or meets(float(empty)) else "missed"), ""
        return "met", ""

    def compare(self, event):
        """None, or what the result has to be and what it is."""
        measure, t = self.measures[event["m"]], event["t"]
        mine = self.judge(measure, t)
        theirs = (event["state"], event["unknown"], event["expected"], event["seen"])
        # After a crash the engine may know less of a stream than happened, and never more.
        less = theirs[0] == "unknown" and any(
            source.vague > t and name in source.names for source in self.sources.values()
            for name, _, _, _ in self.selectors(measure, t))
        if mine == theirs or less:
            return None
        return mine, theirs


def main():
    stories = subprocess.Popen([sys.argv[1]] + sys.argv[2:4], stdout=subprocess.PIPE)
    judge, seed, wrong, seen, kinds = None, 0, 0, Counter(), Counter()
    for line in stories.stdout:
        event = json.loads(line)
        if event["e"] == "story":
            judge, seed, before = Judge(event), event["seed"], wrong
            seen["story"] += 1
            continue
        seen[event["e"]] += 1
        if event["e"] != "result":
            judge.happen(event)
            continue
        difference = judge.compare(event)
        kinds[event["unknown"] or event["state"]] += 1
        if difference and wrong - before < 3:
            print("seed %d at %d: %s (%s) must be %s and is %s: %s" % (
                seed, event["t"], event["m"], judge.measures[event["m"]]["formula"],
                difference[0], difference[1], event["why"]))
        wrong += bool(difference)
    ended = stories.wait()
    print(" ".join("%s: %d" % pair for pair in sorted(seen.items())))
    print(" ".join("%s: %d" % pair for pair in sorted(kinds.items())))
    rare = [kind for kind in ORDER[1:] + ["met", "missed"] if kinds[kind] < seen["result"] / 500]
    if ended or wrong or rare or seen["story"] != int(sys.argv[2]):
        print("differences: %d; the stories ended with %d; hardly ever: %s" % (wrong, ended, rare))
        sys.exit(1)


main()
