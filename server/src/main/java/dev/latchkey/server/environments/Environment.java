package dev.latchkey.server.environments;

import dev.latchkey.server.access.Pause;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * An isolated set of integrations and connections ({@code dev}, {@code prod}).
 *
 * @param pause present while its credentials are handed out to nobody, and nobody connects
 * @param confirmUser when people are asked whether they are the user for whom they connect
 */
public record Environment(
        UUID id,
        String name,
        Optional<String> callbackUrl,
        List<String> returnUrls,
        Optional<Pause> pause,
        ConfirmUser confirmUser) {
    /** @throws dev.latchkey.server.access.PausedException while it is paused */
    public void requireRunning() {
        Pause.refuse(pause, "environment", name);
    }

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
