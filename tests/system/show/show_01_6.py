"""show.01.6: promtool, the OpenMetrics parser of python3-prometheus-client and a real Prometheus take
what /metrics and /metrics/samples say."""
import json
import os
import shutil
import subprocess
import urllib.request

import harness
from harness import check, wait_for

LINE = "Nov 22 06:20:00 host sshd[1]: Failed password for root from 203.0.113.%d port 1 ssh2\n"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PATHS = ("/metrics", "/metrics/samples")


def scraped(daemon, path, accept):
    status, headers, body = daemon.http(path, {"Accept": accept} if accept else {})
    check(status == 200, "%s: %d" % (path, status))
    return headers["Content-Type"], body


def promtool(daemon, path):
    kind, body = scraped(daemon, path, None)
    check(kind.startswith("text/plain; version=0.0.4"), "%s is %s" % (path, kind))
    result = subprocess.run(["promtool", "check", "metrics"], input=body, capture_output=True)
    said = (result.stdout + result.stderr).decode()
    check(result.returncode == 0, "promtool of %s: %d\n%s" % (path, result.returncode, said))


def parsed(daemon, path):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
    kind, body = scraped(daemon, path, "application/openmetrics-text; version=1.0.0")
    check(kind == OPENMETRICS, "%s is %s" % (path, kind))
    families = {f.name: f for f in text_string_to_metric_families(body.decode())}
    check(body.endswith(b"# EOF\n"), "no end")
    return families


def agree(daemon):
    """What is exposed is what the API says; the exposition follows within a second."""
    families = parsed(daemon, "/metrics")
    samples = {s.labels["measure"]: s.value for s in families["conformd_measure_value"].samples}
    known = {m["id"]: m["value"] for m in daemon.get("/api/measures")["measures"]
             if m["state"] in ("met", "missed", "at_risk") and m["value"] is not None}
    for sample in families["conformd_measure_state"].samples:
        check(sample.value in (0, 1), "a state is %g" % sample.value)
    steady = set(known) - {"M066"}  # its value moves by the second
    return len(known) >= 5 and set(known) == set(samples) and all(
        known[name] == samples[name] for name in steady)


def prometheus(daemon):
    folder = daemon.path("prometheus")
    os.mkdir(folder)
    port = harness.free_port()
    config = os.path.join(folder, "prometheus.yml")
    with open(config, "w") as f:
        f.write("global: { scrape_interval: 1s, scrape_timeout: 1s }\nscrape_configs:\n")
        for path in PATHS:
            f.write("- job_name: %s\n  metrics_path: %s\n  static_configs: [ { targets: "
                    "['127.0.0.1:%d'] } ]\n" % (path.strip("/").replace("/", "_"), path, daemon.port))
    server = subprocess.Popen(
        ["prometheus", "--config.file=" + config, "--storage.tsdb.path=" + folder,
         "--web.listen-address=127.0.0.1:%d" % port, "--log.level=error"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def ask(path):
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d%s" % (port, path), timeout=5) as answer:
                return json.load(answer)["data"]
        except OSError:
            return None

    def both_up():
        data = ask("/api/v1/targets")
        targets = data["activeTargets"] if data else []
        for target in targets:
            check(not target["lastError"], "Prometheus: " + target["lastError"])
        return len(targets) == 2 and all(t["health"] == "up" for t in targets)

    def number(formula):
        from urllib.parse import quote
        data = ask("/api/v1/query?query=" + quote(formula))
        return float(data["result"][0]["value"][1]) if data and data["result"] else None

    try:
        wait_for("both targets", both_up, 40, 0.2)
        want = daemon.number("sum(log_auth_failures_total)")
        wait_for("the same total", lambda: number("sum(log_auth_failures_total)") == want, 20, 0.2)
        check(want == 40, "the total is %s" % want)
        wait_for("the build", lambda: number("conformd_build_info") == 1, 20, 0.2)
    finally:
        server.kill()
        server.wait()


def main():
    for tool in ("promtool", "prometheus"):
        if not shutil.which(tool):
            harness.skip(tool + " is not installed")
    daemon = harness.Daemon()
    path = daemon.path("auth.log")
    open(path, "w").close()
    daemon.write_config(
        '{ name = "auth"; plugin = "log"; every = "1s"; files = ["%s"]; rules = ["sshd", "sudo"]; },'
        '{ name = "accounts"; plugin = "accounts"; every = "1h"; },'
        '{ name = "sshd"; plugin = "sshd"; every = "1h"; },'
        '{ name = "gone"; plugin = "log"; every = "1s"; files = ["/nowhere/x.log"]; rules = ["sshd"]; }'
        % path)
    try:
        daemon.start()
        wait_for("runs", lambda: daemon.collector("accounts")["last_run"]
                 and daemon.collector("auth")["state"] == "well")
        with open(path, "a") as f:
            f.write("".join(LINE % (i % 7) for i in range(40)))
        wait_for("forty", lambda: daemon.number("sum(log_auth_failures_total)") == 40)
        wait_for("the exposition",
                 lambda: b"log_auth_failures_total" in daemon.http("/metrics/samples")[2])
        for path in PATHS:
            promtool(daemon, path)
            families = parsed(daemon, path)
            print("%s: %d families" % (path, len(families)))
        wait_for("the exposition and the API agree", lambda: agree(daemon))
        personal = scraped(daemon, "/metrics/samples", None)[1]
        check(b"203.0.113" not in personal and b'user="' not in personal,
              "a name or address is exposed")
        prometheus(daemon)
        check(daemon.stop()[0] == 0, "the stop failed")
    except BaseException:
        print(daemon.said())
        raise
    finally:
        daemon.finish()


main()
