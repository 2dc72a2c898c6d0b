"""Replays what happened in a story of known.c: how each collector stands, when it was watched, what
its series hold. By DESIGN.md sections 3, 5 and 7 alone."""
from collections import Counter

STALE = object()
GOOD = ("well", "partial")


class Source:
    """One collector: how it stands, when it was watched, what it read."""

    def __init__(self):
        self.state, self.told, self.ended, self.whole = "starting", False, 0, 0
        self.read = False  # its process has handed something over
        self.vague, self.ended_here = 0, False
        self.ever, self.stepped, self.last_good = False, False, 0
        self.declared, self.measured = False, set()
        self.missing, self.said, self.named = set(), set(), False
        self.watched, self.missed = [], {}

    def configure(self, row):
        self.every, self.deadline = row["every"], row["deadline"]
        self.prefix, self.stream = row["plugin"], row["plugin"] == "z"
        self.names = {self.prefix + s for s in ("_bad", "_hits", "_age")}

    def retire(self):
        """Not configured any more: should it come back it has to run first."""
        self.state, self.ended, self.whole, self.last_good = "starting", 0, 0, 0
        self.stepped, self.watched, self.missed = False, [], {}

    def is_missing(self, name):
        return name in self.missing or (self.state == "partial" and not self.missing)


class World:
    def __init__(self, story):
        self.sources, self.configured, self.series, self.cache = {}, [], {}, {}
        self.started = story["t"]
        self.configure(story)

    def configure(self, event):
        before, self.configured = self.configured, []
        for name in set(before) - {row["name"] for row in event["collectors"]}:
            self.sources[name].retire()
        for row in event["collectors"]:
            source = self.sources.setdefault(row["name"], Source())
            source.configure(row)
            self.configured.append(row["name"])

    def put(self, name, t, readings):
        for attribute, user, value in readings:
            if not attribute.endswith("_hits"):
                self.series.setdefault((attribute, name, user), []).append((t, value))
        prefix = self.sources[name].prefix
        hits = Counter()
        for attribute, user, value in readings:
            if attribute.endswith("_hits"):
                hits[user] += value
                self.series.setdefault((attribute, name, user), [])
        for (attribute, instance, user), samples in self.series.items():
            if instance == name and attribute == prefix + "_hits":
                samples.append((t, hits[user]))

    def mark(self, name, t, but=()):
        """What is gone gets a stale marker; an event that was not seen is not gone."""
        for (attribute, instance, user), samples in self.series.items():
            gone = samples and samples[-1][1] is not STALE and [attribute, user] not in but
            if instance == name and gone and not (but and attribute.endswith("_hits")):
                samples.append((t, STALE))

    def run(self, event):
        source, t, end = self.sources[event["i"]], event["t"], event["end"]
        if end == "well" and event["missing"]:
            end = "partial"
        if end in GOOD:
            self.put(event["i"], t, event["readings"])
        if end == "well":
            self.mark(event["i"], t, [r[:2] for r in event["readings"]] + [["", ""]])
        elif end != "partial":
            self.mark(event["i"], t)
        source.declared = source.declared or bool(event["readings"] or event["missing"]
                                                  or end != "failed" or event.get("came"))
        source.missing = set(event["missing"])
        self.settle(source, t, end, True)

    def died(self, event):
        source = self.sources[event["i"]]
        self.mark(event["i"], event["t"])
        if not (source.told and source.state not in GOOD):
            source.missing, source.said = set(source.said), set()
            if source.read and not source.told:
                source.measured |= source.names - source.missing
            self.settle(source, event["t"], "failed", True)

    def batch(self, event):
        source, t, end = self.sources[event["i"]], event["t"], event["end"]
        source.said |= set(event["missing"])
        source.read = source.read or bool(event["readings"])
        if not event["interval"]:
            source.missing |= set(event["missing"])
            end = source.state
            if not source.told and event["readings"]:
                end = "partial" if source.said else "well"
        elif end == "well" and source.said:
            end = "partial"
        if end in GOOD or event["readings"] or not event["interval"]:
            self.put(event["i"], t, event["readings"])
        else:
            self.mark(event["i"], t)
        if event["interval"]:
            source.missing, source.said, source.told = source.said, set(), True
        source.declared = True
        self.settle(source, t, end, event["interval"], event["lost"])

    def settle(self, source, t, end, whole, lost=False):
        source.state, source.ended, source.stepped = end, t, False
        source.ended_here = True
        if end == "well":
            source.whole = t
        if whole and (end == "well" or (end == "partial" and source.missing)):
            source.measured |= source.names - source.missing
        if end not in GOOD:
            if not source.stream:
                source.last_good = 0
            return
        since = source.last_good
        if lost or not since or t - since > max(2 * source.every, 60000):
            since = t
        source.ever, source.last_good = True, t
        source.watched.append((since, t))
        start = min(since, t - source.every) if source.stream else since
        for name in source.names:
            if source.is_missing(name):
                source.missed.setdefault(name, []).append((start, t))

    def clock(self, t, by):
        for source in self.sources.values():
            source.last_good = 0
            source.stepped = source.stepped or source.ended > t or (source.stream and by < 0)
            source.ended = min(source.ended, t)
            source.whole = min(source.whole, t)
            source.watched = [(a, min(b, t)) for a, b in source.watched if a <= t]
            source.missed = {name: [(a, min(b, t)) for a, b in spans if a <= t]
                             for name, spans in source.missed.items()}
        for key in self.series:
            self.series[key] = [s for s in self.series[key] if s[0] <= t]

    def stop(self, t):
        """A stream's state is saved once a minute; half an hour later no formula sees a difference."""
        for source in self.sources.values():
            if source.stream:
                source.vague = t + 1800000

    def last(self, key, at):
        for t, value in reversed(self.series[key]):
            if t <= at:
                return t, value
        return None

    def is_live(self, key, at):
        last = self.last(key, at)
        return bool(last) and last[1] is not STALE and \
            last[0] >= at - 2 * self.sources[key[1]].every

    def live(self, name, at):
        if (name, at) not in self.cache:
            self.cache[name, at] = self.find_live(name, at)
        return self.cache[name, at]

    def find_live(self, name, at):
        return {key: self.last(key, at)[1] for key in self.series
                if key[0] == name and key[1] in self.configured and self.is_live(key, at)}

    def over(self, name, start, end):
        found = {}
        for key, samples in self.series.items():
            inside = [v for t, v in samples if start <= t <= end and v is not STALE]
            if key[0] == name and key[1] in self.configured and inside:
                found[key] = inside
        return found

    def happen(self, event):
        what, t = event["e"], event["t"]
        self.cache.clear()
        if what in ("run", "died", "batch"):
            getattr(self, what)(event)
        elif what == "came":
            self.sources[event["i"]].told, self.sources[event["i"]].said = False, set()
            self.sources[event["i"]].read = False
            self.sources[event["i"]].declared = True
        elif what == "clock":
            self.clock(t, event["by"])
            self.started += event["by"]
        elif what == "config":
            self.configure(event)
        elif what == "stop" and not event["clean"]:
            self.stop(t)
        elif what == "start":
            self.started = t
            for source in self.sources.values():
                source.ended_here = False
