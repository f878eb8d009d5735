package dev.latchkey.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A page of docs/reference that is written from the code; with {@code -Ddocs.write=true} ({@code ./latchkey docs}) it is rewritten. */
public final class GeneratedPage {
    private static final Path FOLDER = Path.of("../docs/reference");

    private GeneratedPage() {}

    /** Fails while the page in the repository is not what the code says. */
    public static void hold(String name, String text) throws IOException {
        Path page = FOLDER.resolve(name);
        if (Boolean.getBoolean("docs.write")) {
            Files.writeString(page, text);
        }
        assertThat(Files.exists(page) ? Files.readString(page) : "")
                .as("docs/reference/%s: run ./latchkey docs", name)
                .isEqualTo(text);
    }
}
