// Has AsyncAPI's own parser read a document, with its Avro payloads, and fails where
// it finds anything wrong: node check.js FILE CHANNELS
'use strict';

const fs = require('node:fs');
const { Parser } = require('@asyncapi/parser');
const { AvroSchemaParser } = require('@asyncapi/avro-schema-parser');

const [file, channels] = process.argv.slice(2);

async function main() {
  const parser = new Parser();
  parser.registerSchemaParser(AvroSchemaParser());
  const { document, diagnostics } = await parser.parse(fs.readFileSync(file, 'utf8'));
  // 0 is an error, 1 a warning, 2 news: that there is a newer AsyncAPI, for instance.
  const faults = diagnostics.filter((d) => d.severity < 2);
  for (const d of faults) console.log(`${file}: ${d.path.join('.')}: ${d.message} (${d.code})`);
  if (faults.length > 0 || !document) process.exit(1);
  const found = document.channels().all();
  if (found.length !== Number(channels)) {
    console.log(`${file}: ${found.length} channels, not ${channels}`);
    process.exit(1);
  }
  for (const channel of found) {
    for (const message of channel.messages().all()) {
      if (!message.payload()?.properties()) {
        console.log(`${file}: ${channel.address()}: the parser sees no fields in ${message.name()}`);
        process.exit(1);
      }
    }
  }
  console.log(`asyncapi: ${found.length} channels, as AsyncAPI's parser has them`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
