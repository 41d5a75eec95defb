import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Acts on what happens to candidates, once, and keeps a table of how they are.
 *
 * <p>Reads moka.candidates.v1 (events: act on them) and moka.candidates.state.v1 (states: keep a
 * table), and commits its offsets only after what it read is in the table.
 */
public final class Consumer {
  private static final String PREFIX = env("KAFKA_TOPIC_PREFIX", "moka");
  private static final String EVENTS = PREFIX + ".candidates.v1";
  private static final String STATES = PREFIX + ".candidates.state.v1";

  private final Registry registry = new Registry(env("SCHEMA_REGISTRY_URL", "http://127.0.0.1:8081"));
  private final AvroReader events = new AvroReader(registry, "/candidate_event.avsc");
  private final AvroReader states = new AvroReader(registry, "/candidate_state.avsc");
  private final Table table;

  private Consumer(Table table) {
    this.table = table;
  }

  private static String env(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null || value.isEmpty() ? otherwise : value;
  }

  public static void main(String[] args) {
    Map<String, Object> config = Map.of(
        "bootstrap.servers", env("KAFKA_BROKERS", "127.0.0.1:9092"),
        "group.id", env("GROUP", "example-java"),
        "isolation.level", "read_committed", // nothing of transactions that were aborted
        "enable.auto.commit", false, // we commit, after the work
        "auto.offset.reset", "earliest");
    AtomicBoolean stopping = new AtomicBoolean();
    AtomicInteger status = new AtomicInteger(1);
    CountDownLatch ended = new CountDownLatch(1);
    try (Table table = new Table(env("TABLE", "candidates-java.db"));
        KafkaConsumer<byte[], byte[]> kafka =
            new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> { // SIGTERM and SIGINT, too
        stopping.set(true);
        kafka.wakeup();
        await(ended);
        Runtime.getRuntime().halt(status.get()); // of itself the JVM would say that it was killed
      }));
      kafka.subscribe(List.of(EVENTS, STATES));
      new Consumer(table).run(kafka, stopping);
      System.err.printf("stopped; %d applications in the table%n", table.alive());
      status.set(0);
    } catch (Exception e) {
      e.printStackTrace();
      status.set(1);
    }
    ended.countDown();
    System.exit(status.get()); // waits for the hook
  }

  private static void await(CountDownLatch ended) {
    try {
      ended.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(KafkaConsumer<byte[], byte[]> kafka, AtomicBoolean stopping) throws Exception {
    while (!stopping.get()) {
      ConsumerRecords<byte[], byte[]> records;
      try {
        records = kafka.poll(Duration.ofSeconds(1));
      } catch (WakeupException e) {
        return;
      }
      if (records.isEmpty()) {
        continue;
      }
      for (ConsumerRecord<byte[], byte[]> r : records) {
        take(r);
      }
      table.commit(); // one local transaction: what we remember, and the table
      commit(kafka);
    }
  }

  private static void commit(KafkaConsumer<byte[], byte[]> kafka) {
    try {
      kafka.commitSync();
    } catch (WakeupException e) { // SIGTERM came just now: the offsets are to go out all the same
      kafka.commitSync();
    }
  }

  /** Bytes that can't be read end the program: nothing is passed over in silence. */
  private void take(ConsumerRecord<byte[], byte[]> r) throws Exception {
    String key = new String(r.key(), StandardCharsets.UTF_8);
    if (r.topic().equals(EVENTS)) {
      onEvent(key, events.read(r.value()));
    } else if (r.value() == null) { // a tombstone: it was deleted a week ago
      if (table.forget(key)) {
        System.out.println("FORGOTTEN key=" + key);
      }
    } else {
      onState(key, states.read(r.value()));
    }
  }

  private void onEvent(String key, GenericRecord event) throws Exception {
    String id = event.get("event_id").toString();
    if (!table.remember(id)) {
      return; // handed to us once more: we have acted on it
    }
    String type = event.get("type").toString();
    String line = type + " event=" + id + " key=" + key;
    if (type.equals("STAGE_MOVED")) {
      GenericRecord move = (GenericRecord) event.get("transition");
      line += " from=" + stage(move, "from") + " to=" + stage(move, "to");
    }
    System.out.println(line); // this is where you act
    GenericRecord after = (GenericRecord) event.get("after");
    table.put(key, (Long) event.get("version"), stage(after, "stage"), after == null);
  }

  private void onState(String key, GenericRecord state) throws Exception {
    GenericRecord entity = (GenericRecord) state.get("entity");
    if (entity != null || state.get("deleted_at") != null) {
      table.put(key, (Long) state.get("version"), stage(entity, "stage"), entity == null);
    } // else: it was not seen yet, and a command waits for it
  }

  /** The name of a stage, in a record that may be missing. */
  private static String stage(GenericRecord record, String field) {
    GenericRecord found = record == null ? null : (GenericRecord) record.get(field);
    Object name = found == null ? null : found.get("name");
    return name == null ? null : name.toString();
  }
}
