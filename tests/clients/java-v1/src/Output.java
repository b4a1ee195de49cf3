import com.amazonaws.AmazonServiceException;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.UncheckedIOException;
import java.util.Map;

/** What the worker prints: one line for each call. */
final class Output {
    /** An answer's own members have the API's names; what is not set is left out. */
    private static final ObjectMapper JSON = new ObjectMapper()
        .setSerializationInclusion(JsonInclude.Include.NON_NULL)
        .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
        .addMixIn(Object.class, WithoutMetadata.class);

    @JsonIgnoreProperties({"sdkResponseMetadata", "sdkHttpMetadata"})
    private interface WithoutMetadata {
    }

    private Output() {
    }

    /** Prints what a call returned. */
    static <T> T report(String step, T answer) {
        print(Map.of("step", step, "result", answer));
        return answer;
    }

    /** Prints the code and the message of an error. */
    static void report(String step, AmazonServiceException error) {
        String code = error.getErrorCode();
        String message = error.getErrorMessage();
        print(Map.of("step", step, "error", Map.of("code", code, "message", message)));
    }

    private static void print(Object line) {
        try {
            System.out.println(JSON.writeValueAsString(line));
        } catch (JsonProcessingException error) {
            throw new UncheckedIOException(error);
        }
    }
}
