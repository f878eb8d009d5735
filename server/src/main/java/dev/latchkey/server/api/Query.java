package dev.latchkey.server.api;

import dev.latchkey.server.api.ApiError.Detail;
import io.helidon.common.uri.UriQuery;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A request's query parameters, read strictly. */
final class Query {
    private final UriQuery query;
    private final List<Detail> problems = new ArrayList<>();
    private final Set<String> asked = new HashSet<>();

    Query(UriQuery query) {
        this.query = query;
    }

    void problem(String code, String message, String name) {
        problems.add(new Detail(code, message, List.of(name)));
    }

    Optional<String> text(String name) {
        asked.add(name);
        return query.contains(name) ? Optional.of(query.get(name)) : Optional.empty();
    }

    String required(String name) {
        return text(name).orElseGet(() -> {
            problems.add(new Detail("invalid_type", "'" + name + "' is required", List.of(name)));
            return "";
        });
    }

    boolean flag(String name) {
        return switch (text(name).orElse("false")) {
            case "true", "1" -> true;
            case "false", "0", "" -> false;
            default -> {
                problems.add(new Detail("invalid_type", "'" + name + "' must be true or false", List.of(name)));
                yield false;
            }
        };
    }

    int number(String name, int absent, int most) {
        Optional<String> value = text(name);
        if (value.isEmpty()) {
            return absent;
        }
        if (!value.get().matches("\\d{1,9}")) {
            problems.add(new Detail("invalid_type", "'" + name + "' must be a number", List.of(name)));
            return absent;
        }
        int number = Integer.parseInt(value.get());
        if (number > most) {
            problems.add(new Detail("too_big", "'" + name + "' must be at most " + most, List.of(name)));
        }
        return number;
    }

    List<String> all(String name) {
        asked.add(name);
        return query.contains(name) ? query.all(name) : List.of();
    }

    /** {@code tags[key]=value}. */
    Map<String, String> group(String name) {
        Map<String, String> found = new HashMap<>();
        for (String key : query.names()) {
            if (key.startsWith(name + "[") && key.endsWith("]")) {
                asked.add(key);
                found.put(key.substring(name.length() + 1, key.length() - 1), query.get(key));
            }
        }
        return found;
    }

    /** @throws ApiError 400 invalid_query_params with everything that is wrong */
    void end() {
        List<String> unknown =
                query.names().stream().filter(name -> !asked.contains(name)).toList();
        if (!unknown.isEmpty()) {
            problems.add(new Detail(
                    "unrecognized_keys",
                    "a parameter is not known here; known are "
                            + String.join(", ", asked.stream().sorted().toList()),
                    List.of()));
        }
        if (!problems.isEmpty()) {
            throw ApiError.invalid("invalid_query_params", problems);
        }
    }
}
