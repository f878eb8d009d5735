package dev.latchkey.server.webhooks.inbound;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Webhook;
import dev.latchkey.catalogue.model.Webhook.Verify;
import dev.latchkey.server.egress.PeerTrust;
import dev.latchkey.server.secrets.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Each definition of {@code webhooks/signatures.yaml} against a request that its vendor published, or that another implementation signed
 * by the vendor's recipe.
 */
class PublishedSignaturesTest {
    private static final Path REQUESTS = Path.of("src/test/resources/webhooks/signatures.yaml");
    private static final Catalogue CATALOGUE = Catalogue.load();

    record Signed(
            JsonNode yaml,
            String secret,
            Map<String, String> headers,
            Map<String, String> query,
            String body,
            Instant at) {
        static Signed of(JsonNode yaml) {
            return new Signed(
                    yaml,
                    yaml.path("secret").asString(),
                    texts(yaml.path("headers")),
                    texts(yaml.path("query")),
                    yaml.path("body").asString(),
                    Instant.parse(yaml.path("at").asString()));
        }

        private static Map<String, String> texts(JsonNode map) {
            Map<String, String> texts = new TreeMap<>();
            map.properties()
                    .forEach(entry -> texts.put(entry.getKey(), entry.getValue().asString()));
            return texts;
        }

        String provider() {
            return yaml.path("provider").asString();
        }

        Webhook webhook() {
            return CATALOGUE.find(provider()).flatMap(Provider::webhook).orElseThrow();
        }

        /** Where the definition has the vendor's own key, with which nobody else can sign, one of the test's stands for it. */
        Verify verify() {
            Verify verify = webhook().verify();
            String ours = yaml.path("public_key").asString("");
            return !ours.isEmpty() && verify instanceof Verify.PublicKey it
                    ? new Verify.PublicKey(
                            it.algorithm(),
                            new Verify.KeySource.Written(ours),
                            it.encoding(),
                            it.signature(),
                            it.over(),
                            it.freshness())
                    : verify;
        }

        /** What the vendor publishes, by address. */
        PublishedKeys published() {
            Map<String, String> documents = texts(yaml.path("published"));
            return new PublishedKeys(
                    address -> Optional.ofNullable(documents.get(address.toString()))
                            .map(text -> text.getBytes(UTF_8)),
                    new PeerTrust(
                            PeerTrust.Mode.AUTHORITY, "", yaml.path("authority").asString("")),
                    () -> at);
        }

        Signed by(String another) {
            return new Signed(yaml, another, headers, query, body, at);
        }

        Signed carrying(Map<String, String> others) {
            return new Signed(yaml, secret, others, query, body, at);
        }

        Signed asking(Map<String, String> others) {
            return new Signed(yaml, secret, headers, others, body, at);
        }

        Signed saying(String another) {
            return new Signed(yaml, secret, headers, query, another, at);
        }

        Signed arriving(Instant another) {
            return new Signed(yaml, secret, headers, query, body, another);
        }

        IncomingRequest request() {
            return IncomingRequest.of(
                    "POST",
                    yaml.path("url").asString("https://latchkey.example/webhook/e/" + provider()),
                    headers,
                    query,
                    body.getBytes(UTF_8));
        }

        boolean isProven() {
            return new Verification(
                            request(),
                            at,
                            published(),
                            Optional.of(yaml.path("client_id").asString("")).filter(id -> !id.isEmpty()))
                    .proves(verify(), new Secret(secret));
        }

        /** A token that is the whole body is read as what it says. */
        IncomingRequest read() {
            return verify() instanceof Verify.Token token && token.isWholeBody()
                    ? new Verification(request(), at, published(), Optional.empty())
                            .token(token, new Secret(secret))
                            .map(it -> request().reading(it.claims()))
                            .orElseThrow()
                    : request();
        }

        @Override
        public String toString() {
            return provider() + ": " + yaml.path("source").asString();
        }
    }

    static Stream<Signed> requests() throws IOException {
        List<Signed> found = new ArrayList<>();
        try (InputStream stream = Files.newInputStream(REQUESTS)) {
            YAMLMapper.builder()
                    .build()
                    .readerFor(JsonNode.class)
                    .<JsonNode>readValues(stream)
                    .forEachRemaining(one -> found.add(Signed.of(one)));
        }
        assertThat(found).hasSizeGreaterThan(30);
        return found.stream();
    }

    /** What only a few vendors do is easily misread. */
    @Test
    void everyDefinitionThatStoresASecretPerConnectionOrAKeyIsAmongThem() throws IOException {
        List<String> held = requests().map(Signed::provider).toList();

        assertThat(CATALOGUE.all().stream()
                        .filter(provider -> provider.webhook()
                                .filter(PublishedSignaturesTest::isPeculiar)
                                .isPresent())
                        .map(Provider::id))
                .isNotEmpty()
                .allMatch(held::contains);
    }

    @Test
    void theGuideSaysHowManyDefinitionsAreHeldByMoreThanTheirPage() throws IOException {
        long held = requests().map(Signed::provider).distinct().count();

        assertThat(Files.readString(Path.of("../docs/webhooks.md"))).contains(held + " of them are\nheld in tests");
    }

    private static boolean isPeculiar(Webhook webhook) {
        boolean ofTheConnection =
                webhook.secret().filter(path -> !path.startsWith("app.")).isPresent();
        return ofTheConnection
                || switch (webhook.verify()) {
                    case Verify.PublicKey it -> true;
                    case Verify.Token it -> true;
                    case Verify.HttpBasic it -> true;
                    case Verify.Signature it ->
                        it.keyForm() == Verify.KeyForm.HEX || it.keyForm() == Verify.KeyForm.SHA256;
                    case Verify.Equality it -> false;
                    case Verify.Standard it -> false;
                    case Verify.None it -> false;
                };
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requests")
    void provesTheVendorsRequestAndReadsIt(Signed signed) {
        Webhook webhook = signed.webhook();

        assertThat(signed.isProven()).isTrue();
        IncomingRequest request = signed.read();
        JsonNode event = request.events(webhook.split()).getFirst();
        assertThat(webhook.type().flatMap(path -> request.at(path, event)).orElse(""))
                .isEqualTo(signed.yaml().path("event").asString(""));
        assertThat(webhook.id().flatMap(path -> request.at(path, event)).orElse(""))
                .isEqualTo(signed.yaml().path("id").asString(""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requests")
    void refusesItByAnotherSecretAndWithoutItsProof(Signed signed) {
        if (signed.verify().needsSecret()) {
            assertThat(signed.by(another(signed.secret())).isProven()).isFalse();
            assertThat(signed.by("").isProven()).isFalse();
        }
        assertThat(signed.carrying(Map.of()).asking(Map.of()).saying("{}").isProven())
                .isFalse();
        signed.headers().forEach((name, value) -> {
            if (name.contains("signature") && !name.contains("timestamp")
                    || name.endsWith("-sig")
                    || name.equals("authorization")) {
                Map<String, String> altered = new TreeMap<>(signed.headers());
                altered.put(name, another(value));
                assertThat(signed.carrying(altered).isProven()).as(name).isFalse();
            }
        });
    }

    /** What the vendor binds: where only the secret is sent, anything can be said with it. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("requests")
    void refusesAnotherBodyWhereTheBodyIsSigned(Signed signed) {
        boolean bound = signed.yaml().path("signs").asString().equals("body");

        assertThat(signed.saying(signed.body() + " ").isProven()).isEqualTo(!bound);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("requests")
    void refusesItWhenItIsOldWhereTheDefinitionSaysHowOldItMayBe(Signed signed) {
        boolean ages = switch (signed.webhook().verify()) {
            case Verify.Signature it -> it.freshness().isPresent();
            case Verify.PublicKey it -> it.freshness().isPresent();
            case Verify.Standard it -> true;
            // A token that has no end is bound to the body instead, or is it.
            case Verify.Token it -> !it.claims().containsKey("sha256") && !it.isWholeBody();
            case Verify.Equality it -> false;
            case Verify.HttpBasic it -> false;
            case Verify.None it -> false;
        };

        assertThat(signed.arriving(signed.at().plus(Duration.ofHours(1))).isProven())
                .isEqualTo(!ages);
    }

    /** Differs in its middle, where no encoding has unused bits. */
    private static String another(String text) {
        int middle = text.length() / 2;
        return text.substring(0, middle) + (text.charAt(middle) == 'a' ? 'b' : 'a') + text.substring(middle + 1);
    }
}
