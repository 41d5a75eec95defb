"""Reads the topics with kcat, confluent-kafka and fastavro and compares.

Every record must be the same to kcat (bytes, key, headers), to Confluent's own
consumer and deserializer, to fastavro with the schema and its references fetched
by hand, and to `mokafka tail --json`. Beyond that: the wire format's header, the
partition Java clients would choose, and the CloudEvents headers.
"""

import json
import os
import pathlib
import sys
import time

import readers
from payloads import APPLICATIONS

PREFIX = os.environ["KAFKA_TOPIC_PREFIX"]
EVENTS = ["candidates", "offers", "interviews", "headcounts"]
TOPICS = ["journal", *EVENTS, *(f"{e}.state" for e in EVENTS), "dlq"]
faults: list[str] = []


def expect(ok: bool, record: str, what: str, *details) -> None:
    if not ok:
        faults.append(" ".join([f"{record}: {what}", *(str(d)[:300] for d in details)]))


def name(topic: str) -> str:
    return f"{PREFIX}.{topic}.v1"


def await_events(seconds: float) -> None:
    """Waits until every application has a candidate event and an interview event."""
    end = time.monotonic() + seconds
    missing = {"nobody has looked yet"}
    while missing and time.monotonic() < end:
        seen = {(t, r["key"]) for t in ("candidates", "interviews") for r in readers.tail(name(t)).values()}
        missing = {(t, f"crosscheck:app:{a}") for t in ("candidates", "interviews") for a in APPLICATIONS} - seen
        time.sleep(0.2)
    expect(not missing, "events", f"missing after {seconds} s:", sorted(missing)[:5])


def compare(topic: str, partitions: int) -> int:
    raw, theirs, ours = readers.kcat(name(topic)), readers.confluent(name(topic)), readers.tail(name(topic))
    expect(raw.keys() == theirs.keys() == ours.keys(), topic, "other records:", len(raw), len(theirs), len(ours))
    for at in raw.keys() & theirs.keys() & ours.keys():
        a, b, c = raw[at], theirs[at], ours[at]
        record = f"{topic} {at[0]}@{at[1]}"
        expect(a["value"] == b["bytes"], record, "kcat and confluent-kafka read other bytes")
        for field in ("key", "timestamp", "headers"):
            expect(a[field] == b[field] == c[field], record, field, a[field], b[field], c[field])
        expect(a["value"][:1] == b"\0" and len(a["value"]) > 5, record, "no wire format header")
        decoded = readers.fastavro_value(a["value"])
        expect(decoded == b["value"], record, "fastavro and Confluent's deserializer differ", decoded, b["value"])
        expect(readers.as_json(decoded) == c["value"], record, "mokafka tail differs", readers.as_json(decoded), c["value"])
        root = ":".join(a["key"].split(":")[:3])
        expect(at[0] == readers.java_partition(root, partitions), record, "not in the partition of", root)
        if topic in EVENTS:
            cloud_event(record, a, decoded)
    return len(raw)


def cloud_event(record: str, raw: dict, event: dict) -> None:
    headers = raw["headers"]
    for key, want in {
        "ce_specversion": "1.0",
        "ce_id": event["event_id"],
        "ce_source": "/moka/crosscheck",
        "content-type": "application/avro",
    }.items():
        expect(headers.get(key) == want, record, f"{key} is {headers.get(key)}, not {want}")
    expect(headers.get("ce_type", "").startswith("com.moka."), record, "ce_type", headers.get("ce_type"))
    expect("ce_time" in headers and "ce_subject" in headers, record, "no ce_time or ce_subject", headers)
    schema = int.from_bytes(raw["value"][1:5], "big")
    expect(headers.get("ce_dataschema", "").endswith(f"/schemas/ids/{schema}"), record, headers.get("ce_dataschema"))
    expect(readers.get(headers["ce_dataschema"]) is not None, record, "nothing at", headers["ce_dataschema"])


def main(payloads: pathlib.Path) -> int:
    await_events(60)
    partitions = readers.partitions(name("journal"))
    counts = {topic: compare(topic, partitions) for topic in TOPICS}
    sent = len(list(payloads.glob("*.json")))
    expect(counts["journal"] == sent, "journal", f"{counts['journal']} entries of {sent} webhooks")
    expect(counts["dlq"] == 0, "dlq", f"{counts['dlq']} dead letters")
    for topic in EVENTS:
        ids = [r["value"]["event_id"] for r in readers.tail(name(topic)).values()]
        expect(len(ids) == len(set(ids)), topic, "an event was derived twice")
    pushed = sum(r["value"]["type"] == "PUSHED" for r in readers.tail(name("candidates")).values())
    expect(pushed == len(APPLICATIONS), "candidates", f"{pushed} pushed events of {len(APPLICATIONS)} applications")
    for fault in faults[:30]:
        print(fault)
    print("crosscheck:", json.dumps(counts), f"{len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
