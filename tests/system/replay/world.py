"""The world of the story: a folder with the daemon's files and what its collectors read, and the ways
to speak to it. What the daemon is asked is asked from outside: files in, sockets and HTTP out."""
import http.client
import json
import os
import shutil
import socket
import subprocess

import harness
from harness import check, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
INPUT = os.path.join(HERE, "input")
# Pseudonyms are an HMAC: with a key that is known they are part of the record.
KEY = bytes(range(32))
SOMEBODY = 70001
READ = ("passwd", "shadow", "shadow.old", "group", "sshd_config")


def fill(text, values):
    for name, value in values.items():
        text = text.replace("@%s@" % name, str(value))
    return text


class World(harness.Daemon):
    """A daemon whose configuration is input/base.conf, and a receiver of its messages."""

    def __init__(self):
        self.hook = Receiver()
        # Whose acts they are: the login's, else the user's.
        self.me = os.getuid() if harness.loginuid() == harness.NOBODY else harness.loginuid()
        super().__init__(measures=False, rules=False)
        self.rights = self.basis = ""
        self.more = ""
        self.edits, self.then = [], []
        with open(os.path.join(INPUT, "base.conf")) as f:
            self.base = f.read()
        for folder in ("measures.d", "rules.d", "checks"):
            shutil.copytree(os.path.join(INPUT, folder), self.path(folder))
        for name in READ:
            shutil.copy(os.path.join(INPUT, name), self.path(name))
        # Followers look at whatever happens in the folders of their files: nothing else does.
        for folder in ("logs", "names"):
            os.mkdir(self.path(folder))
        shutil.copy(self.path("passwd"), self.path("names"))
        for name in ("auth.log", "app.log"):
            open(self.path("logs", name), "w").close()
        os.mkdir(self.path("journal"))
        self.configure()

    def make_key(self):
        os.makedirs(self.state, exist_ok=True)
        os.chmod(self.state, 0o700)
        path = os.path.join(self.state, "pseudonym.key")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
            f.write(KEY)

    def configure(self, rights=None, more=None, edits=None, basis=None):
        """Writes conformd.conf anew; edits are (old, new) texts of base.conf."""
        self.rights = self.rights if rights is None else rights
        self.more = self.more if more is None else more
        self.edits = self.edits if edits is None else edits
        self.basis = self.basis if basis is None else basis
        text = self.base
        for old, new in self.edits:
            check(text.count(old) == 1, "base.conf holds %r %d times" % (old, text.count(old)))
            text = text.replace(old, new)
        text = text.replace("@RIGHTS@", self.rights).replace("@MORE@", self.more)
        text = text.replace("@BASIS@", self.basis)
        self.write("conformd.conf", fill(text, self.values()))

    def values(self):
        return {"FOLDER": self.folder, "PLUGINS": self.plugins, "PROGRAMS": harness.BIN,
                "PORT": self.port, "WEBHOOK": self.hook.url, "UID": self.me,
                "SOMEBODY": SOMEBODY}

    def words(self):
        """What only this run knows, and what stands for it in the record: the longest first."""
        return self.then + [(self.folder, "[folder]"), (harness.BUILD, "[build]"),
                (self.hook.url, "[webhook]"), ("127.0.0.1:%d" % self.port, "[listener]")]

    def write(self, name, text):
        """Whole or not at all: a collector may look at any time."""
        with open(self.path(name) + ".new", "w") as f:
            f.write(text)
        os.rename(self.path(name) + ".new", self.path(name))

    def change(self, name, old, new):
        with open(self.path(name)) as f:
            text = f.read()
        check(text.count(old) == 1, "%s holds %r %d times" % (name, old, text.count(old)))
        self.write(name, text.replace(old, new))

    def append(self, name, *lines):
        """In one write, so that it is one batch."""
        with open(self.path(name), "ab", buffering=0) as f:
            f.write("".join(line + "\n" for line in lines).encode())

    def control(self, command, seconds=30, **arguments):
        """One line of the control socket -> its answer."""
        return self.control_line(json.dumps({"command": command, "arguments": arguments}), seconds)

    def control_line(self, line, seconds=30):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(seconds)
            s.connect(os.path.join(self.run, "control.sock"))
            s.sendall(line.encode() + b"\n")
            got = b""
            while piece := s.recv(65536):
                got += piece
        return json.loads(got.splitlines()[-1])

    def ask(self, path, method="GET", body=None, headers=None, local=True):
        """(status, headers, body as bytes) of api.sock or of http.listen."""
        connection = (harness.UnixConnection(os.path.join(self.run, "api.sock")) if local else
                      http.client.HTTPConnection("127.0.0.1", self.port, timeout=20))
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def command(self, *words):
        """conformctl -> (exit, standard output)."""
        done = subprocess.run([os.path.join(harness.BIN, "conformctl"), "--socket", self.run,
                               *words], text=True, capture_output=True, timeout=60, check=False)
        return done.returncode, done.stdout

    def engine(self, *words):
        """What works on the store by hand, while no daemon runs -> (exit, standard output)."""
        return self.command("rebuild", self.state, *words)

    def messages(self, count, waiting):
        """So many have come, and so many wait in the outbox for their hour."""
        wait_for("%d messages" % count, lambda: len(self.hook.got) >= count)
        wait_for("%d messages that wait" % waiting,
                 lambda: self.get("/api/status")["outbox"]["waiting"] == waiting)
        check(len(self.hook.got) == count, "%d messages, not %d" % (len(self.hook.got), count))
        got, self.hook.got = self.hook.got, []
        return sorted(got, key=lambda one: (one["body"].get("type", ""),
                                            one["body"].get("subject", ""), one["path"]))

    def finish(self):
        self.hook.close()
        super().finish()


class Receiver(harness.Webhook):
    """Keeps what was posted, with the path that it was posted to."""

    def __init__(self):
        super().__init__()
        self.got = []
        outer = self

        class Handler(self.server.RequestHandlerClass):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append({"path": self.path, "type": self.headers["Content-Type"],
                                  "body": json.loads(body)})
                self.send_response(204)
                self.end_headers()

        self.server.RequestHandlerClass = Handler
