"""Writes webhook payloads for the cross-check into a directory.

They are Moka's documented examples with other ids and with text that breaks
careless readers. Files ending in .sealed.json are to be sent encrypted. The
last one repeats the first: delivered twice, it must derive once.
"""

import copy
import json
import pathlib
import sys
import time

EXAMPLES = pathlib.Path(__file__).parents[2] / "ingest/webhook/testdata"
NAMES = ["邵旭冬", "O'Brien \"Bob\"", "𠮷野家", "naïve é", "👩‍💻", " \t\n"]
APPLICATIONS = range(7001, 7031)


def main(directory: pathlib.Path) -> None:
    push = json.loads((EXAMPLES / "webhook_pushCandidate.json").read_text())
    meeting = json.loads((EXAMPLES / "webhook_createInterviewsInfo.json").read_text())
    now = int(time.time())
    for i, application in enumerate(APPLICATIONS):
        one = copy.deepcopy(push)
        one["id"] = f"00000000-0000-4000-8000-{application:012d}"
        one["triggeredAt"] = now
        one["data"]["applicationId"] = application
        one["data"]["CandidateId"] = application * 10
        one["data"]["name"] = NAMES[i % len(NAMES)]
        one["data"]["somethingNew"] = {"of": ["Moka", i, None, 1.5, True]}
        write(directory, f"{i:03d}{'.sealed' if i % 5 == 4 else ''}.json", one)
        two = copy.deepcopy(meeting)
        two["id"] = f"00000000-0000-4000-9000-{application:012d}"
        two["triggeredAt"] = now
        two["data"]["applicationIds"] = [application]
        for interview in two["data"]["interviews"]:
            interview["event_id"] = str(900000 + i)
            interview["applicationIds"] = [application]
        write(directory, f"{i:03d}i.json", two)
    first = sorted(directory.glob("*.json"))[0]
    (directory / "999.json").write_bytes(first.read_bytes())


def write(directory: pathlib.Path, name: str, payload: dict) -> None:
    (directory / name).write_text(json.dumps(payload, ensure_ascii=False))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
