"""Runs `go test` so that nothing passes by not being run.

strict.py [--skip REASON] GO_TEST_ARGUMENTS… prints a line for each package, and of
failed tests what they said. It fails if a test fails, if one was skipped without
saying REASON, and if none ran on a real Kafka.
"""

import json
import subprocess
import sys
from collections import defaultdict


def main(arguments: list[str]) -> int:
    reason = None
    if arguments[0] == "--skip":
        reason, arguments = arguments[1], arguments[2:]
    run = subprocess.Popen(["go", "test", "-json", *arguments], stdout=subprocess.PIPE, text=True)
    said = defaultdict(list)  # output by package and test; the package's own by ""
    failed, skipped, passed, real = [], [], 0, 0
    for line in run.stdout:
        try:
            event = json.loads(line)
        except ValueError:  # what go says outside of a test
            print(line, end="", flush=True)
            continue
        where = event.get("Package", event.get("ImportPath", "")), event.get("Test", "")
        match event["Action"]:
            case "output" | "build-output":
                text = event["Output"]
                said[where].append(text)
                real += "kafkatest: real=true" in text
                if not where[1] and text.startswith(("ok ", "FAIL\t")):
                    print(text, end="", flush=True)
            case "fail" | "build-fail":
                failed.append(where)
            case "skip" if where[1]:
                if reason is None or reason not in "".join(said[where]):
                    skipped.append(where)
            case "pass" if where[1]:
                passed += 1
                del said[where]
    status = run.wait()
    for where in failed:
        print(f"--- {' '.join(where)}:", "".join(said[where][-200:]), sep="\n")
    for where in skipped:
        print("skipped, and nothing may be:", *where, "".join(said[where]))
    if real == 0:
        print("no test ran on a real Kafka")
    print(f"{passed} tests and subtests passed, {len(skipped)} skipped, {real} clusters were real")
    return int(bool(status or failed or skipped or not real))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
