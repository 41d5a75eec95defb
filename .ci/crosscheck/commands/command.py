"""Commands Moka through Kafka, as schemas/commands.md says, and no other way.

A command is a dict in the words of the schema WritebackCommand. What it leaves out
has the schema's default.
"""

import io
import json
import urllib.request

import fastavro
from confluent_kafka import Consumer, Producer, TopicPartition


class Commander:
    def __init__(self, brokers: str, registry: str, prefix: str):
        self.commands = f"{prefix}.writeback.commands.v1"
        self.results = f"{prefix}.writeback.results.v1"
        self.registry = registry
        self.brokers = brokers
        latest = self.get(f"/subjects/{self.commands}-value/versions/latest")
        self.header = b"\0" + latest["id"].to_bytes(4, "big")
        self.schema = self.parse(latest, {})
        self.producer = Producer({
            "bootstrap.servers": brokers,
            "partitioner": "murmur2_random",  # Java's; librdkafka's own puts keys elsewhere
            "acks": "all",
            "enable.idempotence": True,
        })

    def get(self, path: str):
        with urllib.request.urlopen(self.registry + path, timeout=10) as answer:
            return json.load(answer)

    def parse(self, registered: dict, named: dict):
        """A schema, after those it refers to."""
        for other in registered.get("references", []):
            self.parse(self.get(f"/subjects/{other['subject']}/versions/{other['version']}"), named)
        return fastavro.parse_schema(json.loads(registered["schema"]), named_schemas=named)

    def encode(self, command: dict) -> bytes:
        out = io.BytesIO(self.header)
        out.seek(0, io.SEEK_END)
        fastavro.schemaless_writer(out, self.schema, command, strict_allow_default=True)
        return out.getvalue()

    @staticmethod
    def key(command: dict) -> str:
        if change := command.get("change_headcount"):
            if change["operation"] == "CREATE":
                return f"{command['org_id']}:hc:number:{json.loads(change['parameters_json'])['number']}"
            return f"{command['org_id']}:hc:{change['headcount_id']}"
        return f"{command['org_id']}:app:{command['application_id']}"

    def send(self, command: dict, key: str | None = None, **record) -> int:
        """Returns the partition, once the brokers have the command."""
        delivered = []
        self.producer.produce(
            self.commands, key=key or self.key(command), value=self.encode(command),
            on_delivery=lambda error, message: delivered.append((error, message)), **record)
        self.producer.flush(30)
        if not delivered or delivered[0][0]:
            raise RuntimeError(f"not delivered: {delivered}")
        return delivered[0][1].partition()

    def follow(self, command_id: str, partition: int, seconds: float = 60) -> list[dict]:
        """The results of a command up to its outcome, its intent (PENDING) first."""
        consumer = Consumer({
            "bootstrap.servers": self.brokers, "group.id": "none", "enable.auto.commit": False,
            "isolation.level": "read_committed",
        })
        seen = []
        try:
            consumer.assign([TopicPartition(self.results, partition, 0)])
            while message := consumer.poll(seconds):
                if message.error():
                    raise RuntimeError(message.error())
                if message.key().decode() != command_id:
                    continue
                seen.append(self.decode(message.value()))
                if seen[-1]["outcome"] != "PENDING":
                    return seen
        finally:
            consumer.close()
        raise TimeoutError(f"{command_id}: no outcome within {seconds} s, only {seen}")

    def decode(self, framed: bytes) -> dict:
        identifier = int.from_bytes(framed[1:5], "big")
        schema = self.parse(self.get(f"/schemas/ids/{identifier}"), {})
        return fastavro.schemaless_reader(io.BytesIO(framed[5:]), schema, None)
