"""Runs `go test` so that nothing passes by not being run.

strict.py [--skip REASON]… [--embedded] GO_TEST_ARGUMENTS… prints a line for each
package, and with the line of one that failed what its failed tests said: first
where they found fault, then the beginning and the end of the rest. It fails if a
test fails, if one was skipped without saying a REASON, and, but with --embedded, if
none ran on a real Kafka.

At the end come the packages that took longest.
"""

import json
import pathlib
import re
import subprocess
import sys
from collections import defaultdict

EACH_END = 60  # lines of a failed test's output, from the beginning and from the end
MODULE = re.search(r"^module (\S+)", pathlib.Path("go.mod").read_text(encoding="utf-8"), re.MULTILINE)[1]
PLACE = re.compile(r"^\s+(\w+\.go):(\d+): ")
CRASH = re.compile(r"^panic: |^fatal error: |^WARNING: DATA RACE")


def faults(package: str, lines: list[str]) -> list[str]:
    """The lines by which a test failed, each with what it says in those below it.

    What a test logs looks the same, so the source at the place tells; of a place
    that speaks again and again the first words do.
    """
    found, told, below = [], defaultdict(int), 0
    for line in lines:
        if at := PLACE.match(line):
            told[at.groups()] += 1
            there = source(package, at[1], int(at[2]))
            logs = re.search(r"\.Logf?\(|kafkatest\.Start\(", there) and not re.search(r"\.(Error|Fatal)f?\(", there)
            below = 0 if logs or told[at.groups()] > 3 else 12
        elif CRASH.match(line):
            below = 25
        elif not line.startswith("        ") and below <= 12:
            below = 0
        if below:
            found.append(line)
            below -= 1
    return found[: 2 * EACH_END]


def source(package: str, file: str, line: int) -> str:
    try:
        return pathlib.Path(package.removeprefix(MODULE).lstrip("/"), file).read_text(encoding="utf-8").splitlines()[line - 1]
    except (OSError, IndexError):  # of another module
        return ".Log("


class Report:
    """What the tests have said so far, by package and test; a package's own is by ""."""

    def __init__(self) -> None:
        self.said: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.failed: list[tuple[str, str]] = []

    def tell(self, package: str) -> None:
        """Prints what the failed tests of a package said, and forgets it."""
        for where in [w for w in self.failed if w[0] == package or w[0].startswith(f"{package} ")]:
            lines = "".join(self.said.pop(where, [])).splitlines()
            if not lines:
                continue
            print(f"--- FAIL {' '.join(where).strip()}: {len(lines)} lines")
            if len(lines) > 2 * EACH_END:
                print(*faults(package, lines), "… of all it said:", sep="\n")
                lines = [*lines[:EACH_END], f"… {len(lines) - 2 * EACH_END} lines are left out …", *lines[-EACH_END:]]
            print(*lines, sep="\n")
        sys.stdout.flush()
        for where in [w for w in self.said if w[0] == package]:
            del self.said[where]


def main(arguments: list[str]) -> int:
    reasons, embedded = [], False
    while arguments[0] in ("--skip", "--embedded"):
        if arguments.pop(0) == "--skip":
            reasons.append(arguments.pop(0))
        else:
            embedded = True
    run = subprocess.Popen(["go", "test", "-json", *arguments], stdout=subprocess.PIPE, text=True, errors="replace")
    report = Report()
    skipped, passed, real, took = [], 0, 0, {}
    for line in run.stdout:
        try:
            event = json.loads(line)
        except ValueError:  # what go says outside of a test
            print(line, end="", flush=True)
            continue
        where = event.get("Package", event.get("ImportPath", "")), event.get("Test", "")
        action, said = event["Action"], report.said[where]
        if action in ("output", "build-output"):
            said.append(event["Output"])
            real += "kafkatest: real=true" in event["Output"]
        elif action == "skip" and where[1]:
            if not any(reason in "".join(said) for reason in reasons):
                skipped.append((*where, "".join(said)))
        elif action == "pass" and where[1]:
            passed += 1
            del report.said[where]
        elif action in ("fail", "build-fail"):
            report.failed.append(where)
        if not where[1] and action in ("pass", "fail", "skip", "build-fail"):
            if action != "build-fail":
                took[where[0]] = event.get("Elapsed", 0)
            print(f"{'ok  ' if action == 'pass' else action}\t{where[0]}\t{event.get('Elapsed', 0):.1f}s", flush=True)
            report.tell(where[0])
    status = run.wait()
    for package, test, said in skipped:
        print("skipped, and nothing may be:", package, test, said)
    if real == 0 and not embedded:
        print("no test ran on a real Kafka")
    print("longest:", ", ".join(f"{p.split('/', 3)[-1]} {s:.0f} s" for p, s in sorted(took.items(), key=lambda t: -t[1])[:10]))
    print(f"{passed} tests and subtests passed, {len(report.failed)} failed, {len(skipped)} skipped, {real} clusters were real")
    return int(bool(status or report.failed or skipped or not (real or embedded)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
