package dev.latchkey.client.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;

/**
 * A webhook with its signature, to be posted to your endpoint: the body's bytes unchanged, with these headers.
 *
 * @param headers of Latchkey, with {@code Content-Type}
 */
public record SignedEvent(byte[] body, Map<String, String> headers) {
    /**
     * The body as text.
     *
     * <pre>{@code
     * String body = fake.events().connected("github", "user-42").text();
     * }</pre>
     */
    public String text() {
        return new String(body, UTF_8);
    }

    @Override
    public String toString() {
        return "SignedEvent[" + headers.get("X-Latchkey-Event") + "]";
    }
}
