package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.template.Template;
import dev.latchkey.server.egress.Egress;
import java.net.URI;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * The values of a template's own request: {@code request.method}, {@code host}, {@code path}, {@code query},
 * {@code body}, and its moment: {@code timestamp}, {@code timestamp_ms} and {@code nonce}, the same everywhere in it.
 */
final class OneRequest {
    private OneRequest() {}

    static Template.Values moment(Instant now) {
        String nonce = UUID.randomUUID().toString();
        return reference -> !reference.root().equals("request")
                ? Optional.empty()
                : switch (reference.path().getFirst()) {
                    case "timestamp" -> Optional.of(Long.toString(now.getEpochSecond()));
                    case "timestamp_ms" -> Optional.of(Long.toString(now.toEpochMilli()));
                    case "nonce" -> Optional.of(nonce);
                    default -> Optional.empty();
                };
    }

    public static Template.Values of(String method, URI uri, Optional<Egress.Content> content) {
        return reference -> !reference.root().equals("request")
                ? Optional.empty()
                : switch (reference.path().getFirst()) {
                    case "method" -> Optional.of(method);
                    case "host" -> Optional.ofNullable(uri.getHost());
                    case "path" -> Optional.ofNullable(uri.getRawPath());
                    case "query" -> Optional.of(uri.getRawQuery() == null ? "" : uri.getRawQuery());
                    case "body" ->
                        Optional.of(content.map(it -> new String(it.bytes(), java.nio.charset.StandardCharsets.UTF_8))
                                .orElse(""));
                    default -> Optional.empty();
                };
    }
}
