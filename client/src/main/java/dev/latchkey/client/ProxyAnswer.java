package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** A provider's response. Close it, read or not: it holds a connection to the server. @param body read once, as it arrives */
public record ProxyAnswer(int status, Map<String, List<String>> headers, InputStream body) implements AutoCloseable {

    /**
     * The rest of the body as UTF-8.
     *
     * <pre>{@code
     * try (ProxyAnswer answer = latchkey.proxy().send("github", "user-42", ProxyRequest.get("/user"))) {
     *     System.out.println(answer.text());
     * }
     * }</pre>
     *
     * @throws LatchkeyException.Unreachable when it is cut off
     */
    public String text() {
        try {
            return new String(body.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new LatchkeyException.Unreachable("The provider's response was cut off.", e);
        }
    }

    /**
     * The rest of the body as JSON.
     *
     * <pre>{@code
     * try (ProxyAnswer answer = latchkey.proxy().send("github", "user-42", ProxyRequest.get("/user"))) {
     *     System.out.println(answer.json().get("login"));
     * }
     * }</pre>
     *
     * @throws tools.jackson.core.JacksonException when it is not JSON
     */
    public JsonNode json() {
        return Api.JSON.readTree(text());
    }

    @Override
    public void close() {
        try {
            body.close();
        } catch (IOException e) {
            throw new LatchkeyException.Unreachable("The provider's response was cut off.", e);
        }
    }
}
