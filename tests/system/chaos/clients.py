"""Clients that mean no good, at the HTTP port and at the control socket: they get refusals or nothing,
and those that mean well are served meanwhile."""
import json
import os
import socket
import threading

import chaos
import harness
from harness import check, time, wait_for

CONNECTIONS = 1000
ALIVE_SECONDS = 2.0


def raw(port, data, seconds=5.0):
    """What comes back for these bytes until the end, or until nothing comes for so long."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as s:
        got = b""
        try:
            s.sendall(data)
            while True:
                part = s.recv(65536)
                if not part:
                    break
                got += part
        except OSError:
            pass
        return got


def status_of(answer):
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 2 and words[1].isdigit() else None


def served(daemon):
    """Both doors are open, within a time."""
    begun = time.monotonic()
    check(daemon.get("/api/status")["ready"], "not ready")
    health = daemon.http("/healthz")
    check(health[0] == 200, "health is %s" % (health,))
    took = time.monotonic() - begun
    check(took < ALIVE_SECONDS, "it took %.1f s to be served" % took)


BAD = (
    b"\r\n\r\n", b"GET\r\n\r\n", b"\0\0\0\0\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
    b"GET http://x/ HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/status HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /api/status HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", b"CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 2000000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 100000 + b"\r\n",
    b"GET /%00%ff%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /api/v1/query?query=" + b"(" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + b"b" * 2000000,
)
PATHS = (
    "/../../../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd",
    "/static/../../etc/passwd", "//etc/passwd", "/./etc/passwd", "/....//etc/passwd",
    "/..\\..\\etc\\passwd", "/index.html%00.js", "/app.js/../../../etc/passwd",
)
CLOSED = ("/api/status", "/api/measures", "/api/findings", "/api/evidence", "/api/v1/query?query=1",
          "/api/collectors", "/api/not_judged")


def bad_requests(daemon):
    for request in BAD:
        begun = time.monotonic()
        answer = raw(daemon.port, request, 0.5)
        status = status_of(answer) if answer else None
        check(status is None or 300 <= status < 600,
              "%r was answered %r" % (request[:60], answer[:100]))
        check(status is None or status < 500 or status in (501, 505),
              "%r gave %s" % (request[:60], status))
        served(daemon)
        print("%-46r %s, %.1f s" % (request[:34], status, time.monotonic() - begun))


def traversal(daemon):
    for path in PATHS:
        answer = raw(daemon.port, ("GET %s HTTP/1.0\r\nHost: x\r\n\r\n" % path).encode(), 2.0)
        check(b"root:" not in answer and status_of(answer) != 200,
              "%s was answered %r" % (path, answer[:200]))


def tokens(daemon):
    opened = json.loads(daemon.ctl("--json", "open"))
    token = opened["token"]
    for path in CLOSED:
        status, _, body = daemon.http(path)
        check(status in (302, 303, 401, 403), "%s without a token: %d" % (path, status))
        check(token.encode() not in body, "the token is told")
    wrong = [token[:-1], token + "x", token.upper(), "", "null", token[::-1]]
    for word in wrong:
        for headers in ({"Authorization": "Bearer " + word}, {"Cookie": "conformd=" + word},
                        {"Cookie": "session=" + word}, {"Authorization": "Basic " + word}):
            status = daemon.http("/api/status", headers)[0]
            check(status in (401, 403), "%r was answered %d" % (headers, status))
    status, _, body = daemon.http("/api/status?token=" + token)
    check(status in (401, 403), "a token in the address of the API was taken: %d" % status)
    check(daemon.http("/open?token=" + token)[0] in (200, 302, 303), "the link does not work")
    check(daemon.http("/open?token=" + token)[0] == 403, "the link works twice")
    check(token not in daemon.said(), "the token is in the log")


def slow_and_many(daemon):
    """Connections that say little or nothing; the local socket is served all along."""
    front = chaos.find(daemon, "front")
    before = chaos.descriptors(front)
    held = []
    try:
        for i in range(CONNECTIONS):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(("127.0.0.1", daemon.port))
            held.append(s)
        begun = time.monotonic()
        for s in held[::2]:
            try:
                s.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ")
            except OSError:
                pass
        check(daemon.get("/api/status")["ready"], "the local socket is shut")
        answered = wait_for("the port answers again", lambda: drip(daemon, held), 12, 0.2)
        print("%d connections; the port answers %.1f s after them" %
              (len(held), time.monotonic() - begun))
        check(answered, "no answer")
    finally:
        for s in held:
            s.close()
    wait_for("closed connections", lambda: chaos.descriptors(front) <= before + 4, 40, 0.1)
    check(chaos.find(daemon, "front") == front, "the front died")


def drip(daemon, held):
    for s in held[::50]:
        try:
            s.send(b"a")
        except OSError:
            pass
    try:
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=1) as s:
            s.sendall(b"GET /healthz HTTP/1.0\r\nHost: x\r\n\r\n")
            return s.recv(64).startswith(b"HTTP/1")
    except OSError:
        return False


def control(daemon, data, seconds=10.0, shut=False):
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(seconds)
        s.connect(os.path.join(daemon.run, "control.sock"))
        got = b""
        try:
            s.sendall(data)
            if shut:
                s.shutdown(socket.SHUT_WR)
            while True:
                part = s.recv(65536)
                if not part:
                    break
                got += part
        except (BrokenPipeError, ConnectionResetError):
            pass
        return got


GARBAGE = (
    b"\n", b"{}\n", b"[]\n", b"null\n", b"1\n", b"\0\0\n", b"{\"command\": 5}\n", b"x" * 100 + b"\n",
    b"{\"command\": \"adopt\", \"arguments\": 5}\n",
    b"{\"command\": \"adopt\", \"arguments\": {\"measures\": \"M003\"}}\n", b"{\"command\": \"nothing\"}\n",
    b"{\"command\": \"collect\"}\n", b"{\"command\": \"collect\", \"arguments\": {\"name\": 7}}\n",
    b"{\"command\": \"collect\", \"arguments\": {\"name\": \"nobody\"}}\n",
    b"{\"command\": \"nc_dismiss\", \"arguments\": {\"ref\": {}, \"reason\": [], \"note\": 1}}\n",
    b"{\"command\": \"nc_take\", \"arguments\": {\"ref\": \"NC-1\", \"due\": \"never\"}}\n",
    b"{\"command\": \"approve\", \"arguments\": {\"id\": \"" + b"i" * 60000 + b"\"}}\n",
    b"[" * 60000 + b"\n", b"{\"a\":" * 10000 + b"\n", b"x" * 70000, b"x" * 70000 + b"\n",
    b"{\"command\": \"open\", \"command\": \"open\"}\n", b"\xff\xfe\n",
)


def garbage(daemon):
    for line in GARBAGE:
        answer = control(daemon, line)
        check(not answer or json.loads(answer.splitlines()[-1])["ok"] is False,
              "%r was answered %r" % (line[:60], answer[:300]))
        check(answer or len(line) > 65536, "%r was not answered" % line[:60])
    check(control(daemon, b"{\"command\": \"open\"", shut=True) == b"", "half a line was answered")


def parallel(daemon, count=50):
    answers = []

    def ask():
        try:
            answers.append(control(daemon, b"{\"command\": \"collect\", \"arguments\": "
                                           b"{\"name\": \"slow\"}}\n", 30))
        except OSError as error:
            answers.append(str(error).encode())

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    good = sum(1 for a in answers if a and json.loads(a.splitlines()[-1]).get("ok"))
    empty = sum(1 for a in answers if not a)
    print("%d clients at once: %d served, %d shut out" % (count, good, empty))
    check(good == count, "answers: %s" % [a[:120] for a in answers])


def leaves_while_waiting(daemon):
    engine = chaos.find(daemon, "engine")
    before = chaos.descriptors(engine)
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(os.path.join(daemon.run, "control.sock"))
            s.sendall(b"{\"command\": \"collect\", \"arguments\": {\"name\": \"slow\"}}\n")
            s.setblocking(False)
    wait_for("they are forgotten", lambda: chaos.descriptors(engine) <= before + 2, 10)
    check(b"\"ok\":true" in control(daemon, b"{\"command\": \"collect\", \"arguments\": "
                                            b"{\"name\": \"slow\"}}\n", 30), "no collect after it")
    check(chaos.find(daemon, "engine") == engine, "the engine died")


def silent(daemon):
    """Who connects and says nothing shuts nobody out."""
    held = []
    try:
        for _ in range(60):
            s = socket.socket(socket.AF_UNIX)
            s.connect(os.path.join(daemon.run, "control.sock"))
            held.append(s)
        begun = time.monotonic()
        check(control(daemon, b"{\"command\": \"nothing\"}\n", 30), "no answer")
        print("beside %d silent clients: %.1f s" % (len(held), time.monotonic() - begun))
    finally:
        for s in held:
            s.close()


def main():
    daemon = harness.Daemon(measures=False)
    script = daemon.path("slow.sh")
    with open(script, "w") as f:
        f.write("#!/bin/sh\nsleep 0.5\necho OK\n")
    os.chmod(script, 0o755)
    daemon.write_config(
        '{ name = "slow"; plugin = "exec"; every = "1h"; checks = ( { name = "slow"; program = '
        '["%s"]; format = "nagios"; timeout = "5s"; } ); }' % script,
        extra="allow_unattributed = true;\n")
    try:
        daemon.start()
        wait_for("a run", lambda: (daemon.collector("slow") or {}).get("last_run"))
        wait_for("its health", lambda: daemon.http("/healthz")[0] == 200)
        for part in (bad_requests, traversal, tokens, slow_and_many, garbage, parallel, silent,
                     leaves_while_waiting):
            begun = time.monotonic()
            part(daemon)
            served(daemon)
            print("%s: %.1f s" % (part.__name__, time.monotonic() - begun))
        for role in ("front", "engine"):
            print("%s: %d KiB" % (role, chaos.rss_kib(chaos.find(daemon, role), "VmHWM")))
        check(daemon.stop()[0] == 0, "the stop failed")
    except BaseException:
        print(daemon.said()[-6000:])
        raise
    finally:
        daemon.finish()


main()
