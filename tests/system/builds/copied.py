"""A copy of the source as a stranger has it, and the environment of a shell in which nothing is set."""
import os
import shutil
import subprocess

from harness import SOURCE

# Variables that change how cmake, make or a compiler builds.
LEAKS = ("CC", "CFLAGS", "CPPFLAGS", "LDFLAGS", "MAKEFLAGS", "MAKELEVEL", "DESTDIR", "NINJA_STATUS",
         "VERBOSE", "CONFORMD_WERROR")


def names():
    """The files that git knows or would add; without a checkout, all files outside of build/."""
    listed = subprocess.run(["git", "-C", SOURCE, "ls-files", "-z", "--cached", "--others",
                             "--exclude-standard"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, check=False) if shutil.which("git") else None
    if listed and listed.returncode == 0:
        return [os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    return [os.path.relpath(os.path.join(folder, name), SOURCE)
            for folder, folders, files in os.walk(SOURCE) for name in files
            if os.path.relpath(folder, SOURCE).split(os.sep)[0] not in ("build", ".git")]


def copy_source(target):
    for name in names():
        path = os.path.join(target, name)
        if os.path.isfile(os.path.join(SOURCE, name)):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copy2(os.path.join(SOURCE, name), path)
    return target


def environment(root, **more):
    """A ccache, where there is one, may reuse what was built in another copy below another root."""
    kept = {name: value for name, value in os.environ.items()
            if name not in LEAKS and not name.startswith("CMAKE_")}
    return dict(kept, LC_ALL="C", CCACHE_BASEDIR=root, CCACHE_NOHASHDIR="1", **more)
