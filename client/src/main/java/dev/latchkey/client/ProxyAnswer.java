package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A provider's response. Close it, read or not: it holds a connection to the server. @param body read once, as it arrives */
public record ProxyAnswer(int status, Map<String, List<String>> headers, InputStream body) implements AutoCloseable {

    /**
     * Whether the status is 2xx.
     *
     * <pre>{@code
     * try (ProxyAnswer answer = latchkey.proxy().send("github", "user-42", ProxyRequest.get("/user"))) {
     *     System.out.println(answer.ok());
     * }
     * }</pre>
     */
    public boolean ok() {
        return status >= 200 && status < 300;
    }

    /**
     * A header's first value.
     *
     * <pre>{@code
     * try (ProxyAnswer answer = latchkey.proxy().send("github", "user-42", ProxyRequest.get("/user"))) {
     *     System.out.println(answer.header("X-RateLimit-Remaining"));
     * }
     * }</pre>
     *
     * @param name in any case
     */
    public Optional<String> header(String name) {
        return ApiAnswer.first(headers, name);
    }

    /**
     * The rest of the body.
     *
     * <pre>{@code
     * try (ProxyAnswer answer = latchkey.proxy().send("github", "user-42", ProxyRequest.get("/user"))) {
     *     System.out.println(answer.bytes().length);
     * }
     * }</pre>
     *
     * @throws LatchkeyException.Unreachable when it is cut off, or stops arriving
     */
    public byte[] bytes() {
        try {
            return body.readAllBytes();
        } catch (IOException e) {
            throw new LatchkeyException.Unreachable(
                    "The provider's response was cut off: " + Connecting.reason(e) + ".", e);
        }
    }

    /**
     * The rest of the body as UTF-8.
     *
     * <pre>{@code
     * try (ProxyAnswer answer = latchkey.proxy().send("github", "user-42", ProxyRequest.get("/user"))) {
     *     System.out.println(answer.text());
     * }
     * }</pre>
     *
     * @throws LatchkeyException.Unreachable when it is cut off, or stops arriving
     */
    public String text() {
        return new String(bytes(), UTF_8);
    }

    /**
     * The rest of the body as JSON.
     *
     * <pre>{@code
     * try (ProxyAnswer answer = latchkey.proxy().send("github", "user-42", ProxyRequest.get("/user"))) {
     *     System.out.println(answer.json().get("login").asText());
     * }
     * }</pre>
     *
     * @throws IllegalArgumentException when it is not JSON
     */
    public Json json() {
        return Json.parse(bytes());
    }

    @Override
    public void close() {
        try {
            body.close();
        } catch (IOException e) {
            throw new LatchkeyException.Unreachable("The provider's response was cut off.", e);
        }
    }

    /** Without headers and body. */
    @Override
    public String toString() {
        return "ProxyAnswer[" + status + "]";
    }
}
