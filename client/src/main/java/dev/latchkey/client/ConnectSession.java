package dev.latchkey.client;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;

/** What a user may connect in the next half hour. @param json the server's response; its texts are secrets of that one user */
public record ConnectSession(Json json) {
    /** @throws IllegalArgumentException naming a member that it must have */
    public ConnectSession {
        Required.text(json, "token");
        URI.create(Required.text(json, "connect_link"));
        Required.time(json, "expires_at");
    }

    /** For the browser ({@code @nangohq/frontend}); a secret of that one user. */
    public String token() {
        return Required.text(json, "token");
    }

    /** A page where the user connects; carries the token. */
    public URI link() {
        return URI.create(Required.text(json, "connect_link"));
    }

    /** The provider's own page, if the session is for one integration and nothing has to be typed first; carries the token. */
    public Optional<URI> authorizationLink() {
        return json.get("authorization_link").text().map(URI::create);
    }

    /** When it ends. */
    public Instant expiresAt() {
        return Required.time(json, "expires_at");
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "ConnectSession[until " + expiresAt() + "]";
    }
}
