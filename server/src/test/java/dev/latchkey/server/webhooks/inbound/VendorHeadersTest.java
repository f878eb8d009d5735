package dev.latchkey.server.webhooks.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Webhook;
import dev.latchkey.catalogue.model.Webhook.Verify;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Handlers get the vendor's headers and none of the secret ones: for each definition, and for each kind of header. */
class VendorHeadersTest {
    private static final Pattern NAMED = Pattern.compile("header\\.([A-Za-z0-9-]+)");
    private static final List<String> STANDARD_WEBHOOKS =
            List.of("webhook-id", "webhook-timestamp", "webhook-signature");

    static Stream<Provider> withWebhooks() {
        return Catalogue.load().all().stream()
                .filter(provider -> provider.webhook().isPresent());
    }

    private static Map<String, String> forwarded(Webhook webhook, Map<String, String> headers) {
        return VendorHeaders.of(
                webhook, IncomingRequest.of("POST", "https://latchkey.example/", headers, Map.of(), new byte[0]));
    }

    @ParameterizedTest
    @MethodSource("withWebhooks")
    void ofEveryDefinitionThoseThatItNamesAreForwarded(Provider provider) {
        Webhook webhook = provider.webhook().orElseThrow();
        TreeSet<String> named = new TreeSet<>();
        NAMED.matcher(webhook.toString())
                .results()
                .map(found -> found.group(1).toLowerCase(Locale.ROOT))
                .forEach(named::add);
        Map<String, String> sent =
                new TreeMap<>(Map.of("x-vendor-event", "push", "authorization", "Bearer at", "cookie", "a=b"));
        named.forEach(name -> sent.put(name, "value of " + name));

        TreeSet<String> wanted = new TreeSet<>(named);
        wanted.add("x-vendor-event");
        wanted.removeAll(STANDARD_WEBHOOKS);
        wanted.remove("authorization");
        if (webhook.verify() instanceof Verify.Equality equality) {
            wanted.remove(equality.value().replaceFirst("^header\\.", "").toLowerCase(Locale.ROOT));
        }
        assertThat(forwarded(webhook, sent)).containsOnlyKeys(wanted);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "authorization",
                "cookie",
                "set-cookie",
                "host",
                "connection",
                "keep-alive",
                "te",
                "trailer",
                "transfer-encoding",
                "upgrade",
                "content-length",
                "content-type",
                "content-encoding",
                "proxy-authorization",
                "proxy-connection",
                "sec-fetch-mode",
                "user-agent",
                "referer",
                "server",
                "www-authenticate",
                "expect",
                "forwarded",
                "via",
                "x-forwarded-for",
                "x-real-ip",
                "x-webhook-secret",
                "x-nango-hmac-sha256",
                "x-nango-signature",
                "x-latchkey-event",
                "webhook-signature"
            })
    void whatIsNotTheVendorsWordStaysHere(String name) {
        Webhook github = withWebhooks()
                .filter(it -> it.id().equals("github"))
                .findFirst()
                .orElseThrow()
                .webhook()
                .orElseThrow();

        assertThat(forwarded(github, Map.of(name, "x", "x-github-event", "push")))
                .containsOnlyKeys("x-github-event");
    }

    @ParameterizedTest
    @ValueSource(strings = {"line\nbreak", "nul\0", "ä", "\u2028"})
    void aValueThatNoRequestCouldCarryIsLeftOut(String value) {
        Webhook github = withWebhooks().findFirst().orElseThrow().webhook().orElseThrow();

        assertThat(forwarded(github, Map.of("x-odd", value))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 300, 5_000, 20_000})
    void theyAreBounded(int length) {
        Webhook webhook = withWebhooks().findFirst().orElseThrow().webhook().orElseThrow();
        Map<String, String> many = new TreeMap<>();
        IntStream.range(0, 1_000).forEach(i -> many.put("x-" + i, "v".repeat(length)));

        Map<String, String> kept = forwarded(webhook, many);
        assertThat(kept).hasSizeLessThanOrEqualTo(64);
        assertThat(kept.values().stream().mapToInt(String::length).sum()).isLessThanOrEqualTo(16_384);
        assertThat(kept.isEmpty()).isEqualTo(length > 4_096);
    }
}
