package dev.latchkey.server.api;

import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.BoundedBody;
import dev.latchkey.server.http.JsonBody;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.providers.OwnDefinitions;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import tools.jackson.core.JacksonException;

/** A request body with the text of a provider definition. */
final class DefinitionBody {
    private static final Set<String> YAML =
            Set.of("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml");

    private DefinitionBody() {}

    /** YAML, or JSON, which is YAML too: the loader reads both, and reports the line of a mistake in either. @throws ApiError */
    static String read(ServerRequest request) {
        String type = request.headers()
                .first(HeaderNames.CONTENT_TYPE)
                .orElse("")
                .replaceFirst(";.*", "")
                .strip()
                .toLowerCase(Locale.ROOT);
        boolean json = type.equals("application/json");
        if (!json && !YAML.contains(type)) {
            throw ApiError.invalid(
                    "invalid_headers",
                    List.of(new ApiError.Detail(
                            "invalid_value",
                            "Content-Type must be application/yaml or application/json",
                            List.of("content-type"))));
        }
        String text = text(request);
        if (json) {
            try {
                Json.MAPPER.readTree(text);
            } catch (JacksonException e) {
                throw ApiError.of(400, "invalid_json", "The body is not JSON: " + JsonBody.words(e));
            }
        }
        return text;
    }

    private static String text(ServerRequest request) {
        byte[] bytes = BoundedBody.read(request, OwnDefinitions.LONGEST);
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw ApiError.invalid(
                    "invalid_body",
                    List.of(new ApiError.Detail("invalid_format", "the body must be UTF-8", List.of())));
        }
    }
}
