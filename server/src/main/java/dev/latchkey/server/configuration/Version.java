package dev.latchkey.server.configuration;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The version of this program, which the build takes from the Git tag (see {@code server/pom.xml}). */
public final class Version {
    private static final List<String> WRITTEN = read();

    /** Such as {@code 0.1.0}, or {@code 0.1.0-5-gabc123456} five commits after that. */
    public static final String CURRENT = WRITTEN.getFirst();

    /** The whole hash of the commit that was built, or {@code unknown} outside of a checkout. */
    public static final String COMMIT = WRITTEN.getLast();

    private Version() {}

    /** What {@code latchkey --version} prints, in lines: version, commit, and the Java that runs it. */
    public static List<String> described() {
        return List.of(
                "Latchkey " + CURRENT,
                "Commit " + COMMIT,
                "Java " + Runtime.version() + ", " + System.getProperty("os.name") + " "
                        + System.getProperty("os.arch"));
    }

    private static List<String> read() {
        try (InputStream stream = Version.class.getResourceAsStream("/latchkey-version")) {
            if (stream == null) {
                throw new IllegalStateException("/latchkey-version is not on the class path");
            }
            List<String> lines = new String(stream.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(String::strip)
                    .toList();
            if (lines.size() != 2) {
                throw new IllegalStateException("/latchkey-version has " + lines.size() + " lines, not two");
            }
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
