"""The readers that check.py compares, each by the (partition, offset) of a record.

None of them shares code with mokafka or with another, but that Confluent's
deserializer decodes with fastavro.
"""

import base64
import datetime
import decimal
import functools
import io
import json
import os
import subprocess
import urllib.request

import fastavro
from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

BROKERS = os.environ["KAFKA_BROKERS"]
REGISTRY = os.environ["SCHEMA_REGISTRY_URL"]


def tail(topic: str) -> dict:
    """mokafka itself."""
    lines = subprocess.run(
        ["bin/mokafka", "tail", topic, "--from", "earliest", "--json", "--exit-at-end"],
        check=True, stdout=subprocess.PIPE,
    ).stdout
    records = {}
    for record in map(json.loads, lines.splitlines()):
        at = datetime.datetime.fromisoformat(record["timestamp"].replace("Z", "+00:00"))
        record["timestamp"] = round(at.timestamp() * 1000)
        records[record["partition"], record["offset"]] = record
    return records


def kcat(topic: str) -> dict:
    """librdkafka by way of kcat: bytes, and headers as it prints them."""
    out = subprocess.run(
        ["kcat", "-b", BROKERS, "-t", topic, "-C", "-o", "beginning", "-e", "-q",
         "-X", "isolation.level=read_committed", "-f", r"%p %o %T %K %S\n%k%s%h\n"],
        check=True, stdout=subprocess.PIPE,
    ).stdout
    records, stream = {}, io.BytesIO(out)
    while line := stream.readline():
        partition, offset, timestamp, key, value = map(int, line.split())
        records[partition, offset] = {
            "timestamp": timestamp,
            "key": stream.read(key).decode() if key >= 0 else None,
            "value": stream.read(value) if value >= 0 else None,
            "headers": dict(h.split("=", 1) for h in stream.readline().decode().rstrip("\n").split(",") if h),
        }
    return records


def confluent(topic: str) -> dict:
    """Confluent's consumer and deserializer."""
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": REGISTRY}))
    consumer = Consumer({
        "bootstrap.servers": BROKERS, "group.id": "none", "isolation.level": "read_committed",
        "enable.auto.commit": False, "enable.partition.eof": True,
    })
    records, left = {}, set(range(partitions(topic)))
    try:
        consumer.assign([TopicPartition(topic, p, 0) for p in left])
        while left:
            message = consumer.poll(30)
            if message is None:
                raise TimeoutError(f"{topic}: partitions {left} have no end")
            if message.error():
                if message.error().code() != KafkaError._PARTITION_EOF:
                    raise RuntimeError(message.error())
                left.discard(message.partition())
                continue
            records[message.partition(), message.offset()] = {
                "timestamp": message.timestamp()[1],
                "key": message.key().decode() if message.key() is not None else None,
                "headers": {k: v.decode() for k, v in message.headers() or []},
                "bytes": message.value(),
                "value": deserialize(message.value(), SerializationContext(topic, MessageField.VALUE)),
            }
    finally:
        consumer.close()
    return records


def partitions(topic: str) -> int:
    listing = subprocess.run(
        ["kcat", "-b", BROKERS, "-L", "-J", "-t", topic], check=True, stdout=subprocess.PIPE).stdout
    return len(json.loads(listing)["topics"][0]["partitions"])


@functools.cache
def get(url: str):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


@functools.cache
def schema(identifier: int):
    """A schema with what it refers to, straight from the registry."""
    named: dict = {}

    def parse(registered: dict):
        for reference in registered.get("references", []):
            parse(get(f"{REGISTRY}/subjects/{reference['subject']}/versions/{reference['version']}"))
        return fastavro.parse_schema(json.loads(registered["schema"]), named_schemas=named)

    return parse(get(f"{REGISTRY}/schemas/ids/{identifier}"))


def fastavro_value(framed: bytes):
    stream = io.BytesIO(framed[5:])
    value = fastavro.schemaless_reader(stream, schema(int.from_bytes(framed[1:5], "big")), None)
    if stream.read(1):
        raise ValueError("bytes are left over")
    return value


def as_json(value):
    """The form in which mokafka tail promises to show a decoded value."""
    match value:
        case dict():
            return {k: as_json(v) for k, v in value.items()}
        case list():
            return [as_json(v) for v in value]
        case datetime.datetime():
            return value.astimezone(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case datetime.date():
            return value.isoformat()
        case decimal.Decimal():
            return format(value, "f")
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError:
                return {"base64": base64.b64encode(value).decode()}
    return value


def java_partition(key: str, count: int) -> int:
    """Where Java's producer puts a key: murmur2, as its source has it."""
    data, mask = key.encode(), 0xFFFFFFFF
    h = 0x9747B28C ^ len(data)
    body = len(data) & ~3
    for i in range(0, body, 4):
        k = int.from_bytes(data[i:i + 4], "little") * 0x5BD1E995 & mask
        h = (h * 0x5BD1E995 & mask) ^ ((k ^ k >> 24) * 0x5BD1E995 & mask)
    if rest := data[body:]:
        h = (h ^ int.from_bytes(rest, "little")) * 0x5BD1E995 & mask
    h = (h ^ h >> 13) * 0x5BD1E995 & mask
    return ((h ^ h >> 15) & 0x7FFFFFFF) % count
