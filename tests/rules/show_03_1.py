"""The house: halls and rooms as docs/ARCHITECTURE.md has them, at most nine halls, arrows one way,
names that tell their room, no stem twice. Each of these scripts first shows that it can fail."""
import os
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))


def main():
    answers = []
    for rule in ("arrows.py", "symbols.py"):
        ran = subprocess.run([sys.executable, os.path.join(FOLDER, rule), *sys.argv[1:]], check=False)
        answers.append(ran.returncode)
    sys.exit(next((answer for answer in answers if answer), 0))


main()
