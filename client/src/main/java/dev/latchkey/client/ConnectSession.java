package dev.latchkey.client;

import java.net.URI;
import java.time.Instant;

/**
 * What a user may connect in the next half hour.
 *
 * @param token for the browser ({@code @nangohq/frontend}); a secret of that one user
 * @param link a page where the user connects; carries the token
 */
public record ConnectSession(String token, URI link, Instant expiresAt) {
    /** Without the token. */
    @Override
    public String toString() {
        return "ConnectSession[until " + expiresAt + "]";
    }
}
