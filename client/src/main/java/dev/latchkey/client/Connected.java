package dev.latchkey.client;

/**
 * What a session's user connected.
 *
 * @param connectionId the connection's id; of a session with a {@link CodeVerifier} only the browser has the handle
 * @param pending whether it waits for {@link Sessions#finish}
 */
public record Connected(String integration, String connectionId, boolean pending) {}
