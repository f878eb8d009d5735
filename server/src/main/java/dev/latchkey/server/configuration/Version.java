package dev.latchkey.server.configuration;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The version of this program, which the build takes from the Git tag (see {@code server/pom.xml}). */
public final class Version {
    /** Such as {@code 0.1.0}, or {@code 0.1.0-5-gabc1234} five commits after that. */
    public static final String CURRENT = read();

    private Version() {}

    private static String read() {
        try (InputStream stream = Version.class.getResourceAsStream("/latchkey-version")) {
            if (stream == null) {
                throw new IllegalStateException("/latchkey-version is not on the class path");
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
