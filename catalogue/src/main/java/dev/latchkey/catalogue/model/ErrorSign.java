package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPlaces;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * How a vendor's response is known to be a certain error where the status alone does not say it.
 *
 * @param statuses of which it has one
 * @param where the vendor's word is in the response
 * @param is what it is, literally; any of them
 * @param has what it contains, without regard to case; any of them
 */
public record ErrorSign(List<Integer> statuses, Where where, List<String> is, List<String> has) {
    /** In the JSON of the body, or in a header. */
    public sealed interface Where {
        /** Where it is, inside a sentence. */
        String words();

        /** The values there. */
        Stream<String> values(Function<String, Optional<String>> headers, Optional<JsonNode> body);

        record Body(JsonPlaces places) implements Where {
            @Override
            public String words() {
                return "at `" + places.text() + "` of the body";
            }

            @Override
            public Stream<String> values(Function<String, Optional<String>> headers, Optional<JsonNode> body) {
                return body.stream()
                        .flatMap(root -> places.in(root).stream())
                        .filter(JsonNode::isValueNode)
                        .map(JsonNode::asString);
            }
        }

        record Header(String name) implements Where {
            @Override
            public String words() {
                return "in the header `" + name + "`";
            }

            @Override
            public Stream<String> values(Function<String, Optional<String>> headers, Optional<JsonNode> body) {
                return headers.apply(name).stream();
            }
        }
    }

    /** Whether the body has to be read to know. */
    public boolean needsBody(int status) {
        return statuses.contains(status) && where instanceof Where.Body;
    }

    /** @param body where it is JSON and was read */
    public boolean isIn(int status, Function<String, Optional<String>> headers, Optional<JsonNode> body) {
        return statuses.contains(status) && where.values(headers, body).anyMatch(this::matches);
    }

    private boolean matches(String said) {
        String lower = said.toLowerCase(Locale.ROOT);
        return is.contains(said) || has.stream().anyMatch(word -> lower.contains(word.toLowerCase(Locale.ROOT)));
    }
}
