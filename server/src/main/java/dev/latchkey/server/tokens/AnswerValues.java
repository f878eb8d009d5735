package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.server.egress.Egress;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** The values of a response for a template: {@code body.PATH}, {@code header.NAME}, {@code cookie.NAME}. */
public final class AnswerValues {
    private AnswerValues() {}

    public static Template.Values of(Egress.Response answer) {
        return of(answer, AnswerBody.of(answer));
    }

    /** @param body instead of the response's whole body, such as an element found in it */
    public static Template.Values of(Egress.Response answer, Optional<JsonNode> body) {
        return reference -> {
            String path = String.join(".", reference.path());
            return switch (reference.root()) {
                case "body" ->
                    body.flatMap(
                            node -> JsonPath.parse(path.isEmpty() ? "$" : path).textIn(node));
                case "header" -> Optional.ofNullable(answer.headers().get(path.toLowerCase(Locale.ROOT)));
                case "cookie" -> cookie(answer, path);
                default -> Optional.empty();
            };
        };
    }

    /** Only the value (RFC 6265 section 5.2); several Set-Cookie headers may be joined by line breaks. */
    private static Optional<String> cookie(Egress.Response answer, String name) {
        return Optional.ofNullable(answer.headers().get("set-cookie")).stream()
                .flatMap(String::lines)
                .map(line -> line.split(";", 2)[0].strip())
                .filter(pair -> pair.startsWith(name + "="))
                .map(pair -> pair.substring(name.length() + 1))
                .findFirst();
    }
}
