package dev.latchkey.catalogue.model;

import com.google.re2j.Pattern;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Text;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * One HTTP request as a definition describes it.
 *
 * @param url absolute, or a path below {@link Api#base}
 * @param query parameters; those whose template misses a value are dropped
 * @param names how the vendor calls the parameters that the grant itself has ({@code code: auth_code}); empty: left out
 */
public record Call(
        Method method,
        Text url,
        Map<String, Text> query,
        Map<String, Text> headers,
        Body body,
        Optional<OkWhen> okWhen,
        Map<String, String> names) {
    public Call(
            Method method,
            Text url,
            Map<String, Text> query,
            Map<String, Text> headers,
            Body body,
            Optional<OkWhen> okWhen) {
        this(method, url, query, headers, body, okWhen, Map.of());
    }

    public enum Method {
        GET,
        POST,
        PUT,
        PATCH,
        DELETE
    }

    /**
     * A 2xx status alone does not mean success: {@code {json: ok, is: true, error: error}}. Every part that is present must hold.
     *
     * @param json must be present and, if {@code is} is given, have that value
     * @param statuses in place of 2xx
     * @param contains, lacks of the body's text (RE2)
     * @param error where the vendor's own error code is found
     */
    public record OkWhen(
            Optional<JsonPath> json,
            Optional<String> is,
            List<Integer> statuses,
            Optional<Pattern> contains,
            Optional<Pattern> lacks,
            Optional<JsonPath> error) {
        /** Whether an answer's status is one of a success: those that are named, else any 2xx. */
        public static boolean isSuccess(int status, Optional<OkWhen> rule) {
            return rule.map(OkWhen::statuses)
                    .filter(statuses -> !statuses.isEmpty())
                    .map(statuses -> statuses.contains(status))
                    .orElse(status >= 200 && status < 300);
        }

        /** What the body says, whatever the status. @param tree the body, where it can be read as one */
        public boolean isSaidBy(String text, Optional<JsonNode> tree) {
            return json.map(path -> isThere(tree.flatMap(path::in))).orElse(true)
                    && contains.map(pattern -> pattern.matcher(text).find()).orElse(true)
                    && lacks.map(pattern -> !pattern.matcher(text).find()).orElse(true);
        }

        private boolean isThere(Optional<JsonNode> found) {
            return is.isEmpty()
                    ? found.isPresent()
                    : found.filter(JsonNode::isValueNode)
                            .map(JsonNode::asString)
                            .filter(is.get()::equals)
                            .isPresent();
        }
    }
}
