package dev.latchkey.server.http;

import dev.latchkey.server.http.ApiError.Detail;
import io.helidon.common.uri.UriQuery;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** A request's query parameters, read strictly. */
public final class Query {
    private static final Pattern LIST = Pattern.compile("\\[\\d{0,9}]");

    private final UriQuery query;
    private final List<Detail> problems = new ArrayList<>();
    private final Set<String> read = new HashSet<>();

    public Query(UriQuery query) {
        this.query = query;
    }

    public void problem(String code, String message, String name) {
        problems.add(new Detail(code, message, List.of(name)));
    }

    /** One that is given twice is a problem: the caller cannot mean both. */
    public Optional<String> text(String name) {
        boolean first = read.add(name);
        if (!query.contains(name)) {
            return Optional.empty();
        }
        if (first && query.all(name).size() > 1) {
            twice(name);
        }
        return Optional.of(query.get(name));
    }

    private void twice(String name) {
        problems.add(new Detail("invalid_type", "'" + name + "' must be given once", List.of(name)));
    }

    public String required(String name) {
        return text(name).orElseGet(() -> {
            problems.add(new Detail("invalid_type", "'" + name + "' is required", List.of(name)));
            return "";
        });
    }

    /** {@code true}, {@code 1}, {@code yes}, {@code on} or their opposites, in either case. */
    public boolean flag(String name) {
        return switch (text(name).orElse("false").toLowerCase(Locale.ROOT)) {
            case "true", "1", "yes", "y", "on", "enabled" -> true;
            case "false", "0", "no", "n", "off", "disabled" -> false;
            default -> {
                problems.add(new Detail("invalid_type", "'" + name + "' must be true or false", List.of(name)));
                yield false;
            }
        };
    }

    public int number(String name, int absent, int most) {
        return number(name, absent, 0, most);
    }

    /** An empty value is 0. */
    public int number(String name, int absent, int least, int most) {
        Optional<String> value = text(name).map(text -> text.isEmpty() ? "0" : text);
        if (value.isEmpty()) {
            return absent;
        }
        if (!value.get().matches("\\d{1,9}")) {
            problems.add(new Detail("invalid_type", "'" + name + "' must be a number", List.of(name)));
            return absent;
        }
        int number = Integer.parseInt(value.get());
        if (number < least) {
            problems.add(new Detail("too_small", "'" + name + "' must be at least " + least, List.of(name)));
        }
        if (number > most) {
            problems.add(new Detail("too_big", "'" + name + "' must be at most " + most, List.of(name)));
        }
        return number;
    }

    /** A parameter that may be repeated, as {@code name}, {@code name[]} or {@code name[0]}. */
    public List<String> all(String name) {
        read.add(name);
        List<String> found = new ArrayList<>();
        query.names().stream()
                .filter(spelled -> spelled.equals(name)
                        || spelled.startsWith(name)
                                && LIST.matcher(spelled.substring(name.length()))
                                        .matches())
                .sorted()
                .forEach(spelled -> {
                    read.add(spelled);
                    found.addAll(query.all(spelled));
                });
        return found;
    }

    /** {@code tags[key]=value}. */
    public Map<String, String> group(String name) {
        Map<String, String> found = new HashMap<>();
        for (String key : query.names()) {
            if (key.startsWith(name + "[") && key.endsWith("]")) {
                read.add(key);
                if (query.all(key).size() > 1) {
                    twice(key);
                }
                found.put(key.substring(name.length() + 1, key.length() - 1), query.get(key));
            }
        }
        return found;
    }

    /**
     * For a request that a browser or a link begins: parameters of others, such as {@code utm_source}, are ignored.
     *
     * @throws ApiError 400 invalid_query_params with everything that is wrong
     */
    public void endOfFlow() {
        if (!problems.isEmpty()) {
            throw ApiError.invalid("invalid_query_params", problems);
        }
    }

    /** @throws ApiError 400 invalid_query_params with everything that is wrong */
    public void end() {
        // Empty after a trailing &.
        List<String> unknown = query.names().stream()
                .filter(name -> !name.isEmpty() && !read.contains(name))
                .toList();
        if (!unknown.isEmpty()) {
            problems.add(new Detail(
                    "unrecognized_keys",
                    "unknown parameter; known parameters are "
                            + String.join(", ", read.stream().sorted().toList()),
                    List.of()));
        }
        if (!problems.isEmpty()) {
            throw ApiError.invalid("invalid_query_params", problems);
        }
    }
}
