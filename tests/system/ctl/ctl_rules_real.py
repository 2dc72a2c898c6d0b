"""rules test of the shipped rules on a real sshd log: the totals that are known by counting."""
import json
import os

import harness
from command import run
from harness import check

LOG = os.path.join(harness.SHARED, "fixtures/loghub/OpenSSH/OpenSSH_2k.log")


def main():
    if not os.path.exists(LOG):
        harness.skip("there is no " + LOG)
    rules = os.path.join(harness.SOURCE, "etc/rules.d")
    answer = json.loads(run("rules", "test", "--json", "--rules", rules, LOG).out)
    totals = {}
    for row in answer["sets"]:
        totals[row["attribute"]] = totals.get(row["attribute"], 0) + row["count"]
    check(totals == {"log_auth_failures": 528, "log_invalid_users": 113, "log_auth_accepted": 1},
          "totals: %s" % totals)
    with open(LOG, "rb") as f:
        lines = f.read().splitlines()
    check(answer["lines"] == len(lines), "lines: %d" % answer["lines"])
    words = (b"Failed password", b": Invalid user", b"Accepted password")
    matched = sum(any(word in line for word in words) for line in lines)
    check(answer["unmatched"] == len(lines) - matched,
          "unmatched: %d, not %d" % (answer["unmatched"], len(lines) - matched))
    run("rules", "test", "--rules", rules, LOG).says("log_auth_failures  528", "276 ")


main()
