package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Any request of the server's API ({@code /openapi.json}), for what this client has no method. Immutable.
 *
 * <pre>{@code
 * Json lines = latchkey.request(ApiRequest.get("/connections/{id}/timeline", "user-42")
 *         .withQuery("provider_config_key", "github")).json().get("data");
 * }</pre>
 */
public final class ApiRequest {
    /** @param type of the body */
    record Sent(String type, byte[] bytes) {}

    final String method;
    final String template;
    private final List<String> arguments;
    private final List<Map.Entry<String, String>> query;
    final Optional<Sent> body;

    private ApiRequest(
            String method,
            String template,
            List<String> arguments,
            List<Map.Entry<String, String>> query,
            Optional<Sent> body) {
        this.method = method;
        this.template = template;
        this.arguments = arguments;
        this.query = query;
        this.body = body;
    }

    /**
     * Any method.
     *
     * <pre>{@code
     * ApiRequest options = ApiRequest.of("GET", "/incidents");
     * }</pre>
     *
     * @param path below the server's address, with names in braces, as {@code /openapi.json} has it
     * @param arguments the values of those names, in order; this method encodes them
     * @throws IllegalArgumentException when their number differs, or one is empty, {@code .} or {@code ..}
     */
    public static ApiRequest of(String method, String path, String... arguments) {
        if (!method.matches("[A-Z]{1,16}")) {
            throw new IllegalArgumentException("a method is in capitals, such as GET");
        }
        if (!path.matches("/[A-Za-z0-9/{}_.~-]*")) {
            throw new IllegalArgumentException("the path begins with / and has names in braces in place of values");
        }
        if (path.chars().filter(c -> c == '{').count() != arguments.length) {
            throw new IllegalArgumentException("the path has not " + arguments.length + " names in braces");
        }
        for (String argument : arguments) {
            requireSegment(argument);
        }
        return new ApiRequest(method, path, List.of(arguments), List.of(), Optional.empty());
    }

    /** An empty one names the list; dot segments name another resource, however they are encoded (RFC 3986 section 5.2.4). */
    private static void requireSegment(String argument) {
        if (argument.isEmpty() || argument.equals(".") || argument.equals("..")) {
            throw new IllegalArgumentException("'" + argument + "' can be no id: ids are not empty, '.' or '..'");
        }
    }

    /**
     * Reads.
     *
     * <pre>{@code
     * ApiRequest incidents = ApiRequest.get("/incidents").withQuery("state", "open");
     * }</pre>
     */
    public static ApiRequest get(String path, String... arguments) {
        return of("GET", path, arguments);
    }

    /**
     * With one more query parameter.
     *
     * <pre>{@code
     * ApiRequest failed = ApiRequest.get("/logs").withQuery("state", "failed");
     * }</pre>
     */
    public ApiRequest withQuery(String name, String value) {
        List<Map.Entry<String, String>> more = new ArrayList<>(query);
        more.add(Map.entry(name, value));
        return new ApiRequest(method, template, arguments, List.copyOf(more), body);
    }

    ApiRequest withQuery(Map<String, String> parameters) {
        ApiRequest all = this;
        for (Map.Entry<String, String> one : parameters.entrySet()) {
            all = all.withQuery(one.getKey(), one.getValue());
        }
        return all;
    }

    /**
     * With a JSON body: what {@link Json#of} takes.
     *
     * <pre>{@code
     * ApiRequest pause = ApiRequest.of("POST", "/environment/pause").withBody(Map.of("reason", "migration"));
     * }</pre>
     *
     * @throws IllegalArgumentException for an object that has no form in JSON
     */
    public ApiRequest withBody(@Nullable Object json) {
        return withBody("application/json", Json.of(json).toString());
    }

    /**
     * With a body of another type.
     *
     * <pre>{@code
     * ApiRequest add = ApiRequest.of("POST", "/providers").withBody("application/yaml", definition);
     * }</pre>
     */
    public ApiRequest withBody(String type, String text) {
        Sent sent = new Sent(HeaderText.value("Content-Type", type), text.getBytes(UTF_8));
        return new ApiRequest(method, template, arguments, query, Optional.of(sent));
    }

    /** Few, whatever the ids. */
    String operation() {
        return method + " " + template;
    }

    boolean reads() {
        return method.equals("GET") || method.equals("HEAD");
    }

    /** Path and query, encoded. */
    String target() {
        StringBuilder target = new StringBuilder();
        int from = 0;
        for (String argument : arguments) {
            int open = template.indexOf('{', from);
            target.append(template, from, open).append(encode(argument));
            from = template.indexOf('}', open) + 1;
        }
        target.append(template.substring(from));
        String separator = "?";
        for (Map.Entry<String, String> one : query) {
            target.append(separator).append(encode(one.getKey())).append('=').append(encode(one.getValue()));
            separator = "&";
        }
        return target.toString();
    }

    /** For a path segment and a query component alike. */
    static String encode(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20").replace("*", "%2A");
    }

    /** Without values. */
    @Override
    public String toString() {
        return operation();
    }
}
