package dev.latchkey.catalogue.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ProviderDocsTest {
    private static final Path PAGES = Path.of("../docs/providers");
    private static final Path OLDER = Path.of("../docs/vendor-pages.md");

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
            for (Path file : files.filter(
                            one -> !one.endsWith(ProviderDocs.CHANGELOG) && !one.endsWith(ProviderDocs.HEALTH))
                    .toList()) {
                found.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        return found;
    }

    /** An id in code in the changelog is a provider's. */
    @Test
    void theChangelogNamesDefinitionsThatExist() throws IOException {
        Set<String> shipped = Catalogue.load().all().stream().map(Provider::id).collect(Collectors.toSet());
        List<String> named = Pattern.compile("\\]\\(([a-z0-9-]+)\\.md\\)")
                .matcher(Files.readString(PAGES.resolve(ProviderDocs.CHANGELOG)))
                .results()
                .map(link -> link.group(1))
                .toList();

        assertThat(named).isNotEmpty();
        assertThat(shipped).containsAll(named);
    }

    /** One place: a definition that says when it was checked has no row in the older table. */
    @Test
    void theOlderComparisonsAreThoseOfDefinitionsThatSayNothingThemselves() throws IOException {
        List<String> older = Files.readAllLines(OLDER).stream()
                .filter(line -> line.startsWith("| `"))
                .flatMap(line -> Pattern.compile("`([a-z0-9-]+)`")
                        .matcher(line.substring(0, line.indexOf('|', 1)))
                        .results()
                        .map(id -> id.group(1)))
                .toList();

        assertThat(older).isNotEmpty();
        assertThat(Catalogue.load().all().stream()
                        .filter(provider -> provider.about().checked().isPresent())
                        .map(Provider::id))
                .isNotEmpty()
                .doesNotContainAnyElementsOf(older);
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

    @Test
    void everyDefinitionWithWebhooksSaysHowTheyAreSetUpAndProven() {
        Map<String, String> pages = ProviderDocs.pages(Catalogue.load());

        Catalogue.load().all().forEach(provider -> {
            String page = pages.getOrDefault(provider.id() + ".md", "");
            assertThat(page.contains("\n## Webhooks\n"))
                    .as(provider.id())
                    .isEqualTo(provider.webhook().isPresent()
                            || provider.about().noWebhooks().isPresent());
            provider.about()
                    .noWebhooks()
                    .ifPresent(none -> assertThat(page)
                            .contains("\nNone. " + none.why() + " ([the vendor's page](" + none.page() + "))"));
            provider.webhook().ifPresent(webhook -> {
                String section = page.substring(page.indexOf("\n## Webhooks\n"));
                assertThat(section).as(provider.id()).contains("`webhook_url`").doesNotContain("{webhook}");
                webhook.setup()
                        .steps()
                        .forEach(step -> assertThat(section).contains(step.replace("{webhook}", "the address")));
                webhook.setup().docs().ifPresent(docs -> assertThat(section).contains("](" + docs + ")"));
                assertThat(section)
                        .contains(webhook.setup()
                                .checked()
                                .map(checked -> "Webhooks: read on " + checked.on() + " from ")
                                .orElse("Webhooks: not compared with the vendor's page since they were written."));
                assertThat(section.contains("webhook_secret"))
                        .as(provider.id() + " says that a secret must be set")
                        .isEqualTo(webhook.secret()
                                .filter(path -> path.endsWith("webhookSecret") || path.endsWith("signingSecret"))
                                .isPresent());
            });
        });
    }
}
