import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;

/**
 * Reads values in the Confluent wire format with a schema of ours, whatever version wrote them. Ours
 * has only the fields that we use: no personal data gets in here, and new fields do not matter.
 */
final class AvroReader {
  private final Registry registry;
  private final Schema ours;
  private final Map<Integer, GenericDatumReader<GenericRecord>> readers = new ConcurrentHashMap<>();

  AvroReader(Registry registry, String resource) {
    this.registry = registry;
    try (InputStream text = AvroReader.class.getResourceAsStream(resource)) {
      ours = new Schema.Parser().parse(text);
    } catch (IOException e) {
      throw new IllegalStateException(resource, e);
    }
  }

  GenericRecord read(byte[] value) throws IOException {
    ByteBuffer header = ByteBuffer.wrap(value);
    if (value.length < 5 || header.get() != 0) {
      throw new IOException("not written by way of a schema registry");
    }
    GenericDatumReader<GenericRecord> reader = readers.computeIfAbsent(
        header.getInt(), id -> new GenericDatumReader<>(registry.schema(id), ours));
    return reader.read(null, DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null));
  }
}
