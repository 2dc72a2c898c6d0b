"""The store of commit 8d7ec9d: made once by that build at the end of the story, and never again. Every
later build must open it, verify it and go on from it."""
import glob
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile

import harness
from harness import check
from world import INPUT

HERE = os.path.dirname(os.path.abspath(__file__))
ARCHIVE = os.path.join(HERE, "store", "8d7ec9d.tar.xz")
# So that nothing that lasts (look-back, a formula's range, a month's selftest, a year's numbers of
# findings) is still going on when it is opened, today as ever.
AGO_DAYS = 400
# No machine's.
BOOT = "00000000-0000-4000-8000-000000000000"
# What the collectors read, and the configuration, as they were at the end.
FILES = ("passwd", "shadow", "shadow.old", "group", "sshd_config", "checks", "measures.d", "rules.d")


class Old:
    """What the store must still say: answers of the build that made it, word for word."""

    def __init__(self, answers):
        self.size = answers["size"]
        self.root = answers["root"]
        self.folder = answers["folder"]
        self.leaves = answers["leaves"]
        self.findings = answers["findings"]
        self.measures = answers["measures"]
        self.rights = answers["rights"]
        self.basis = answers["basis"]


def programs_of_then(folder):
    """A folder of programs that do as those of the build do, and hold it for AGO_DAYS days earlier."""
    clock = os.path.join(folder, "ago.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-DAGO_SECONDS=%d" % (AGO_DAYS * 86400), "-o", clock,
                    os.path.join(HERE, "ago.c"), "-ldl"], check=True)
    for name in os.listdir(harness.BIN):
        if name.startswith("conform"):
            path = os.path.join(folder, name)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o755), "w") as f:
                f.write("#!/bin/sh\nLD_PRELOAD=%s exec %s \"$@\"\n"
                        % (clock, os.path.join(harness.BIN, name)))
    return folder


def unpack(world):
    """The store and its world in this world's folder."""
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(world.folder)
    for name in FILES:
        target = world.path(name)
        shutil.rmtree(target) if os.path.isdir(target) else os.unlink(target)
        os.rename(world.path("old", name), target)
    with open(world.path("old", "answers.json")) as f:
        old = Old(json.load(f))
    os.rename(world.path("old", "state"), world.state)
    os.chmod(world.state, 0o700)
    with open(world.path("old", "base.conf")) as f:
        world.base = f.read()
    world.then = [(old.folder, "[folder then]")]
    world.configure(rights=old.rights, basis=old.basis)
    return old


def make(world):
    store = os.path.join(world.state, "conformd.db")
    answers = dict(ask_again(world), rights=world.rights, basis=world.basis,
                   folder=world.folder)
    pack_store(store)
    with tarfile.open(ARCHIVE, "w:xz", preset=9) as archive:
        for name in FILES:
            archive.add(world.path(name), "old/" + name, filter=plain)
        for path in (store, os.path.join(world.state, "pseudonym.key")):
            archive.add(path, "old/state/" + os.path.basename(path), filter=plain)
        archive.add(os.path.join(INPUT, "base.conf"), "old/base.conf", filter=plain)
        add_text(archive, "old/answers.json", json.dumps(answers, sort_keys=True))
    left = sorted(set(os.listdir(world.state)) - {"conformd.db", "pseudonym.key"})
    print("%d bytes; left out of state_dir: %s" % (os.path.getsize(ARCHIVE), left))


def ask_again(world):
    """Started once more, and asked at once; the copy that is packed was taken before."""
    copy = world.path("copy")
    shutil.copytree(world.state, copy)
    world.start()
    size = leaves_of(copy)
    answers = {"size": size[0], "root": size[1],
               "leaves": [strip(world.get("/api/evidence/%d" % at)) for at in range(size[0])],
               "findings": [world.get("/api/findings/" + row["ref"])
                            for row in world.get("/api/findings")["findings"]],
               "measures": world.get("/api/measures")["measures"]}
    check(world.stop()[0] == 0, "the stop failed")
    shutil.rmtree(world.state)
    os.rename(copy, world.state)
    return answers


def leaves_of(state):
    import merkle
    leaves, heads = merkle.read_store(state)
    return len(leaves), heads[-1][1].hex()


def strip(shown):
    """Of a leaf what stays the same however many come after it."""
    return {key: shown[key] for key in ("leaf", "readings", "excerpts", "text")}


def pack_store(path):
    """One file, and small."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    for more in glob.glob(path + "-*"):
        os.unlink(more)


def set_boot(state):
    """As if the machine had been started since, which is so but where the store was just made."""
    db = sqlite3.connect(os.path.join(state, "conformd.db"))
    text, = db.execute("SELECT body FROM states WHERE kind = 'daemon' AND id = 'boot'").fetchone()
    db.execute("UPDATE states SET body = ? WHERE kind = 'daemon' AND id = 'boot'",
               (json.dumps(dict(json.loads(text), id=BOOT), separators=(",", ":"), sort_keys=True),))
    db.commit()
    db.close()


def plain(info):
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    return info


def add_text(archive, name, text):
    info = plain(tarfile.TarInfo(name))
    data = text.encode()
    info.size = len(data)
    archive.addfile(info, io.BytesIO(data))
