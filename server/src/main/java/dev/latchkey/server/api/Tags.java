package dev.latchkey.server.api;

import dev.latchkey.server.http.Body;
import java.util.Map;

/** Reads tags from a request. */
final class Tags {
    private Tags() {}

    static Map<String, String> read(Body body, String name) {
        return dev.latchkey.server.connections.Tags.check(body.textsByName(name).orElse(Map.of()), (key, problem) -> {
            if (key.isEmpty()) {
                body.problem(problem.code(), problem.message(), name);
            } else {
                body.problem(problem.code(), problem.message(), name, key);
            }
        });
    }
}
