"""RFC 6962 by its definition, over the leaves as they lie in the store: a judge that shares nothing
with the product."""
import hashlib
import os
import sqlite3
import struct


def root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def entries(bundle):
    at = 0
    while at < len(bundle):
        (length,) = struct.unpack_from(">H", bundle, at)
        yield bundle[at + 2:at + 2 + length]
        at += 2 + length


def read_store(state):
    """All leaves, and every (size, root) that was ever committed."""
    with sqlite3.connect("file:%s?mode=ro" % os.path.join(state, "conformd.db"), uri=True) as db:
        rows = db.execute("SELECT first, count, entries, root FROM bundles ORDER BY first").fetchall()
    leaves, heads = [], []
    for first, count, bundle, head in rows:
        assert first == len(leaves), "a gap before leaf %d" % first
        found = list(entries(bundle))
        assert len(found) == count, "bundle %d holds %d leaves, says %d" % (first, len(found), count)
        leaves += found
        heads.append((len(leaves), head))
    return leaves, heads
