package dev.latchkey.server.environments;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** An isolated set of integrations and connections ({@code dev}, {@code prod}). */
public record Environment(UUID id, String name, Optional<String> callbackUrl, List<String> returnUrls) {
    /** An https address, http for this machine, without a fragment and without a user. */
    public static boolean isWebAddress(String text) {
        try {
            URI uri = URI.create(text);
            boolean local = "localhost".equals(uri.getHost()) || "127.0.0.1".equals(uri.getHost());
            return uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && uri.getRawFragment() == null
                    && ("https".equals(uri.getScheme()) || local && "http".equals(uri.getScheme()));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
