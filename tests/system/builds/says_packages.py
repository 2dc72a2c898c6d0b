"""scripts/packages.sh prints one line when it installs, and the output of apt-get when that fails. The
programs that it calls are stand-ins: nothing is installed."""
import os
import subprocess
import tempfile

import copied
from harness import SOURCE, check

STUBS = {
    # One package is missing, and the user is not root.
    "dpkg-query": 'case "$*" in *libcurl4) exit 1 ;; *) echo installed ;; esac',
    "id": "echo 1000",
    # Only apt-get runs, which is the stand-in below.
    "sudo": 'case "$1" in env) exec "$@" ;; tee) cat >/dev/null ;; esac',
    "apt-get": 'echo "apt-get $*" >>"$CALLS"; echo "a line of apt-get"; echo "another" >&2\n'
               'case "$*" in *$FAILS*) exit 100 ;; esac',
}


def run(root, fails):
    """(status, lines, the calls of apt-get)"""
    calls = os.path.join(root, "calls")
    with open(calls, "w"):
        pass
    ran = subprocess.run(
        [os.path.join(SOURCE, "scripts/packages.sh")], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, timeout=60, check=False,
        env=copied.environment(root, PATH=root + ":/usr/bin:/bin", CALLS=calls, FAILS=fails,
                               TMPDIR=root))
    with open(calls) as f:
        return ran.returncode, ran.stdout.splitlines(), f.read().splitlines()


def main():
    with tempfile.TemporaryDirectory(prefix="conformd-says-") as root:
        for name, text in STUBS.items():
            with open(os.path.join(root, name), "w") as f:
                f.write("#!/bin/sh\n%s\n" % text)
            os.chmod(os.path.join(root, name), 0o755)
        status, lines, calls = run(root, "nothing fails")
        check(status == 0 and lines == ["packages: installing 1: libcurl4"], (status, lines))
        check(len(calls) == 2 and "update" in calls[0] and calls[1].endswith(" libcurl4"), calls)
        status, lines, calls = run(root, "libcurl4")
        check(status == 1 and "a line of apt-get" in lines and "another" in lines, (status, lines))
        check(lines[-1] == "packages: apt-get install failed", lines)
        status, lines, calls = run(root, "update")
        check(status == 1 and len(calls) == 1 and lines[-1].endswith("update failed"), (status, lines))
        check(sorted(os.listdir(root)) == sorted([*STUBS, "calls"]), os.listdir(root))


main()
