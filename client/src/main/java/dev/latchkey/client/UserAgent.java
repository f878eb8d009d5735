package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** What an operator sees of the client: its version, Java's, and the application's name. */
final class UserAgent {
    private static final String VERSION = version();

    private UserAgent() {}

    static String of(Optional<String> application) {
        return "latchkey-java/" + VERSION + " (Java " + System.getProperty("java.version", "?") + ")"
                + application.map(name -> " " + name).orElse("");
    }

    private static String version() {
        try (InputStream file = UserAgent.class.getResourceAsStream("version.txt")) {
            return file == null ? "unknown" : new String(file.readAllBytes(), UTF_8).strip();
        } catch (IOException e) {
            return "unknown";
        }
    }
}
