package dev.latchkey.catalogue;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How the vendor's API is called with a credential. */
public record Api(
        Optional<Text> base,
        Map<String, Text> headers,
        Map<String, Text> query,
        Map<String, Text> body,
        Sign sign,
        Retry retry,
        Optional<Page> page,
        boolean mutualTls) {
    public enum Sign {
        NONE,
        OAUTH1,
        SIGV4,
        DUO,
        HTTP_SIGNATURE,
        WSSE
    }

    /** @param on statuses as numbers or classes ({@code 429}, {@code 5xx}); after, at and remaining name headers */
    public record Retry(List<String> on, List<String> after, List<String> at, Optional<String> remaining) {}

    /** @param style how the next page is found */
    public record Page(Style style, Optional<String> limit, Optional<JsonPath> items) {
        public sealed interface Style {
            record Cursor(JsonPath from, String to) implements Style {}

            record Link(Optional<JsonPath> from, Optional<String> rel) implements Style {}

            record Offset(String to) implements Style {}
        }
    }
}
