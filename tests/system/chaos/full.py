"""The disk of the state folder fills up and gets room again: what was acknowledged is there, what came
meanwhile is counted once there is room, and the daemon is back by itself."""
import os
import subprocess

import chaos
import harness
from harness import check, time, wait_for

SIZE = "6m"
BACK_SECONDS = 75


def mounted(path):
    os.mkdir(path, 0o700)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + SIZE, "tmpfs", path],
                          capture_output=True)
    return done.returncode == 0


def fill(path):
    """All that is left, to the last byte."""
    with open(path, "wb", buffering=0) as f:
        size = 65536
        while size:
            try:
                if f.write(b"x" * size) < size:
                    size //= 2
            except OSError:
                size //= 2


def answers(daemon):
    try:
        return daemon.get("/api/status")
    except (OSError, harness.http.client.HTTPException):
        return None


def health(daemon):
    try:
        return daemon.http("/healthz")[0]
    except OSError:
        return 0


def main():
    if os.geteuid() != 0:
        harness.skip("only root mounts a tmpfs")
    daemon = harness.Daemon(measures=False)
    if not mounted(daemon.state):
        harness.skip("no tmpfs can be mounted here")
    log = daemon.path("auth.log")
    open(log, "w").close()
    daemon.write_config(chaos.log_collector(log), extra="allow_unattributed = true;\n")
    writer = chaos.Writer(log, rate=500)
    try:
        daemon.start()
        wait_for("the collector", lambda: (daemon.collector("auth") or {}).get("state") == "well")
        writer.start()
        wait_for("some lines", lambda: chaos.counted(daemon) > 500)
        heads = chaos.Heads()
        heads.take(daemon)
        filler = os.path.join(daemon.state, "filler")
        fill(filler)
        begun = time.monotonic()
        wait_for("trouble that is told", lambda: "full" in daemon.said() or "store" in daemon.said(),
                 30)
        print("told after %.1f s" % (time.monotonic() - begun))
        heads.take(daemon)
        until = time.monotonic() + 2
        wait_for("some time without room", lambda: time.monotonic() > until, 6)
        check(daemon.process.poll() is None, "the daemon gave up")
        check(health(daemon) in (200, 503), "/healthz does not answer without room")
        print("without room: the API %s" % ("answers" if answers(daemon) else "does not answer"))
        os.unlink(filler)
        begun = time.monotonic()
        written = writer.end()
        chaos.every_line_once(daemon, written, BACK_SECONDS)
        print("all %d lines %.1f s after there was room" % (written, time.monotonic() - begun))
        heads.take(daemon)
        check(daemon.stop()[0] == 0, "the stop failed")
        heads.judge(daemon.state)
        lines = daemon.said().splitlines()
        print("%d lines were said" % len(lines))
        check(len(lines) < 200, "it says too much")
    except BaseException:
        writer.ending.set()
        print(daemon.said()[-4000:])
        raise
    finally:
        if daemon.process and daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.wait()
        subprocess.run(["umount", "-l", daemon.state], check=False)
        daemon.finish()


main()
