"""What the system tests share: a daemon of the build in a folder of its own, its receivers, its API.

Environment (set by CMake): BUILD_DIR, SOURCE_DIR, SHARED_DIR. Nothing here sleeps to be right: it
waits for a condition, with a deadline."""
import http.client
import http.server
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BUILD = os.environ["BUILD_DIR"]
SOURCE = os.environ["SOURCE_DIR"]
SHARED = os.environ.get("SHARED_DIR", "")
BIN = os.path.join(BUILD, "bin")
SKIP = 77
NOBODY = 4294967295


def skip(why):
    print("skipped: " + why)
    sys.exit(SKIP)


def check(truth, what):
    if not truth:
        raise AssertionError(what)


def wait_for(what, ask, seconds=20.0, every=0.02):
    """Asks until the answer is true; gives it. A test's deadline, not its proof."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError("%s did not come within %g s" % (what, seconds))
        time.sleep(every)


def holds(what, ask, seconds):
    """True for so long, looked at all along: the time is what is tested, not waited for."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        check(ask(), what)
        time.sleep(0.05)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(self.path)


class Webhook:
    """A receiver; `answer` may be set to another status to refuse."""

    def __init__(self, answer=204):
        self.got = queue.Queue()
        self.answer = answer
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.answer == 204:
                    outer.got.put((time.time(), dict(self.headers), json.loads(body)))
                self.send_response(outer.answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d/hook" % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self, seconds=15):
        return self.got.get(timeout=seconds)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class SyslogSocket:
    """A datagram socket as /dev/log is one."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)

    def next(self, seconds=15):
        self.socket.settimeout(seconds)
        return time.time(), self.socket.recv(65536).decode()

    def close(self):
        self.socket.close()


class Daemon:
    def __init__(self, collectors="", channels="", extra="", measures=True, rules=True):
        self.folder = tempfile.mkdtemp(prefix="conformd-test-")
        os.chmod(self.folder, 0o755)
        self.port = free_port()
        self.config = os.path.join(self.folder, "conformd.conf")
        self.run = os.path.join(self.folder, "run")
        self.state = os.path.join(self.folder, "state")
        self.plugins = os.path.join(BUILD, "plugins")
        self.output = os.path.join(self.folder, "output")
        self.process = None
        if measures:
            shutil.copytree(os.path.join(SOURCE, "etc/measures.d"), self.path("measures.d"))
        if rules:
            shutil.copytree(os.path.join(SOURCE, "etc/rules.d"), self.path("rules.d"))
        self.write_config(collectors, channels, extra)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def use_plugins(self, *paths):
        """A folder of its own with these."""
        self.plugins = self.path("plugins")
        os.mkdir(self.plugins, 0o755)
        for path in paths:
            shutil.copy(path, self.plugins)

    def write_config(self, collectors, channels="", extra=""):
        with open(self.config, "w") as f:
            f.write('state_dir = "%s";\nruntime_dir = "%s";\nplugin_dir = "%s";\n'
                    'libexec_dir = "%s";\nhttp = { listen = "127.0.0.1:%d"; };\n%s\n'
                    % (self.state, self.run, self.plugins, BIN, self.port, extra))
            if collectors:
                f.write("collectors = ( %s );\n" % collectors)
            if channels:
                f.write("channels = ( %s );\n" % channels)

    def start(self, wait=True, seconds=30):
        self.out = open(self.output, "ab")
        self.process = subprocess.Popen([os.path.join(BIN, "conformd"), "--config", self.config],
                                        stdout=self.out, stderr=self.out, stdin=subprocess.DEVNULL)
        if wait:
            wait_for("the daemon", self.is_ready, seconds)
        return self

    def is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError("the daemon ended with %d:\n%s"
                                 % (self.process.returncode, self.said()))
        try:
            return self.get("/api/status")["ready"]
        except (OSError, http.client.HTTPException, KeyError):
            return False

    def said(self):
        with open(self.output, errors="replace") as f:
            return f.read()

    def stop(self, seconds=10):
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=seconds)
        self.out.close()
        return self.process.returncode, time.monotonic() - begun

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def get(self, path, status=200, raw=False):
        connection = UnixConnection(os.path.join(self.run, "api.sock"))
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != status:
            raise OSError("GET %s: %d %s" % (path, answer.status, body[:500]))
        return body if raw else json.loads(body)

    def http(self, path, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def measure(self, name):
        return self.get("/api/measures/" + name)

    def collector(self, name):
        for row in self.get("/api/collectors")["collectors"]:
            if row["name"] == name:
                return row
        return None

    def query(self, formula):
        from urllib.parse import quote
        answer = self.get("/api/v1/query?query=" + quote(formula))
        return answer["data"]["result"]

    def number(self, formula):
        """The one number that a formula gives; None where nothing answers."""
        result = self.query(formula)
        if not result:
            return None
        check(len(result) == 1, "%s gives %d series" % (formula, len(result)))
        return float(result[0]["value"][1])

    def ctl(self, *words, uid=None, fails=False):
        """conformctl; uid is the audit loginuid that it is run with."""
        result = subprocess.run(
            [os.path.join(BIN, "conformctl"), "--socket", self.run, *words], text=True,
            capture_output=True, timeout=60,
            preexec_fn=(lambda: set_loginuid(uid)) if uid is not None else None)
        check((result.returncode != 0) == fails,
              "conformctl %s: %d\n%s%s" % (" ".join(words), result.returncode, result.stdout,
                                           result.stderr))
        return result.stderr if fails else result.stdout

    def finish(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        faults = [line for line in self.said().splitlines()
                  if "AddressSanitizer" in line or "runtime error:" in line
                  or "LeakSanitizer" in line] if os.path.exists(self.output) else []
        shutil.rmtree(self.folder, ignore_errors=True)
        check(not faults, "sanitizer: %s" % faults)


def set_loginuid(uid):
    with open("/proc/self/loginuid", "w") as f:
        f.write(str(uid))


def loginuid():
    try:
        with open("/proc/self/loginuid") as f:
            return int(f.read())
    except OSError:
        return NOBODY


def can_set_loginuid():
    """In a child, for it cannot be taken back everywhere."""
    child = os.fork()
    if child == 0:
        try:
            set_loginuid(1000)
            os._exit(0)
        except OSError:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def run(test, daemon=None):
    """Runs a test's main, and shows what the daemon said when it fails."""
    try:
        test()
    except BaseException:
        if daemon is not None and daemon() is not None:
            sys.stderr.write("--- the daemon said\n" + daemon().said() + "---\n")
        raise
