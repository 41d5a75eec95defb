"""Acts on what happens to candidates, once, and keeps a table of how they are.

Reads moka.candidates.v1 (events: act on them) and moka.candidates.state.v1 (states:
keep a table), and commits its offsets only after what it read is in the table.
"""

import os
import pathlib
import signal
import sys

from confluent_kafka import Consumer, KafkaException
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from table import Table

BROKERS = os.environ.get("KAFKA_BROKERS", "127.0.0.1:9092")
REGISTRY = os.environ.get("SCHEMA_REGISTRY_URL", "http://127.0.0.1:8081")
PREFIX = os.environ.get("KAFKA_TOPIC_PREFIX", "moka")
GROUP = os.environ.get("GROUP", "example-python")
EVENTS, STATES = f"{PREFIX}.candidates.v1", f"{PREFIX}.candidates.state.v1"


def deserializers() -> dict:
    """One for each topic. They read with our own schemas, which have only the fields
    that we use: no personal data gets in here, and new fields do not matter."""
    registry = SchemaRegistryClient({"url": REGISTRY})
    here = pathlib.Path(__file__).parent
    return {
        EVENTS: AvroDeserializer(registry, (here / "candidate_event.avsc").read_text()),
        STATES: AvroDeserializer(registry, (here / "candidate_state.avsc").read_text()),
    }


def on_event(table: Table, key: str, event: dict) -> None:
    if not table.remember(event["event_id"]):
        return  # handed to us once more: we have acted on it
    line = f"{event['type']} event={event['event_id']} key={key}"
    if event["type"] == "STAGE_MOVED":
        line += f" from={stage(event['transition'], 'from')} to={stage(event['transition'], 'to')}"
    print(line, flush=True)  # this is where you act
    if event["after"] is None:
        table.delete(key, event["version"])
    else:
        table.upsert(key, event["version"], stage(event["after"], "stage"))


def on_state(table: Table, key: str, state: dict | None) -> None:
    if state is None:  # a tombstone: it was deleted a week ago
        if table.forget(key):
            print(f"FORGOTTEN key={key}", flush=True)
    elif state["entity"] is not None:
        table.upsert(key, state["version"], stage(state["entity"], "stage"))
    elif state["deleted_at"] is not None:
        table.delete(key, state["version"])
    # else: it was not seen yet, and a command waits for it


def stage(record: dict | None, field: str) -> str | None:
    """The name of a stage, in a record that may be missing."""
    found = (record or {}).get(field)
    return found["name"] if found else None


def main() -> None:
    stopping = []
    for s in (signal.SIGTERM, signal.SIGINT):
        signal.signal(s, lambda *_: stopping.append(True))
    table = Table(os.environ.get("TABLE", "candidates-python.db"))
    read = deserializers()
    consumer = Consumer({
        "bootstrap.servers": BROKERS,
        "group.id": GROUP,
        "isolation.level": "read_committed",  # nothing of transactions that were aborted
        "enable.auto.commit": False,  # we commit, after the work
        "auto.offset.reset": "earliest",
        "enable.metrics.push": False,  # the client's own metrics, which few brokers collect
    })
    consumer.subscribe([EVENTS, STATES])
    try:
        while not stopping:
            messages = consumer.consume(num_messages=500, timeout=1.0)
            with table:  # one local transaction: what we remember, and the table
                for message in messages:
                    if message.error():
                        raise KafkaException(message.error())
                    context = SerializationContext(message.topic(), MessageField.VALUE)
                    value = read[message.topic()](message.value(), context)  # None stays None
                    (on_event if message.topic() == EVENTS else on_state)(table, message.key().decode(), value)
            if messages:
                consumer.commit(asynchronous=False)
    finally:
        consumer.close()
        print(f"stopped; {table.alive()} applications in the table", file=sys.stderr)
        table.close()


if __name__ == "__main__":
    main()
