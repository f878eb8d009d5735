package dev.latchkey.client.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.latchkey.client.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link FakeLatchkey} responds to one kind of call. Several responses are sent in this order; the last one is repeated.
 * Thread-safe.
 *
 * <pre>{@code
 * fake.onCall("github", "GET", "/user").respond(200, Map.of("login", "ada"));
 * }</pre>
 */
public final class FakeStub {
    /** One response. */
    record Answer(int status, Map<String, String> headers, byte[] body) {}

    private final List<Answer> answers = new ArrayList<>();
    private int sent;

    FakeStub() {}

    /**
     * With JSON: a map, a list, a text, a number ..., as {@code Json.of} takes it.
     *
     * <pre>{@code
     * fake.onCall("github", "GET", "/user").respond(200, Map.of("login", "ada"));
     * }</pre>
     */
    public FakeStub respond(int status, @Nullable Object json) {
        return respond(
                status,
                Map.of("Content-Type", "application/json"),
                Json.of(json).toString().getBytes(UTF_8));
    }

    /**
     * With headers and any body.
     *
     * <pre>{@code
     * fake.onCall("github", "GET", "/zen").respond(429, Map.of("Retry-After", "2"), new byte[0]);
     * }</pre>
     */
    public synchronized FakeStub respond(int status, Map<String, String> headers, byte[] body) {
        if (status < 200 || status > 599) {
            throw new IllegalArgumentException("the status must be from 200 to 599");
        }
        answers.add(new Answer(status, Map.copyOf(headers), body.clone()));
        return this;
    }

    synchronized Answer next() {
        if (answers.isEmpty()) {
            throw new IllegalStateException("the stub has no response: respond(...) adds one");
        }
        int index = Math.min(sent, answers.size() - 1);
        sent++;
        return answers.get(index);
    }
}
