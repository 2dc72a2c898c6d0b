"""Receivers that are down, slow, or ask for patience, and a daemon that is killed with messages
waiting: every message arrives, once at least."""
import http.server
import json
import socketserver
import threading

import chaos
import harness
from harness import check, time, wait_for

DOWN_SECONDS = 20 if chaos.LONG else 2
RETRY_AFTER = 3


class Receiver:
    """On a port of its own that stays the same; may be closed and opened again."""

    def __init__(self):
        self.port = harness.free_port()
        self.url = "http://127.0.0.1:%d/" % self.port
        self.got, self.refused = [], []
        self.delay = 0.0
        self.refuse = 0
        self.server = None

    def open(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                time.sleep(outer.delay)  # the slow receiver itself
                if outer.refuse > 0:
                    outer.refuse -= 1
                    outer.refused.append(time.monotonic())
                    self.send_response(429)
                    self.send_header("Retry-After", str(RETRY_AFTER))
                else:
                    outer.got.append((time.monotonic(), json.loads(body)))
                    self.send_response(204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True
            allow_reuse_address = True

        self.server = Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return time.monotonic()

    def close(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def ids(self):
        return [body["id"] for _, body in list(self.got)]


def send(daemon, count):
    for _ in range(count):
        daemon.ctl("alert", "test")


def arrives(receiver, what, count, seconds):
    wait_for("%s: %d messages" % (what, count), lambda: len(set(receiver.ids())) >= count, seconds)
    times = {}
    for at, body in receiver.got:
        times.setdefault(body["id"], (at, body["time"]))
    order = [sent for _, sent in sorted(times.values())]
    # Each message is tried again at its own time, so order is likely, not promised.
    late = sum(1 for a, b in zip(order, order[1:]) if b < a)
    print("%s: %d messages, %d arrivals, %d out of order"
          % (what, len(times), len(receiver.got), late))


def down(daemon, receiver):
    send(daemon, 5)
    until = time.monotonic() + DOWN_SECONDS
    wait_for("the failures", lambda: daemon.get("/api/status")["outbox"]["waiting"] == 5, 5)
    wait_for("the time of it", lambda: time.monotonic() > until, DOWN_SECONDS + 1)
    opened = receiver.open()
    arrives(receiver, "down %d s" % DOWN_SECONDS, 5, 40)
    print("the first came %.1f s after it was up" % (receiver.got[0][0] - opened))
    receiver.got.clear()


def slow(daemon, receiver):
    receiver.delay = 1.0
    send(daemon, 3)
    check(daemon.get("/api/status")["ready"], "not ready beside a slow receiver")
    arrives(receiver, "slow", 3, 30)
    receiver.delay = 0.0
    receiver.got.clear()


def patience(daemon, receiver):
    receiver.refuse = 1
    send(daemon, 1)
    arrives(receiver, "asked for patience", 1, 30)
    waited = receiver.got[0][0] - receiver.refused[0]
    print("it asked for %d s and got %.1f s" % (RETRY_AFTER, waited))
    check(waited >= RETRY_AFTER - 0.2, "Retry-After was not kept")
    receiver.got.clear()


def killed(daemon, receiver):
    receiver.close()
    send(daemon, 4)
    daemon.process.kill()
    daemon.process.wait()
    wait_for("the end of its children", lambda: not chaos.reap_orphans(daemon), 8)
    receiver.open()
    daemon.start()
    arrives(receiver, "killed with messages waiting", 4, 40)
    check(daemon.stop()[0] == 0, "the stop failed")
    receiver.got.clear()


def main():
    chaos.adopt_orphans()
    receiver = Receiver()
    daemon = harness.Daemon(measures=False)
    daemon.write_config("", '{ name = "hook"; type = "webhook"; url = "%s"; }' % receiver.url,
                        extra="allow_unattributed = true;\n")
    try:
        daemon.start()
        for part in (down, slow, patience, killed):
            part(daemon, receiver)
    except BaseException:
        print(daemon.said()[-4000:])
        raise
    finally:
        daemon.finish()
        receiver.close()


main()
