"""Runs the consumers of schemas/examples side by side and compares what they print
with what `mokafka tail` sees: python check.py BUILT DIR SIMULATOR

What has to hold of each: it prints every event once, a stage move of an application
that the simulator moves among them, with its event id; it ends in order at SIGTERM
with its offsets committed; going back to the beginning has it print nothing again;
what a transaction aborted is nothing to it; a deletion and a tombstone end a row;
bytes that cannot be read end it, with its offsets where they are.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

from confluent_kafka import Producer

BUILT, DIR, SIM = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
PREFIX = os.environ["KAFKA_TOPIC_PREFIX"]
EVENTS, STATES = f"{PREFIX}.candidates.v1", f"{PREFIX}.candidates.state.v1"
COMMANDS = {
    "go": [BUILT / "consumer-go"],
    "java": ["java", "-Xmx128m", "-cp", f"{BUILT}/java/target/classes:{BUILT}/java/target/dependency/*", "Consumer"],
    "python": [sys.executable, "schemas/examples/python/consumer.py"],
    "node": ["node", BUILT / "node" / "consumer.js"],
}


class Consumer:
    """One of the programs, started and ended as often as you like."""

    def __init__(self, name: str):
        self.name, self.group, self.out = name, f"{PREFIX}-{name}", DIR / f"{name}.out"

    def start(self) -> None:
        env = os.environ | {"GROUP": self.group, "TABLE": str(DIR / f"{self.name}.table"), "PYTHONDONTWRITEBYTECODE": "1"}
        with open(self.out, "ab") as out, open(DIR / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(COMMANDS[self.name], env=env, stdout=out, stderr=log)

    def end(self) -> str:
        """SIGTERM; what it said at its end."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=30)
        assert status == 0, f"{self.name}: status {status} after SIGTERM"
        return (DIR / f"{self.name}.log").read_text().splitlines()[-1]

    def lines(self) -> list[str]:
        return self.out.read_text().splitlines()


def mokafka(*args: str) -> str:
    return subprocess.run(["bin/mokafka", *args], check=True, stdout=subprocess.PIPE, text=True).stdout


def tail(topic: str) -> list[dict]:
    return [json.loads(line) for line in mokafka("tail", topic, "--from", "earliest", "--json", "--exit-at-end").splitlines()]


def sim(path: str, body: dict | None = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(SIM + path, data=data), timeout=20) as answer:
        return json.load(answer)


def until(what: str, seconds: float, check):
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.5)
    return found


def name(stage: dict | None) -> str | None:
    return stage and stage["name"]


def printed(record: dict) -> str:
    """The line that an event is to be printed as."""
    event = record["value"]
    line = f"{event['type']} event={event['event_id']} key={record['key']}"
    if event["type"] == "STAGE_MOVED":
        line += f" from={name(event['transition']['from'])} to={name(event['transition']['to'])}"
    return line


def aborted() -> None:
    """Bytes that nobody can read, in a transaction that is aborted."""
    producer = Producer({"bootstrap.servers": os.environ["KAFKA_BROKERS"], "transactional.id": f"{PREFIX}-aborted"})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(EVENTS, key="demo:app:1", value=b"this was never said")
    producer.flush(30)
    producer.abort_transaction(30)


def bury(record: dict) -> None:
    """The tombstone that mokafka writes a week after a deletion."""
    producer = Producer({"bootstrap.servers": os.environ["KAFKA_BROKERS"]})
    producer.produce(STATES, key=record["key"], value=None, partition=record["partition"])
    assert producer.flush(30) == 0, "the tombstone was not taken"


def spoil(topic: str) -> None:
    """What a faulty program might write: no Avro, and committed."""
    producer = Producer({"bootstrap.servers": os.environ["KAFKA_BROKERS"]})
    producer.produce(topic, key="demo:app:1", value=b"not Avro at all")
    assert producer.flush(30) == 0, "the record was not taken"


def agree(consumers: list[Consumer], what: str) -> list[dict]:
    """Waits until each has printed just what is in the topic, each event once."""
    events = tail(EVENTS)
    want = sorted(map(printed, events))

    def check() -> bool:
        return all(sorted(l for l in c.lines() if not l.startswith("FORGOTTEN")) == want for c in consumers)

    try:
        until(what, 60, check)
    except AssertionError:
        for c in consumers:
            got = c.lines()
            print(f"{c.name}: {len(got)} lines, {len(want)} events; missing {sorted(set(want) - set(got))[:3]}, "
                  f"beyond them {sorted(set(got) - set(want))[:3]}, still running: {c.process.poll() is None}")
        raise
    return events


def main() -> None:
    consumers = [Consumer(name) for name in COMMANDS]
    for c in consumers:
        c.start()
    try:
        story(consumers)
    finally:
        for c in consumers:
            if c.process.poll() is None:
                c.process.kill()


def story(consumers: list[Consumer]) -> None:
    agree(consumers, "what was there before to be printed")
    # They run, and somebody in the company moves an application.
    open_ones = [a for a in sim("/__sim/truth")["applications"] if not a["archived"]]
    one = open_ones[0]
    other = next(a for a in open_ones if a["stageId"] != one["stageId"])
    aborted()
    sim("/__sim/act", {"act": "move", "applicationId": one["applicationId"], "stageId": other["stageId"]})
    key = f"demo:app:{one['applicationId']}"
    line = until("the stage move in the topic", 60, lambda: [
        printed(r) for r in tail(EVENTS) if r["key"] == key and r["value"]["type"] == "STAGE_MOVED"
        and name(r["value"]["transition"]["to"]) == other["stageName"]])[-1]
    for c in consumers:
        until(f"{c.name} to print {line}", 30, lambda c=c: line in c.lines())
    agree(consumers, "every event to be printed once")
    print(f"examples: all of them print {line}")

    # They end in order, go back to the beginning, and act on nothing again.
    ends = {c.name: c.end() for c in consumers}
    counts = {c.name: len(c.lines()) for c in consumers}
    assert len(set(ends.values())) == 1, f"their tables differ: {ends}"
    for c in consumers:
        for topic in (EVENTS, STATES):
            moved = json.loads(mokafka("replay", "offsets", "--group", c.group, "--topic", topic, "--to-earliest", "--json"))
            assert moved, f"{c.name}: nothing was committed for {topic}"
    sim("/__sim/act", {"act": "delete", "applicationId": one["applicationId"]})
    for c in consumers:
        c.start()
    gone = until("the deletion in the topic", 120, lambda: [
        r for r in tail(EVENTS) if r["key"] == key and r["value"]["type"] == "DELETED"])[0]
    agree(consumers, "the deletion, and nothing again")
    for c in consumers:
        assert len(c.lines()) < 2 * counts[c.name], f"{c.name} acts again on what it had"
    state = until("the deletion in the states", 30, lambda: [
        r for r in tail(STATES) if r["key"] == key and r["value"]["entity"] is None])[-1]
    assert state["value"]["version"] == gone["value"]["version"], "state and event are of another version"
    bury(state)
    for c in consumers:
        until(f"{c.name} to forget {key}", 30, lambda c=c: f"FORGOTTEN key={key}" in c.lines())
    again = {c.name: c.end() for c in consumers}
    alive = len({r["key"] for r in tail(STATES)}) - 1  # but the one that is gone
    for program, said in again.items():
        assert said == f"stopped; {alive} applications in the table", f"{program} said {said!r}, and {alive} are alive"
    events = len(tail(EVENTS))

    # Nothing is passed over in silence, however often it is tried.
    spoil(EVENTS)
    for _ in range(2):
        for c in consumers:
            c.start()
        for c in consumers:
            status = c.process.wait(timeout=60)
            assert status == 1, f"{c.name}: status {status} at bytes that cannot be read"
    print(f"examples: {len(consumers)} programs, {events} events each, one deletion, one tombstone; {again['go']}")


if __name__ == "__main__":
    main()
