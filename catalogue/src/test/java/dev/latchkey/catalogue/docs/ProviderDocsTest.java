package dev.latchkey.catalogue.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProviderDocsTest {
    private static final Path PAGES = Path.of("../docs/providers");

    @Test
    void thePagesAreThoseOfTheCatalogue() throws IOException {
        Map<String, String> expected = ProviderDocs.pages(Catalogue.load());

        assertThat(committed())
                .as("the build writes them: mvn process-classes -pl catalogue")
                .isEqualTo(expected);
    }

    private static Map<String, String> committed() throws IOException {
        Map<String, String> found = new TreeMap<>();
        try (Stream<Path> files = Files.list(PAGES)) {
            for (Path file : files.toList()) {
                found.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        return found;
    }

    @Test
    void saysWhatAPersonMustDoAndKnow() {
        String slack = ProviderDocs.pages(Catalogue.load()).getOrDefault("slack.md", "");

        assertThat(slack)
                .contains(
                        "# Slack\n",
                        "https://api.slack.com/apps",
                        "`<public URL>/oauth/callback`",
                        "- `chat:write`: Write messages")
                .contains(
                        "An answer is a success only if `ok` is `true`",
                        "without PKCE",
                        "Scopes of the user go into `user_scope`",
                        "auth.revoke");
    }
}
