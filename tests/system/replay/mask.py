"""What may differ between two records of the same story, and what stands there instead. The table is
the whole of it: what no row names is compared as it is."""
import fnmatch
import re
import time

TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
HASH = re.compile(r"\b[0-9a-f]{64}\b")
UUID = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
# Who runs the story, by what the kernel knows: the login, else the user.
PERSON = re.compile(r"\buid \d+( \(unattributed\))?|\buid:\d+(?=: )")
REF = re.compile(r"\bNC-(\d{4})-")
# Milliseconds since 1970 of the years 2020 to 2100: times, and the numbers of runs, which begin there.
LONG = range(1577836800000, 4102444800000)
# What a mask gives that leaves a value as it is, to be looked into.
KEPT = object()
# Readings that tell of the time or of this machine.
VOLATILE = ("accounts_password_age_seconds", "log_silence_seconds", "exec_run_seconds", "example_load")
FIGURE = re.compile(r"^[-+]?([0-9.]+(e[-+]?[0-9]+)?|Inf|NaN)?$")
DURATION = re.compile(r"^(\d+(d|h|m|s|ms))+$")
# Families of /metrics whose values tell of the time, of this machine, or of how often the engine looked.
COUNTS = re.compile(r"conformd_(collector_last_well_timestamp_seconds|last_turn_timestamp_seconds|turns"
                    r"|evaluations|ledger_leaves|store_log_bytes|commit_seconds|samples)(_total|_bucket|_sum|_count)?$")
STREAMS = ("auth", "app", "journal")
VERSION = re.compile(r'(?<=[{,])version="[^"]*"')
# A word of a list is no sentence: outcomes, states, kinds, reasons that are typed.
WORD = re.compile(r"^[a-z0-9_.]*$")
# Kinds of unknown begin a measure's reason, and are no part of the sentence behind them.
KINDS = ("lost", "stopped", "invalid", "too few", "not set up")


def sentence(value):
    if not isinstance(value, str):
        return KEPT
    if WORD.match(value):
        return value
    for kind in KINDS:
        if value.startswith(kind + ": "):
            return kind + ": [sentence]"
    return "[sentence]"


def is_nothing(value):
    return value is None or value == "" or (value in (0, "0") and value is not False)


def called(word):
    """A value that is another each time, by what it is; 0 and nothing stay: it never was."""
    return lambda value: value if is_nothing(value) else "[%s]" % word


def ever(word):
    """The same where it may be 0 by chance."""
    return lambda value: "[%s]" % word


class Again:
    """What a mask gives instead of a value, to be looked into in its turn."""

    def __init__(self, value):
        self.value = value


def exactly(value):
    return value


def kept(_):
    return KEPT


def leaf(value, names):
    """A leaf's index, for which its name stands: what runs at once has no order in the ledger."""
    is_index = isinstance(value, int) and not isinstance(value, bool)
    return names.get(value, "[leaf]") if is_index and value not in LONG else KEPT


def criterion(value):
    return value if isinstance(value, str) and value.startswith("target ") else sentence(value)


def figure(value):
    """A number as it is; what a finding without one says instead is a sentence."""
    if isinstance(value, str) and DURATION.match(value):
        return "[duration]"
    return KEPT if isinstance(value, str) and FIGURE.match(value) else sentence(value)


def ours(value):
    """Of the files that a process may read only those of the story: others depend on the machine."""
    return [path for path in value if path.startswith("[folder]")]


def exposition(text):
    """Of /metrics a list of lines: helps are sentences, values may tell of the time."""
    if not isinstance(text, str):
        return KEPT
    lines = []
    for line in text.splitlines():
        name, _, rest = line.partition("{") if "{" in line else line.partition(" ")
        if line.startswith("# HELP "):
            line = " ".join(line.split(" ")[:3] + ["[sentence]"])
        elif COUNTS.match(name) or name in VOLATILE:
            line = "%s [value]" % line.rpartition(" ")[0]
        lines.append(VERSION.sub('version="[version]"', line))
    return lines


def history(value):
    """Of rows that say the same one after the other the first: one is written a minute, and one when
    all measures are judged anew, which 8d7ec9d also did when it had refused an act."""
    rows = []
    for row in value:
        if not rows or dict(row, at="") != dict(rows[-1], at=""):
            rows.append(row)
    return Again(rows)


def intervals(value):
    """A stream asked for a run while its interval ends may end it once or twice. Of a collector or of a
    measure's costs the count goes where a stream is in it; runs of snapshots stay."""
    fed_by = value.get("collectors", [value.get("name")])
    if not set(fed_by).intersection(STREAMS):
        return KEPT
    if "cost" in value:
        return Again(dict(value, cost=dict(value["cost"], runs="[count]")))
    return Again(dict(value, runs="[count]"))


def record_class(value):
    """What the daemon says of what it keeps itself; what the organization says stays."""
    masked = ("description", "disposal", "location", "protection", "retention")
    return {key: "[sentence]" if value.get("own") and key in masked else member
            for key, member in value.items()}


def version(value):
    return re.sub(r"^conformd [0-9].*$", "conformd [version]", value)


def cookie(value):
    """It bears the port."""
    return re.sub(r"_[0-9]+=[0-9a-f]+$", "_[port]=[token]", value) if value else value


def place(value):
    """Where reading goes on: device and inode go, offset and print of the file's beginning stay."""
    parts = value.split(":")
    return ":".join(["[device]", "[inode]"] + parts[2:]) if len(parts) == 5 else value


# (the entry, the member's path in it, what stands there instead). In both, * is any part; in a path []
# is any index. The first row that fits decides over a value, and over a list or object as a whole.
TABLE = (
    # Words that are not the daemon's but the configuration's or a person's, and hashes of them.
    ("*", "*constructs[].text", exactly),
    ("*", "*constructs[].hash", exactly),
    ("leaf *", "leaf.construct", exactly),
    ("approve *", "body.hash", exactly),
    ("leaf approval *", "text.reason", kept),
    ("leaf finding *", "*details.details.*", kept),
    ("GET /api/findings/*", "body.events[].details.details.*", kept),
    ("leaf key *", "leaf.id", exactly),
    ("GET /api/privacy", "body.pseudonym_key.id", exactly),

    # Sentences for a person.
    ("GET /api/privacy", "body.record_classes[]", record_class),
    ("GET /api/measures/*", "body.history", history),
    ("*", "*title", sentence),
    ("*", "*.criterion", criterion),
    ("*", "*.quality", sentence),
    ("message*", "body.data.value", figure),
    ("leaf finding *", "*.value", figure),
    ("GET /api/findings*", "*.value", figure),
    ("*", "*labels.lost", sentence),
    ("*", "*labels.why", sentence),
    ("*", "*lost[].why", sentence),
    ("*", "*missing.*", sentence),
    ("*", "*sandbox.left_out", ours),
    ("*", "*sandbox.reads", ours),
    ("*", "*reason", sentence),
    ("*", "*sentence", sentence),
    ("*", "*error", sentence),
    ("*", "*notes[]", sentence),
    ("*", "*help", sentence),
    ("*", "*crash_loses", sentence),

    # Leaves, by their names.
    ("leaf *", "leaf.config", leaf),
    ("leaf *", "leaf.start", leaf),
    ("leaf *", "leaf.collector", leaf),
    ("leaf *", "leaf.clock", leaf),
    ("leaf *", "leaf.same_as", leaf),
    ("*", "*evidence[]", leaf),
    ("*", "*evidence", leaf),
    ("*", "*.leaf", leaf),
    ("*", "*.index", leaf),
    ("*", "*.tables_leaf", leaf),

    # Times and durations.
    ("leaf result *", "text.state.criterion.at", ever("boot ms")),
    ("leaf result *", "text.state.criterion.met", ever("ms")),
    ("leaf result *", "text.state.criterion.missed", ever("ms")),
    ("concern *", "[].memory.at", ever("boot ms")),
    ("concern *", "[].memory.met", ever("ms")),
    ("concern *", "[].memory.missed", ever("ms")),
    ("HTTP *z", "body.turns", called("count")),
    ("GET /api/status", "body.samples", called("count")),
    # How many leaves the monitoring makes is chance; every other leaf is an entry.
    ("GET /api/status", "body.ledger.size", called("count")),
    ("GET /api/evidence*", "body.size", called("count")),
    ("leaf start *", "leaf.size", called("count")),
    ("*", "*.lasted_ms", called("ms")),
    ("*", "*.changed_ms", called("ms")),

    # Intervals of a stream that nothing came in.
    ("leaf coverage auth *", "*runs", ever("count")),
    ("leaf coverage app *", "*runs", ever("count")),
    ("leaf coverage journal *", "*runs", ever("count")),
    ("GET /api/collectors", "body.collectors[]", intervals),
    ("GET /api/costs", "body.costs[]", intervals),

    # Processor time, and the size of messages that hold paths.
    ("*", "*cpu_ms", called("cost")),
    ("*", "*cost.bytes", called("cost")),
    ("GET /api/costs", "body.costs[].bytes", called("cost")),

    # Of files on this machine.
    ("*", "*.inode", called("inode")),
    ("*", "*.device", called("device")),
    ("*", "*.positions.*", place),
    ("*", "*sandbox.landlock", ever("ABI")),

    ("message*", "body.source", ever("host")),
    ("leaf start *", "text.host", ever("host")),
    ("GET /api/status", "body.host", ever("host")),
    ("*", "*objects[]", ever("host")),
    ("GET /metrics*", "", exposition),

    # The version, and what a browser keeps.
    ("leaf start *", "leaf.version", ever("version")),
    ("GET /api/status", "body.version", ever("version")),
    ("*", "*.detected_by", version),
    ("GET of the link*", "cookie", cookie),

    # Made at random.
    ("message*", "body.id", called("id")),
)


def year_of(found):
    """Numbers of findings begin anew each year."""
    return "NC-[year]-" if int(found[1]) == time.gmtime().tm_year else "NC-[earlier]-"


class Mask:
    """TABLE, and what only this run knows: its folder, ports, host and who runs it."""

    def __init__(self, words, leaves):
        self.words = words    # (text, what stands there instead)
        self.leaves = leaves  # index -> the leaf's name
        self.rows = [(re.compile(fnmatch.translate(entry)),
                      re.compile(fnmatch.translate(path.replace("[]", "{}"))), what)
                     for entry, path, what in TABLE]

    def entry(self, name, body):
        """The body of an entry with nothing in it that may differ."""
        return self.value(name, "", body)

    def value(self, name, path, value):
        for entry, pattern, what in self.rows:
            if pattern.match(path) and entry.match(name):
                if what is ours:
                    value = [self.text(path) for path in value]
                elif what is exposition and isinstance(value, str):
                    value = self.text(value)
                said = what(value, self.leaves) if what is leaf else what(value)
                if isinstance(said, Again):
                    value = said.value
                elif said is not KEPT:
                    return said
                break
        if isinstance(value, dict):
            value = self.without_volatile(value)
            return {self.text(key): self.value(name, "%s.%s" % (path, key) if path else key, member)
                    for key, member in value.items()}
        if isinstance(value, list):
            return [self.value(name, path + "{}", member) for member in value]
        return self.plain(value)

    @staticmethod
    def without_volatile(value):
        """A reading, a sample or a series, by the name that it bears."""
        metric = value.get("metric") if isinstance(value.get("metric"), dict) else {}
        names = {str(value.get("attribute")), str(value.get("name")), str(metric.get("__name__"))}
        if "value" not in value or not names.intersection(VOLATILE):
            return value
        return dict(value, value="[value]")

    def plain(self, value):
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return "[ms]" if LONG[0] < value < LONG[-1] else \
                "[s]" if LONG[0] < 1000 * value < LONG[-1] else value
        return value

    def text(self, text):
        for word, instead in self.words:
            text = text.replace(word, instead)
        text = TIME.sub("[time]", text)
        text = PERSON.sub("uid [me]", text)
        text = UUID.sub("[uuid]", text)
        return HASH.sub("[hash]", REF.sub(year_of, text))
