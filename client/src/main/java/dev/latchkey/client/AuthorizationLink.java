package dev.latchkey.client;

import java.net.URI;

/**
 * Where to send a user's browser.
 *
 * @param url carries the session's token: give it to this user alone
 * @param session for pages that use {@code @nangohq/frontend} instead of the link, and to {@link Sessions#awaitConnected wait}
 */
public record AuthorizationLink(URI url, ConnectSession session) {
    static AuthorizationLink of(ConnectSession session) {
        return new AuthorizationLink(session.authorizationLink().orElse(session.link()), session);
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "AuthorizationLink[until " + session.expiresAt() + "]";
    }
}
