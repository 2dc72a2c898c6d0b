"""Installs the kit into a folder, builds a collector there with the compiler and pkg-config alone, and has
conformd-collector describe it and run its selftest, on good trees and on others."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
CMAKE, BUILD, COMPILER, *FLAGS = sys.argv[1:]
COLLECTOR = os.path.join(BUILD, "bin", "conformd-collector")


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def expect(condition, sentence, ran=None):
    if not condition:
        print(sentence)
        if ran:
            print(ran.args, ran.returncode, ran.stdout, ran.stderr, sep="\n")
        sys.exit(1)


def install(prefix):
    ran = run(CMAKE, "--install", BUILD, "--prefix", prefix, "--component", "kit")
    expect(ran.returncode == 0, "the kit is not installed", ran)
    for path in ("include/conformd/collector.h", "include/conformd/kit/run.h", "lib/libconformd_kit.a",
                 "lib/pkgconfig/conformd-kit.pc"):
        expect(os.path.isfile(os.path.join(prefix, path)), f"{path} is not installed")


def build(folder, prefix):
    """hosts.so, with only what is installed."""
    environment = dict(os.environ, PKG_CONFIG_PATH=os.path.join(prefix, "lib", "pkgconfig"))
    asked = run("pkg-config", "--cflags", "--libs", "conformd-kit", env=environment)
    expect(asked.returncode == 0 and prefix in asked.stdout, "pkg-config does not find the kit", asked)
    output = os.path.join(folder, "hosts.so")
    strict = [] if FLAGS else ["-Wl,-z,defs"]
    ran = run(COMPILER, *FLAGS, "-std=c17", "-D_POSIX_C_SOURCE=200809L", "-O1", "-Wall", "-Wextra", "-Werror",
              "-shared", "-fPIC", "-fvisibility=hidden", *strict, os.path.join(HERE, "hosts.c"), "-o", output,
              *asked.stdout.split())
    expect(ran.returncode == 0, "the collector does not build", ran)
    shutil.copytree(os.path.join(HERE, "selftest"), os.path.join(folder, "selftest", "hosts"))
    return output


def check_names(plugin):
    ran = run("nm", "-D", "--defined-only", plugin)
    names = {line.split()[-1] for line in ran.stdout.splitlines()}
    names = {name for name in names if not name.startswith(("__asan", "__odr", "__ubsan", "__gcov"))}
    expect(names == {"cfd_collector_plugin"}, f"the collector exports {sorted(names)}")


def check_described(plugin):
    ran = run(COLLECTOR, "--describe", plugin)
    expect(ran.returncode == 0, "the collector is not described", ran)
    told = json.loads(ran.stdout)
    expect([row["name"] for row in told["attributes"]] == ["hosts_names"], "its attribute is not there", ran)
    expect(told["settings"][0]["name"] == "file", "its setting is not there", ran)


def check_selftest(plugin, tree, sentence):
    """Without a sentence it passes; with one it fails, and says that."""
    ran = run(COLLECTOR, "--selftest", plugin, tree)
    said = ran.stdout + ran.stderr
    if sentence:
        expect(ran.returncode != 0 and sentence in said, f"a selftest does not fail with: {sentence}", ran)
    else:
        expect(ran.returncode == 0, "the selftest does not pass", ran)


def main():
    with tempfile.TemporaryDirectory() as folder:
        prefix = os.path.join(folder, "prefix")
        install(prefix)
        plugin = build(folder, prefix)
        if not FLAGS:
            check_names(plugin)
        check_described(plugin)
        tree = os.path.join(folder, "selftest", "hosts")
        check_selftest(plugin, tree, None)
        with open(os.path.join(tree, "good", "etc", "hosts"), "a", encoding="utf-8") as file:
            file.write("192.0.2.7 another\n")
        check_selftest(plugin, tree, "sum 3")
        os.unlink(os.path.join(tree, "good", "etc", "hosts"))
        check_selftest(plugin, tree, "is not there")
    print("built outside, described, tried")


main()
