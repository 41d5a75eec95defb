// Acts on what happens to candidates, once, and keeps a table of how they are.
//
// Reads moka.candidates.v1 (events: act on them) and moka.candidates.state.v1
// (states: keep a table), and commits its offsets only after what it read is in
// the table.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { Kafka, logLevel, CompressionTypes, CompressionCodecs } = require('kafkajs');
const { SchemaRegistry, SchemaType } = require('@kafkajs/confluent-schema-registry');
const { Table } = require('./table');

// mokafka's producers compress with Snappy, which kafkajs knows with this only.
CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy');

const env = process.env;
const prefix = env.KAFKA_TOPIC_PREFIX || 'moka';
const events = `${prefix}.candidates.v1`;
const states = `${prefix}.candidates.state.v1`;

const registry = new SchemaRegistry({ host: env.SCHEMA_REGISTRY_URL || 'http://127.0.0.1:8081' });

// We read with our own schemas, which have only the fields that we use: no personal
// data gets in here, and new fields do not matter.
const schemaOf = (file) => JSON.parse(fs.readFileSync(path.join(__dirname, file), 'utf8'));
const readers = {
  [events]: schemaOf('candidate_event.avsc'),
  [states]: schemaOf('candidate_state.avsc'),
};

async function decode(topic, value) {
  if (value === null) return null; // a tombstone
  return registry.decode(value, { [SchemaType.AVRO]: { readerSchema: readers[topic] } });
}

function onEvent(table, key, event) {
  if (!table.remember(event.event_id)) return; // handed to us once more: we have acted on it
  let line = `${event.type} event=${event.event_id} key=${key}`;
  if (event.type === 'STAGE_MOVED') {
    line += ` from=${event.transition?.from?.name} to=${event.transition?.to?.name}`;
  }
  console.log(line); // this is where you act
  if (event.after === null) table.delete(key, event.version);
  else table.upsert(key, event.version, event.after.stage?.name ?? null);
}

function onState(table, key, state) {
  if (state === null) { // it was deleted a week ago
    if (table.forget(key)) console.log(`FORGOTTEN key=${key}`);
  } else if (state.entity !== null) {
    table.upsert(key, state.version, state.entity.stage?.name ?? null);
  } else if (state.deleted_at !== null) {
    table.delete(key, state.version);
  } // else: it was not seen yet, and a command waits for it
}

async function take(table, topic, message) {
  const value = await decode(topic, message.value);
  (topic === events ? onEvent : onState)(table, message.key.toString(), value);
}

// What can't be read ends the program: nothing is passed over in silence, and the
// offsets stay where they are. (kafkajs would try it again for ever.)
function fail(error) {
  console.error(error);
  process.exit(1);
}

async function main() {
  const table = new Table(env.TABLE || 'candidates-node.json');
  const kafka = new Kafka({
    clientId: 'example-node',
    brokers: (env.KAFKA_BROKERS || '127.0.0.1:9092').split(','),
    logLevel: logLevel.ERROR,
  });
  const consumer = kafka.consumer({
    groupId: env.GROUP || 'example-node',
    readUncommitted: false, // nothing of transactions that were aborted
  });
  let stopping = false;
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await consumer.disconnect(); // waits for the batch at work
    console.error(`stopped; ${table.alive()} applications in the table`);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);

  await consumer.connect();
  await consumer.subscribe({ topics: [events, states], fromBeginning: true });
  await consumer.run({
    autoCommit: false, // we commit, after the work
    eachBatch: async ({ batch: { topic, partition, messages }, heartbeat }) => {
      for (const message of messages) {
        await take(table, topic, message).catch(fail);
        await heartbeat();
      }
      table.save();
      const next = BigInt(messages[messages.length - 1].offset) + 1n;
      await consumer.commitOffsets([{ topic, partition, offset: next.toString() }]);
    },
  });
}

main().catch(fail);
