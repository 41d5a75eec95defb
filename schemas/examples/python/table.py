"""The table, and the events that were acted on, in SQLite: what is in it and what
Kafka has as our offsets may differ by one batch, never more, and never the other
way round."""

import sqlite3


class Table:
    def __init__(self, path: str):
        self.db = sqlite3.connect(path)
        self.db.executescript("""
            CREATE TABLE IF NOT EXISTS candidates (
                key TEXT PRIMARY KEY, version INTEGER NOT NULL, stage TEXT, deleted INTEGER NOT NULL DEFAULT 0);
            -- Rows older than you would ever replay may be deleted.
            CREATE TABLE IF NOT EXISTS acted_on (
                event_id TEXT PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
        """)

    def __enter__(self):
        self.db.__enter__()

    def __exit__(self, *error):
        return self.db.__exit__(*error)  # commits, or rolls back after an exception

    def remember(self, event_id: str) -> bool:
        """Tells whether the event is new to us."""
        return self.db.execute("INSERT OR IGNORE INTO acted_on (event_id) VALUES (?)", [event_id]).rowcount == 1

    def upsert(self, key: str, version: int, stage: str | None) -> None:
        """Keeps the newest version, whichever topic brings it first."""
        self._put(key, version, stage, 0)

    def delete(self, key: str, version: int) -> None:
        """Keeps the version, so that nothing older brings the row back."""
        self._put(key, version, None, 1)

    def _put(self, key, version, stage, deleted) -> None:
        self.db.execute("""
            INSERT INTO candidates (key, version, stage, deleted) VALUES (?, ?, ?, ?)
            ON CONFLICT (key) DO UPDATE SET version = excluded.version, stage = excluded.stage, deleted = excluded.deleted
            WHERE excluded.version >= candidates.version""", [key, version, stage, deleted])

    def forget(self, key: str) -> bool:
        return self.db.execute("DELETE FROM candidates WHERE key = ?", [key]).rowcount == 1

    def alive(self) -> int:
        return self.db.execute("SELECT count(*) FROM candidates WHERE NOT deleted").fetchone()[0]

    def close(self) -> None:
        self.db.close()
