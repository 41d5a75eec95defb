// The table, and the events that were acted on: maps that are saved whole, in a file
// that stands for your database. What is in it and what Kafka has as our offsets may
// differ by one batch, never more, and never the other way round.
'use strict';

const fs = require('node:fs');

class Table {
  constructor(file) {
    this.file = file;
    const saved = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : { candidates: [], actedOn: [] };
    this.candidates = new Map(saved.candidates);
    this.actedOn = new Set(saved.actedOn); // those older than you would ever replay may go
  }

  // Tells whether the event is new to us.
  remember(eventId) {
    if (this.actedOn.has(eventId)) return false;
    this.actedOn.add(eventId);
    return true;
  }

  // Keeps the newest version, whichever topic brings it first.
  upsert(key, version, stage) {
    this.put(key, { version, stage, deleted: false });
  }

  // Keeps the version, so that nothing older brings the row back.
  delete(key, version) {
    this.put(key, { version, stage: null, deleted: true });
  }

  put(key, row) {
    const known = this.candidates.get(key);
    if (!known || row.version >= known.version) this.candidates.set(key, row);
  }

  forget(key) {
    return this.candidates.delete(key);
  }

  alive() {
    return [...this.candidates.values()].filter((row) => !row.deleted).length;
  }

  save() {
    fs.writeFileSync(`${this.file}.new`, JSON.stringify({ candidates: [...this.candidates], actedOn: [...this.actedOn] }));
    fs.renameSync(`${this.file}.new`, this.file); // all of it, or what was there
  }
}

module.exports = { Table };
