package dev.latchkey.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.Checked;
import dev.latchkey.catalogue.model.Provider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whose page was read, a definition says truly, of itself and of its webhooks: what is under {@code pages} is at a domain of the
 * vendor's, which the definition's site or one of its addresses has, or which {@code own} names; what is under {@code accounts} is not.
 */
class CheckedPagesTest {
    private static final Path DEFINITIONS = Path.of("src/main/resources/providers");
    /** Blocks that name pages instead of the vendor's hosts. */
    private static final Pattern ASIDE = Pattern.compile("(checked|nango|api_docs|help|setup|#).*", Pattern.DOTALL);

    /** Within a block, with the deeper lines below it. */
    private static final Pattern WEBHOOKS_CHECKED = Pattern.compile("\n  checked:.*(\n {3,}.*)*");

    private static final Pattern URL = Pattern.compile("https://([^/\\s\"]*\\}[.]?)?([A-Za-z0-9.-]+[.][a-z]+)");
    private static final Pattern SUFFIX = Pattern.compile("(suffix|default): \"?[.]?([a-z0-9.-]+[.][a-z]{2,})\\b");
    private static final Pattern DOCS = Pattern.compile("docs: \\S+");
    private static final Pattern PARENT = Pattern.compile("^extends: (\\S+)", Pattern.MULTILINE);
    /** Where everybody can publish below a path. */
    private static final Set<String> PATHS = Set.of("github.com", "raw.githubusercontent.com", "gist.github.com");

    @Test
    void aPageOfTheVendorIsTheVendorsAndAnAccountIsNot() {
        List<String> wrong = new ArrayList<>();
        for (Provider provider : Catalogue.load().all()) {
            Stream.of(provider.about().checked(), webhooksChecked(provider))
                    .flatMap(Optional::stream)
                    .forEach(checked -> wrong.addAll(wrong(provider.id(), checked)));
        }
        assertThat(wrong).isEmpty();
    }

    /** A page that was read only in somebody's copy is not called the vendor's page: each needs a day, too. */
    @Test
    void theGuideSaysHowManyWebhooksWereReadAndWhere() throws IOException {
        List<Provider> sending = Catalogue.load().all().stream()
                .filter(provider -> provider.webhook().isPresent())
                .toList();
        Map<Checked.Source, Long> read = sending.stream()
                .flatMap(provider -> webhooksChecked(provider).stream())
                .collect(Collectors.groupingBy(Checked::source, Collectors.counting()));
        long vendors = read.getOrDefault(Checked.Source.VENDOR, 0L);
        long both = read.getOrDefault(Checked.Source.BOTH, 0L);
        long others = read.getOrDefault(Checked.Source.OTHERS, 0L);

        assertThat(Files.readString(Path.of("../docs/webhooks.md")))
                .contains(vendors + " were read on the vendor's page, " + both
                        + " on it and in accounts by others, and " + others + " in accounts by others alone,")
                .contains("the other " + (sending.size() - vendors - both - others)
                        + " have not been compared with a page since they were written");
    }

    private static Optional<Checked> webhooksChecked(Provider provider) {
        return provider.webhook().flatMap(webhook -> webhook.setup().checked());
    }

    private static List<String> wrong(String id, Checked checked) {
        List<String> wrong = new ArrayList<>();
        Set<String> named = named(id);
        Set<String> own = new HashSet<>(checked.own());
        for (URI page : checked.pages()) {
            boolean listed = own.removeIf(address -> isBelow(page, address))
                    || checked.own().stream().anyMatch(address -> isBelow(page, address));
            if (!listed && !isNamed(page, named)) {
                wrong.add(id + ": " + page + " is at no host of the vendor's; if it is somebody else's, it"
                        + " belongs under 'accounts', otherwise its address under 'own'");
            }
        }
        for (Checked.Account account : checked.accounts()) {
            if (isNamed(account.page(), named)
                    || checked.own().stream().anyMatch(address -> isBelow(account.page(), address))) {
                wrong.add(id + ": " + account.page() + " is the vendor's own, not an account by others");
            }
        }
        own.forEach(address -> wrong.add(id + ": no page is at 'own' " + address));
        return wrong;
    }

    @Test
    void tellsAVendorsPageFromAnothers() {
        Set<String> slack = named("slack");

        assertThat(isNamed(URI.create("https://docs.slack.com/x"), slack)).isTrue();
        assertThat(isNamed(URI.create("https://docs.slack.dev/x"), slack)).isFalse();
        assertThat(isNamed(URI.create("https://slack.com.example.org/x"), slack))
                .isFalse();
        // Whose site is at GitHub publishes there, but so does everybody.
        assertThat(isNamed(URI.create("https://github.com/somebody/slack"), Set.of("github.com")))
                .isFalse();
        assertThat(isBelow(URI.create("https://github.com/slackapi-of-others/x"), "github.com/slackapi"))
                .isFalse();
        assertThat(isBelow(URI.create("https://github.com/slackapi/x"), "github.com/slackapi"))
                .isTrue();
    }

    private static boolean isNamed(URI page, Set<String> named) {
        return named.contains(domain(page.getHost())) && !PATHS.contains(page.getHost());
    }

    private static boolean isBelow(URI page, String address) {
        String place = page.getHost() + page.getPath();
        return place.equals(address) || place.startsWith(address + "/");
    }

    /** The domains of the site and of all addresses that are called. */
    private static Set<String> named(String id) {
        String text = text(id);
        String addresses = Arrays.stream(text.split("\n(?=\\S)"))
                .filter(block -> !ASIDE.matcher(block).matches())
                .map(block -> WEBHOOKS_CHECKED.matcher(block).replaceAll(""))
                .flatMap(String::lines)
                .filter(line -> !line.strip().startsWith("#"))
                .map(line -> DOCS.matcher(line).replaceAll(""))
                .collect(Collectors.joining("\n"));
        Set<String> domains = new HashSet<>();
        URL.matcher(addresses).results().forEach(url -> domains.add(domain(url.group(2))));
        SUFFIX.matcher(addresses).results().forEach(host -> domains.add(domain(host.group(2))));
        Matcher parent = PARENT.matcher(text);
        if (parent.find()) {
            domains.addAll(named(parent.group(1)));
        }
        return domains;
    }

    private static String text(String id) {
        try {
            return Files.readString(DEFINITIONS.resolve(id + ".yaml"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is registered, by the endings that occur here. */
    private static String domain(String host) {
        List<String> labels = List.of(host.toLowerCase(Locale.ROOT).split("[.]"));
        int size = labels.size();
        boolean second = size > 2
                && labels.get(size - 1).length() == 2
                && Set.of("co", "com", "go", "gov", "net", "org").contains(labels.get(size - 2));
        return String.join(".", labels.subList(Math.max(0, size - (second ? 3 : 2)), size));
    }
}
