package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.FileNotFoundException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A call to a provider's API. Immutable.
 *
 * <pre>{@code
 * ProxyRequest search = ProxyRequest.get("/repos/{owner}/{repo}/issues", "acme", "site").withQuery("state", "open");
 * }</pre>
 */
public final class ProxyRequest {
    private static final int MOST_RETRIES = 10;

    private final String method;
    private final String path;
    private final Map<String, List<String>> headers;
    private final Map<String, String> ours;
    private final HttpRequest.BodyPublisher body;

    private ProxyRequest(
            String method,
            String path,
            Map<String, List<String>> headers,
            Map<String, String> ours,
            HttpRequest.BodyPublisher body) {
        this.method = method;
        this.path = path;
        this.headers = headers;
        this.ours = ours;
        this.body = body;
    }

    /**
     * Any method.
     *
     * <pre>{@code
     * ProxyRequest head = ProxyRequest.of("HEAD", "/user");
     * }</pre>
     *
     * @param path below the provider's base, percent-encoded, with its query if you like; names in braces stand for arguments
     * @param arguments in order; encoded here, each as one segment
     * @throws IllegalArgumentException when the path has a character that must be encoded, or the number of arguments differs
     */
    public static ProxyRequest of(String method, String path, String... arguments) {
        if (!method.matches("[A-Z]{1,16}")) {
            throw new IllegalArgumentException("a method is in capitals, such as GET");
        }
        String filled = fill(path, arguments);
        return new ProxyRequest(
                method,
                checked(filled.startsWith("/") ? filled : "/" + filled),
                Map.of(),
                Map.of(),
                HttpRequest.BodyPublishers.noBody());
    }

    private static String fill(String path, String... arguments) {
        StringBuilder filled = new StringBuilder();
        int from = 0;
        for (String argument : arguments) {
            int open = path.indexOf('{', from);
            int end = path.indexOf('}', Math.max(open, 0));
            if (open < 0 || end < 0) {
                throw new IllegalArgumentException("the path has not " + arguments.length + " names in braces");
            }
            filled.append(path, from, open).append(ApiRequest.encode(argument));
            from = end + 1;
        }
        return filled.append(path.substring(from)).toString();
    }

    /** RFC 3986 section 3.3 and 3.4; without the path, whose query may have a secret. */
    private static String checked(String path) {
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            boolean allowed = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || "/-._~!$&'()*+,;=:@?".indexOf(c) >= 0
                    || (c == '%' && isEscape(path, i));
            if (!allowed) {
                throw new IllegalArgumentException("the path has a character that must be percent-encoded, at position "
                        + i + " (a name in braces, and withQuery, do that)");
            }
        }
        return path;
    }

    private static boolean isEscape(String path, int at) {
        return path.length() > at + 2 && path.substring(at + 1, at + 3).matches("[0-9A-Fa-f]{2}");
    }

    /**
     * Reads.
     *
     * <pre>{@code
     * ProxyRequest repositories = ProxyRequest.get("/user/repos?per_page=5");
     * }</pre>
     */
    public static ProxyRequest get(String path, String... arguments) {
        return of("GET", path, arguments);
    }

    /**
     * Deletes.
     *
     * <pre>{@code
     * ProxyRequest delete = ProxyRequest.delete("/repos/{owner}/{repo}", "acme", "old");
     * }</pre>
     */
    public static ProxyRequest delete(String path, String... arguments) {
        return of("DELETE", path, arguments);
    }

    /**
     * Posts; give it a body.
     *
     * <pre>{@code
     * ProxyRequest post = ProxyRequest.post("/repos/acme/site/issues").withJson(Map.of("title", "Broken link"));
     * }</pre>
     */
    public static ProxyRequest post(String path, String... arguments) {
        return of("POST", path, arguments);
    }

    /**
     * Puts; give it a body.
     *
     * <pre>{@code
     * ProxyRequest put = ProxyRequest.put("/files/{name}", "report.pdf").withBody("application/pdf", new byte[] {1, 2});
     * }</pre>
     */
    public static ProxyRequest put(String path, String... arguments) {
        return of("PUT", path, arguments);
    }

    /**
     * Patches; give it a body.
     *
     * <pre>{@code
     * ProxyRequest patch = ProxyRequest.patch("/user").withJson(Map.of("bio", "Mathematician"));
     * }</pre>
     */
    public static ProxyRequest patch(String path, String... arguments) {
        return of("PATCH", path, arguments);
    }

    /**
     * With one more query parameter, encoded here.
     *
     * <pre>{@code
     * ProxyRequest search = ProxyRequest.get("/search").withQuery("q", "a b&c");
     * }</pre>
     */
    public ProxyRequest withQuery(String name, String value) {
        String separator = path.contains("?") ? "&" : "?";
        String more = path + separator + ApiRequest.encode(name) + "=" + ApiRequest.encode(value);
        return new ProxyRequest(method, more, headers, ours, body);
    }

    /**
     * With one more header for the provider; it overrides the definition's. One that was given before is sent, too.
     *
     * <pre>{@code
     * ProxyRequest newest = ProxyRequest.get("/user").withHeader("Accept", "application/vnd.github+json");
     * }</pre>
     *
     * @throws IllegalArgumentException for a name or a value that a header cannot have; without the value
     */
    public ProxyRequest withHeader(String name, String value) {
        Map<String, List<String>> more = new LinkedHashMap<>(headers);
        List<String> all = new ArrayList<>(more.getOrDefault(HeaderText.name(name), List.of()));
        all.add(HeaderText.value(name, value));
        more.put(name, List.copyOf(all));
        return new ProxyRequest(method, path, more, ours, body);
    }

    private ProxyRequest typed(String type, HttpRequest.BodyPublisher publisher) {
        Map<String, List<String>> more = new LinkedHashMap<>(headers);
        more.keySet().removeIf(name -> name.equalsIgnoreCase("content-type"));
        more.put("Content-Type", List.of(HeaderText.value("Content-Type", type)));
        return new ProxyRequest(method, path, more, ours, publisher);
    }

    /**
     * With a JSON body: what {@link Json#of} takes.
     *
     * <pre>{@code
     * ProxyRequest post = ProxyRequest.post("/issues").withJson(Map.of("title", "Broken link", "labels", List.of("bug")));
     * }</pre>
     */
    public ProxyRequest withJson(@Nullable Object json) {
        return withBody("application/json", Json.of(json).toString());
    }

    /**
     * With a form.
     *
     * <pre>{@code
     * ProxyRequest post = ProxyRequest.post("/v1/customers").withForm(Map.of("email", "ada@example.com"));
     * }</pre>
     */
    public ProxyRequest withForm(Map<String, String> members) {
        String form = members.entrySet().stream()
                .map(one -> ApiRequest.encode(one.getKey()) + "=" + ApiRequest.encode(one.getValue()))
                .collect(Collectors.joining("&"));
        return withBody("application/x-www-form-urlencoded", form);
    }

    /**
     * With a file, which is streamed.
     *
     * <pre>{@code
     * ProxyRequest upload = null;
     * try {
     *     upload = ProxyRequest.put("/files/a").withFile("text/csv", java.nio.file.Path.of("a.csv"));
     * } catch (java.io.FileNotFoundException e) {
     *     System.err.println("no such file");
     * }
     * }</pre>
     *
     * @throws FileNotFoundException when there is none
     */
    public ProxyRequest withFile(String type, Path file) throws FileNotFoundException {
        return typed(type, HttpRequest.BodyPublishers.ofFile(file));
    }

    /**
     * With a text, in UTF-8.
     *
     * <pre>{@code
     * ProxyRequest post = ProxyRequest.post("/graphql").withBody("application/json", "{\"query\": \"{viewer{login}}\"}");
     * }</pre>
     */
    public ProxyRequest withBody(String type, String text) {
        return withBody(type, text.getBytes(UTF_8));
    }

    /**
     * With bytes.
     *
     * <pre>{@code
     * ProxyRequest put = ProxyRequest.put("/avatar").withBody("image/png", new byte[] {1, 2});
     * }</pre>
     */
    public ProxyRequest withBody(String type, byte[] bytes) {
        return typed(type, HttpRequest.BodyPublishers.ofByteArray(bytes));
    }

    /**
     * With a stream of unknown length, made when the request is sent.
     *
     * <pre>{@code
     * ProxyRequest put = ProxyRequest.put("/log").withStream("text/plain", () -> new java.io.ByteArrayInputStream(new byte[9]));
     * }</pre>
     */
    public ProxyRequest withStream(String type, Supplier<? extends InputStream> stream) {
        return typed(type, HttpRequest.BodyPublishers.ofInputStream(stream));
    }

    /**
     * With a publisher of the JDK's.
     *
     * <pre>{@code
     * ProxyRequest put = ProxyRequest.put("/a").withPublisher("text/plain", java.net.http.HttpRequest.BodyPublishers.ofString("a"));
     * }</pre>
     */
    public ProxyRequest withPublisher(String type, HttpRequest.BodyPublisher publisher) {
        return typed(type, publisher);
    }

    private ProxyRequest ours(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(ours);
        more.put(name, HeaderText.value(name, value));
        return new ProxyRequest(method, path, headers, more, body);
    }

    /**
     * Retried by the server up to this many times, when the provider responds with 429 or a temporary error.
     *
     * <pre>{@code
     * ProxyRequest patient = ProxyRequest.get("/user").withRetries(3);
     * }</pre>
     *
     * @throws IllegalArgumentException unless it is from 0 to 10
     */
    public ProxyRequest withRetries(int most) {
        if (most < 0 || most > MOST_RETRIES) {
            throw new IllegalArgumentException("retries must be from 0 to " + MOST_RETRIES);
        }
        return ours("Retries", Integer.toString(most));
    }

    /**
     * Retried at these statuses, too.
     *
     * <pre>{@code
     * ProxyRequest patient = ProxyRequest.get("/user").withRetries(3).withRetryOn(409, 423);
     * }</pre>
     */
    public ProxyRequest withRetryOn(int... statuses) {
        return ours(
                "Retry-On", IntStream.of(statuses).mapToObj(Integer::toString).collect(Collectors.joining(",")));
    }

    /**
     * To another host of the provider's, or one that the operator allows.
     *
     * <pre>{@code
     * ProxyRequest upload = ProxyRequest.post("/files").withBaseUrl(URI.create("https://uploads.github.com"));
     * }</pre>
     */
    public ProxyRequest withBaseUrl(URI base) {
        return ours("Base-Url-Override", base.toString());
    }

    /**
     * With a response that the server has decompressed.
     *
     * <pre>{@code
     * ProxyRequest plain = ProxyRequest.get("/export").withDecompression();
     * }</pre>
     */
    public ProxyRequest withDecompression() {
        return ours("Decompress", "true");
    }

    /**
     * With headers that follow a redirect to another host; the credential never does.
     *
     * <pre>{@code
     * ProxyRequest export = ProxyRequest.get("/export").withHeadersOnRedirect();
     * }</pre>
     */
    public ProxyRequest withHeadersOnRedirect() {
        return ours("Forward-Headers-On-Redirect", "true");
    }

    /**
     * The HTTP method.
     *
     * <pre>{@code
     * String method = ProxyRequest.get("/user").method();
     * }</pre>
     */
    public String method() {
        return method;
    }

    /**
     * Path and query, encoded.
     *
     * <pre>{@code
     * String path = ProxyRequest.get("/user").path();
     * }</pre>
     */
    public String path() {
        return path;
    }

    /**
     * The headers for the provider.
     *
     * <pre>{@code
     * int count = ProxyRequest.get("/user").headers().size();
     * }</pre>
     */
    public Map<String, List<String>> headers() {
        return headers;
    }

    /**
     * The body.
     *
     * <pre>{@code
     * long length = ProxyRequest.get("/user").body().contentLength();
     * }</pre>
     */
    public HttpRequest.BodyPublisher body() {
        return body;
    }

    /** What the server does with it. */
    Map<String, String> ours() {
        return ours;
    }

    /** For the server: the provider's headers have a prefix there, but for the type of the body. */
    void addTo(HttpRequest.Builder builder) {
        headers.forEach((name, values) -> values.forEach(value -> builder.header(
                name.toLowerCase(Locale.ROOT).equals("content-type") ? name : "Nango-Proxy-" + name, value)));
        ours.forEach(builder::setHeader);
    }

    Optional<String> header(String name) {
        return ApiAnswer.first(headers, name);
    }

    /** Without query and headers. */
    @Override
    public String toString() {
        return "ProxyRequest[" + method + " " + path.replaceFirst("\\?.*", "") + "]";
    }
}
