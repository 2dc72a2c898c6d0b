"""The public headers compiled alone, as C11, C17 and C++17, and the first with a plugin of 40 lines."""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

import common

FLAGS = ["-Wall", "-Wextra", "-Wpedantic", "-pedantic", "-Werror", "-fsyntax-only"]
MINIMAL = """#include <conformd/collector.h>
#include <conformd/collector.h>
static int open_it(const struct cfd_host *host, void **ret_self)
{
    (void)host;
    *ret_self = NULL;
    return CFD_OK;
}
static int collect_it(void *self, const struct cfd_host *host)
{
    (void)self;
    return host->missing(host, 0, "it is a trial");
}
extern const struct cfd_collector cfd_collector_plugin;
const struct cfd_collector cfd_collector_plugin = {
    CFD_COLLECTOR_HEAD, 0, "trial", "1", "A trial.", NULL, NULL, NULL, NULL,
    open_it, collect_it, NULL, NULL, NULL, NULL};
"""


def compile_text(include, compiler, standard, language, text):
    """The compiler's complaint, or an empty text."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "trial." + ("cpp" if language == "c++" else "c"))
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        ran = subprocess.run([compiler, f"-std={standard}", *FLAGS, "-I", include, "-x", language,
                              path], capture_output=True, text=True, check=False)
    return ran.stderr or ("it failed" if ran.returncode else "")


def main():
    rules = common.Rules()
    include = rules.path("include")
    names = sorted(os.path.relpath(path, include)
                   for path in glob.glob(os.path.join(include, "conformd", "**", "*.h"), recursive=True))
    common.expect(len(names) > 4, f"{include} has no headers of the kit")
    compilers = [(os.environ.get("CC", "cc"), standard, "c") for standard in ("c11", "c17")]
    plus = shutil.which("g++") or shutil.which("clang++")
    if plus:
        compilers.append((plus, "c++17", "c++"))
    else:
        print("no C++ compiler here: the header was not tried as C++")
    for compiler, standard, language in compilers:
        common.expect(compile_text(include, compiler, standard, language, "int f(int a) { }\n"),
                      f"{standard}: a wrong text compiles")
        for header, text in [("conformd/collector.h", MINIMAL)] + [(name, f"#include <{name}>\n") for name in names]:
            complaint = compile_text(include, compiler, standard, language, text)
            if complaint:
                rules.fail("include/" + header, f"{standard}: {complaint}")
    rules.finish("header")


if __name__ == "__main__":
    sys.exit(main())
