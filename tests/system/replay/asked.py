"""All that can be asked of a daemon, as entries of the record."""
import datetime
import json
from urllib.parse import quote, urlencode

from harness import wait_for

# What is asked at every look.
PATHS = ("/api/status", "/api/collectors", "/api/measures", "/api/objectives", "/api/findings",
         "/api/not_judged", "/api/privacy", "/api/costs", "/api/stated")
QUERIES = ("accounts_extra_uid0", "sum by (user) (log_auth_failures_total)", "exec_state",
           "accounts_privileged_member unless on (group, user) conformd_baseline", "1 + 1",
           "sum_over_time(log_app_orders[10m])", "sshd_max_auth_tries", "vector(2) > bool 1",
           "conformd_baseline", "count({instance=~\".+\"}) by (instance)", '"text"')
COMMANDS = (("status",), ("collectors",), ("measures",), ("objectives",), ("nc", "list"),
            ("privacy",), ("measures", "--cost"))
COMMAND_PATHS = ("/api/status", "/api/collectors", "/api/measures", "/api/objectives",
                 "/api/findings", "/api/privacy", "/api/costs")


def body_of(world, path, **more):
    """{status, body} of one question; a body that is no JSON as its text."""
    status, headers, body = world.ask(path, **more)
    try:
        shown = json.loads(body)
    except ValueError:
        shown = body.decode(errors="replace")
    return {"status": status, "type": headers.get("Content-Type"), "body": shown}


def all_bodies(record, step):
    """Every answer of the API."""
    world = record.world
    for path in PATHS:
        record.take("%s / GET %s" % (step, path), body_of(world, path))
    for row in world.get("/api/measures")["measures"]:
        path = "/api/measures/" + row["id"]
        record.take("%s / GET %s" % (step, path), body_of(world, path))
    for row in world.get("/api/findings")["findings"]:
        path = "/api/findings/" + row["ref"]
        record.take("%s / GET %s" % (step, path), body_of(world, path))
    queries(record, step)
    publish(world)
    record.take(step + " / GET /metrics", world.ask("/metrics")[2].decode())
    record.take(step + " / GET /metrics as OpenMetrics", world.ask(
        "/metrics", headers={"Accept": "application/openmetrics-text"})[2].decode())
    record.take(step + " / GET /metrics/samples", world.ask("/metrics/samples")[2].decode())


def publish(world):
    """The front holds what the engine published last, after a turn and at most once a second."""
    begun = now_of(world).timestamp()

    def is_later():
        world.control("open")
        return any(line.startswith("conformd_last_turn_timestamp_seconds ")
                   and float(line.split()[1]) >= begun
                   for line in world.ask("/metrics")[2].decode().splitlines())

    wait_for("the metrics after this", is_later, every=0.1)


def queries(record, step):
    world = record.world
    for formula in QUERIES:
        record.take("%s / GET /api/v1/query %s" % (step, formula),
                    body_of(world, "/api/v1/query?query=" + quote(formula)))
    record.take(step + " / POST /api/v1/query", body_of(
        world, "/api/v1/query", method="POST", body=urlencode({"query": "sum(exec_state)"}),
        headers={"Content-Type": "application/x-www-form-urlencoded"}))
    now = now_of(world)
    before = now - datetime.timedelta(hours=1)
    record.take(step + " / GET /api/v1/query_range", body_of(
        world, "/api/v1/query_range?" + urlencode(
            {"query": "max by (instance) (log_lines_total)", "start": before.timestamp(),
             "end": now.timestamp(), "step": "3600"})))
    for path in ("series?match[]=exec_value&match[]=sshd_max_auth_tries", "labels",
                 "label/instance/values", "label/user/values", "label/__name__/values", "metadata"):
        record.take("%s / GET /api/v1/%s" % (step, path), body_of(world, "/api/v1/" + path))


def now_of(world):
    """By the daemon's clock."""
    text = world.get("/api/status")["now"].replace("Z", "+00:00")
    return datetime.datetime.fromisoformat(text)


def commands(record, step):
    """conformctl --json prints what the API answers; where it does, no more than that is said."""
    world = record.world
    finding = world.get("/api/findings")["findings"]
    more = [(("measures", "R01"), "/api/measures/R01"), (("evidence", "list"), "/api/evidence?limit=50"),
            (("evidence", "show", "1"), "/api/evidence/1"),
            (("query", "sum(exec_state)"), None), (("nc", "list", "--state", "open"), None)]
    if finding:
        more.append((("nc", "show", finding[0]["ref"]), "/api/findings/" + finding[0]["ref"]))
    for words, path in list(zip(COMMANDS, COMMAND_PATHS)) + more:
        code, out = world.command(*words, "--json")
        body = json.loads(out) if out.strip() else None
        if path and same(body, world.get(path)):
            body = "as GET " + path
        record.take("%s / conformctl --json %s" % (step, " ".join(words)),
                    {"exit": code, "body": body})


def same(one, other):
    """Times of asking aside."""
    for body in (one, other):
        if isinstance(body, dict):
            body.pop("now", None)
    return one == other
