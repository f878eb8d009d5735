package dev.latchkey.server;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Optional;

/**
 * The health check of a container that has no shell: ends with 0 if this machine's Latchkey answers {@code /health/ready}, or with the argument
 * {@code live} {@code /health/live}, with 200 within three seconds, otherwise with 1.
 */
public final class HealthProbe {
    private static final int PATIENCE_MILLIS = 3_000;

    private HealthProbe() {}

    public static void main(String[] arguments) {
        String port = Optional.ofNullable(System.getenv("LATCHKEY_MANAGEMENT_PORT"))
                .or(() -> Optional.ofNullable(System.getenv("LATCHKEY_PORT")))
                .orElse("3003");
        String what = arguments.length > 0 && arguments[0].equals("live") ? "live" : "ready";
        System.exit(isGood(URI.create("http://127.0.0.1:" + port + "/health/" + what)) ? 0 : 1);
    }

    private static boolean isGood(URI address) {
        try {
            // Of the JDK's clients the one that starts fastest: this runs every few seconds.
            HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
            connection.setConnectTimeout(PATIENCE_MILLIS);
            connection.setReadTimeout(PATIENCE_MILLIS);
            return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
        } catch (IOException e) {
            return false;
        }
    }
}
