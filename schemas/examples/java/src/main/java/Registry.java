import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.avro.Schema;

/**
 * Fetches schemas, with those they refer to, from any registry that speaks Confluent's API
 * (Confluent's, Apicurio's ccompat, Karapace, Redpanda).
 *
 * <p>Confluent's KafkaAvroDeserializer does the same; it is not on Maven Central, and Apicurio's
 * speaks Apicurio's own API only.
 */
final class Registry {
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private final String url;

  Registry(String url) {
    this.url = url.replaceAll("/+$", "");
  }

  Schema schema(int id) {
    try {
      return parse(get("/schemas/ids/" + id), new Schema.Parser());
    } catch (IOException e) {
      throw new IllegalStateException("fetch schema " + id, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** A parser knows what it has parsed: first what is referred to, then the schema. */
  private Schema parse(JsonNode registered, Schema.Parser parser) throws IOException, InterruptedException {
    for (JsonNode ref : registered.path("references")) {
      if (!parser.getTypes().containsKey(ref.get("name").asText())) {
        String subject = URLEncoder.encode(ref.get("subject").asText(), StandardCharsets.UTF_8);
        parse(get("/subjects/" + subject + "/versions/" + ref.get("version").asInt()), parser);
      }
    }
    return parser.parse(registered.get("schema").asText());
  }

  private JsonNode get(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(10)).build();
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException(path + ": HTTP " + answer.statusCode());
    }
    return new ObjectMapper().readTree(answer.body());
  }
}
