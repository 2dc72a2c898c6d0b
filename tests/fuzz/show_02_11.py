#!/usr/bin/python3
"""show.02.11: every fuzz target finds nothing.

usage: show_02_11.py SECONDS PROGRAMS SOURCES FOUND

PROGRAMS has fuzz_NAME of each target, SOURCES fuzz_NAME.c and corpus/NAME, FOUND is kept between runs:
what a target learnt, and what made it fail. A target that is missing, has no inputs, or ran hardly at
all is a failure as much as one that finds something.
"""
import concurrent.futures
import glob
import os
import re
import subprocess
import sys

# What the issue names, and the target that covers it.
NAMED = {
    "frame": "frames of a channel",
    "intake": "messages of a collector",
    "config": "the configuration",
    "ledger": "entry bundles and rows of samples",
    "payload": "leaves and payloads of a damaged store",
    "server": "an HTTP request from the socket on",
    "http": "an HTTP request's path, parameters and headers",
    "control": "a control request",
}
LEAST = 20   # inputs; a target that tried fewer shows nothing


def words_of(log):
    """The lines that say what was found."""
    lines = [line for line in log.splitlines()
             if re.search(r"ERROR:|SUMMARY:|runtime error:|    #\d+ .*/(daemon|plugins|tests)/", line)]
    return "\n".join(lines[:12])


def run(name, seconds, programs, sources, found):
    """(inputs tried, what is wrong or "")."""
    program, corpus = os.path.join(programs, "fuzz_" + name), os.path.join(sources, "corpus", name)
    learnt = os.path.join(found, name)
    if not os.access(program, os.X_OK):
        return 0, "there is no program " + program
    if not glob.glob(os.path.join(corpus, "*")):
        return 0, "there are no inputs in " + corpus
    os.makedirs(learnt, exist_ok=True)
    ran = subprocess.run(
        [program, "-max_total_time=%d" % seconds, "-timeout=10", "-rss_limit_mb=2048",
         "-print_final_stats=1", "-artifact_prefix=%s-" % learnt, learnt, corpus],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    tried = re.search(r"stat::number_of_executed_units: +(\d+)", ran.stdout)
    count = int(tried.group(1)) if tried else 0
    if ran.returncode:
        return count, "exit %d\n%s" % (ran.returncode, words_of(ran.stdout) or ran.stdout[-2000:])
    return count, "" if count >= LEAST else "tried %d inputs, of at least %d" % (count, LEAST)


def main():
    seconds, programs, sources, found = int(sys.argv[1]), *sys.argv[2:]
    names = {re.match(r"fuzz_(\w+)\.c", os.path.basename(path)).group(1)
             for path in glob.glob(os.path.join(sources, "fuzz_*.c"))}
    names = sorted(names | set(NAMED))
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = {name: pool.submit(run, name, seconds, programs, sources, found) for name in names}
        for name in names:
            count, fault = runs[name].result()
            print("%-9s %9d inputs  %s" % (name, count, fault or "nothing found"), flush=True)
            wrong += bool(fault)
    print("%d targets, %d s each, %d with faults" % (len(names), seconds, wrong))
    sys.exit(1 if wrong else 0)


main()
