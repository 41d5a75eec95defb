import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * The table, and the events that were acted on, in SQLite. What is in it and what Kafka has as our
 * offsets may differ by one batch, never more, and never the other way round.
 */
final class Table implements AutoCloseable {
  private final Connection db;

  Table(String path) throws SQLException {
    db = DriverManager.getConnection("jdbc:sqlite:" + path);
    try (Statement s = db.createStatement()) {
      s.execute("CREATE TABLE IF NOT EXISTS candidates ("
          + "key TEXT PRIMARY KEY, version INTEGER NOT NULL, stage TEXT, deleted INTEGER NOT NULL)");
      // Rows older than you would ever replay may be deleted.
      s.execute("CREATE TABLE IF NOT EXISTS acted_on ("
          + "event_id TEXT PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)");
    }
    db.setAutoCommit(false);
  }

  /** Tells whether the event is new to us. */
  boolean remember(String eventId) throws SQLException {
    return run("INSERT OR IGNORE INTO acted_on (event_id) VALUES (?)", eventId) == 1;
  }

  /**
   * Keeps the newest version, whichever topic brings it first. A deleted row keeps its version, so
   * that nothing older brings it back.
   */
  void put(String key, long version, String stage, boolean deleted) throws SQLException {
    run("INSERT INTO candidates (key, version, stage, deleted) VALUES (?, ?, ?, ?) "
        + "ON CONFLICT (key) DO UPDATE SET version = excluded.version, stage = excluded.stage, deleted = excluded.deleted "
        + "WHERE excluded.version >= candidates.version", key, version, stage, deleted ? 1 : 0);
  }

  boolean forget(String key) throws SQLException {
    return run("DELETE FROM candidates WHERE key = ?", key) == 1;
  }

  int alive() throws SQLException {
    try (Statement s = db.createStatement();
        ResultSet r = s.executeQuery("SELECT count(*) FROM candidates WHERE NOT deleted")) {
      return r.getInt(1);
    }
  }

  void commit() throws SQLException {
    db.commit();
  }

  @Override
  public void close() throws SQLException {
    db.close(); // what was not committed is forgotten, and read again
  }

  private int run(String sql, Object... parameters) throws SQLException {
    try (PreparedStatement s = db.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        s.setObject(i + 1, parameters[i]);
      }
      return s.executeUpdate();
    }
  }
}
