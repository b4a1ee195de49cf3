import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.util.SdkAutoConstructList;
import software.amazon.awssdk.core.util.SdkAutoConstructMap;

/** What the worker prints: one line for each call. */
final class Output {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Output() {
    }

    /** Prints what a call returned, in the API's own names. */
    static <T extends SdkPojo> T report(String step, T answer) {
        print(Map.of("step", step, "result", members(answer)));
        return answer;
    }

    /** Prints the code and the message of an error. */
    static void report(String step, AwsServiceException error) {
        String code = error.awsErrorDetails().errorCode();
        String message = error.awsErrorDetails().errorMessage();
        print(Map.of("step", step, "error", Map.of("code", code, "message", message)));
    }

    private static void print(Object line) {
        try {
            System.out.println(JSON.writeValueAsString(line));
        } catch (JsonProcessingException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** The members that are set. */
    private static Map<String, Object> members(SdkPojo object) {
        Map<String, Object> members = new LinkedHashMap<>();
        for (SdkField<?> field : object.sdkFields()) {
            Object value = field.getValueOrDefault(object);
            boolean unset = value == null || value instanceof SdkAutoConstructList || value instanceof SdkAutoConstructMap;
            if (!unset) {
                members.put(field.memberName(), plain(value));
            }
        }
        return members;
    }

    private static Object plain(Object value) {
        if (value instanceof SdkPojo object) {
            return members(object);
        }
        return value instanceof List<?> list ? list.stream().map(Output::plain).toList() : value;
    }
}
