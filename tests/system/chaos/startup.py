"""Starts that cannot go well: each ends with a sentence that names what is in the way; what a killed
daemon left is no obstacle."""
import os
import socket
import subprocess

import chaos
import harness
from harness import check, time, wait_for

END_SECONDS = 15


def refused(daemon, what, *words, argv=None):
    begun = time.monotonic()
    done = subprocess.run(argv or [os.path.join(harness.BIN, "conformd"), "--config", daemon.config],
                          capture_output=True, text=True, timeout=END_SECONDS,
                          stdin=subprocess.DEVNULL)
    said = done.stdout + done.stderr
    check(done.returncode in (1, 2), "%s: it ended with %d: %s" % (what, done.returncode, said))
    for word in words:
        check(word in said, "%s: it does not say %r: %s" % (what, word, said))
    last = [line for line in said.splitlines() if "stays root" not in line][-1]
    check(len(said.splitlines()) < 12, "%s: it says too much: %s" % (what, said))
    print("%s (%.1f s): %s" % (what, time.monotonic() - begun,
                               last.replace(daemon.folder, "...")[:160]))


def port_taken(daemon):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", daemon.port))
        s.listen()
        refused(daemon, "port in use", str(daemon.port), "in use")


def leftovers(daemon):
    """Killed with its sockets in place; then a file where a socket should be."""
    daemon.start()
    daemon.process.kill()
    daemon.process.wait()
    wait_for("the end of its children", lambda: not chaos.reap_orphans(daemon), 8)
    check(os.path.exists(os.path.join(daemon.run, "api.sock")), "no socket is left to test with")
    daemon.start()
    check(daemon.stop()[0] == 0, "the stop failed")
    left = os.listdir(daemon.run) if os.path.exists(daemon.run) else []
    check(not left, "it leaves %s" % left)


def socket_is_a_file(daemon):
    path = os.path.join(daemon.run, "control.sock")
    os.makedirs(daemon.run, exist_ok=True)
    with open(path, "w") as f:
        f.write("mine")
    try:
        refused(daemon, "a file for a socket", path)
        with open(path) as f:
            check(f.read() == "mine", "somebody's file was replaced")
    finally:
        os.unlink(path)


def folder_is_a_file(daemon):
    os.rename(daemon.state, daemon.state + ".kept")
    open(daemon.state, "w").close()
    refused(daemon, "a file for the state folder", daemon.state)
    os.unlink(daemon.state)
    os.rename(daemon.state + ".kept", daemon.state)


def no_database(daemon):
    path = os.path.join(daemon.state, "conformd.db")
    os.rename(path, path + ".kept")
    for name in ("-wal", "-shm"):
        if os.path.exists(path + name):
            os.rename(path + name, path + name + ".kept")
    with open(path, "wb") as f:
        f.write(b"this is no database" * 1000)
    refused(daemon, "garbage for a database", daemon.state)
    with open(path, "rb") as f:
        check(f.read(4) == b"this", "the garbage was overwritten")
    os.unlink(path)
    os.rename(path + ".kept", path)
    for name in ("-wal", "-shm"):
        if os.path.exists(path + name + ".kept"):
            os.rename(path + name + ".kept", path + name)


def unreadable(daemon):
    text = open(daemon.config).read()
    os.unlink(daemon.config)
    refused(daemon, "no configuration", daemon.config)
    os.mkdir(daemon.config)
    refused(daemon, "a folder for a configuration", daemon.config)
    os.rmdir(daemon.config)
    with open(daemon.config, "w") as f:
        f.write(text)
    if os.geteuid() == 0:
        os.chmod(daemon.config, 0)
        refused(daemon, "a configuration of another", daemon.config, argv=[
            "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
            os.path.join(harness.BIN, "conformd"), "--config", daemon.config])
        os.chmod(daemon.config, 0o644)


def reaches(uid, path):
    """May that user run this program where it lies? A checkout below /root he may not enter."""
    child = os.fork()
    if child == 0:
        os.setuid(uid)
        os._exit(0 if os.access(path, os.X_OK) else 1)
    return os.waitpid(child, 0)[1] == 0


def of_another(daemon):
    if os.geteuid() != 0 or not reaches(65534, os.path.join(harness.BIN, "conformd-collector")):
        print("a state folder of another: not tried")
        return
    os.makedirs(daemon.run, exist_ok=True)
    os.chown(daemon.run, 65534, 65534)
    refused(daemon, "a state folder of another", daemon.state, argv=[
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
        os.path.join(harness.BIN, "conformd"), "--config", daemon.config])
    owner = os.stat(daemon.state).st_uid
    check(owner == os.geteuid(), "the owner of the state folder changed")
    os.chown(daemon.run, owner, -1)


def main():
    chaos.adopt_orphans()
    daemon = harness.Daemon(measures=False)
    daemon.write_config('{ name = "accounts"; plugin = "accounts"; every = "1h"; }')
    try:
        for part in (leftovers, port_taken, socket_is_a_file, folder_is_a_file, no_database,
                     unreadable, of_another):
            part(daemon)
        daemon.start()
        check(daemon.stop()[0] == 0, "the stop failed")
        check(not chaos.reap_orphans(daemon), "something is left")
    except BaseException:
        print(daemon.said()[-3000:])
        raise
    finally:
        daemon.finish()


main()
