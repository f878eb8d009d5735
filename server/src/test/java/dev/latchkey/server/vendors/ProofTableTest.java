package dev.latchkey.server.vendors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.lab.Lab;
import dev.latchkey.server.datastores.DatastoresTest;
import dev.latchkey.server.journeys.KindsTest;
import dev.latchkey.server.journeys.QuirksTest;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Which provider is proven by what; prints the table. */
class ProofTableTest {
    /** A provider whose real server, or an independent one of its protocol, runs in a test of this build. */
    private static final Set<String> REAL_PARTS = Set.of(
            "postgres",
            "mysql",
            "mariadb",
            "mongodb",
            "redis",
            "smtp",
            "imap",
            "ldap",
            "sftp",
            "rabbitmq",
            "amqp",
            "kafka",
            "s3-compatible");

    /** Databases are held to what their servers take, by DatastoresTest. */
    private static final Set<String> DATABASES = Set.of("postgres", "mysql", "mongodb", "redis", "sqlserver");

    /** Each kind that signs or is discovered, and who is held to it by hand. */
    private static final Map<String, Set<String>> KINDS = Map.of(
            "signed_token", Set.of("app-store-connect", "apple-music", "ghost-admin"),
            "app_installation", Set.of("github-app", "github-app-oauth"),
            "aws_role", Set.of("aws"),
            "mcp", Set.of("notion-mcp", "asana-mcp", "mcp-generic"),
            "oauth1_static", Set.of("netsuite-tba"),
            "exchange by JWT", Set.of("salesforce-jwt", "gcp-service-account"),
            "exchange by SAML", Set.of("sap-success-factors"));

    /** Peculiar ways of vendors, each with a provider that is held to it by hand, or a test of QuirksTest or KindsTest. */
    private static final Map<String, String> QUIRKS = Map.ofEntries(
            Map.entry(
                    "a refresh without the id, by a part of the secret",
                    "parametersHaveTheVendorsNamesAndARefreshProvesItselfInItsOwnWay"),
            Map.entry(
                    "names of the vendor's own, redirect URI in the query, JSON",
                    "parametersHaveTheVendorsNamesAndARefreshProvesItselfInItsOwnWay"),
            Map.entry("an id without a secret", "etsy"),
            Map.entry("the secret as the user of Basic", "stripe-app"),
            Map.entry("a client's assertion", "aClientProvesItselfByASignedAssertion"),
            Map.entry("a signed body; a renewal that brings no token", "aHeaderSignsTheBodyAndARenewalMayBringNoToken"),
            Map.entry("an absolute end, and a lifetime that no response names", "squarespace"),
            Map.entry("an answer below data", "tiktok-ads"),
            Map.entry(
                    "two tokens in one answer, an error in a 200",
                    "twoTokensOfOneAnswerAreRenewedApartAndNoRefreshTokenTwice"),
            Map.entry("a long-lived token for a short one, on demand", "facebook"),
            Map.entry("a long-lived token that is itself renewed", "instagram"),
            Map.entry("an administrator's consent", "anAdministratorsConsentBuysTheAppsOwnToken"),
            Map.entry("tokens for further audiences", "furtherTokensForOtherAudiencesStayOutOfTheConfig"),
            Map.entry("introspection", "salesforce"),
            Map.entry("a signed callback", "shopify"),
            Map.entry("cookies as the credential, XML, two steps", "aSessionOfCookiesIsACredential"),
            Map.entry("an installation that waits", "anInstallationThatWaitsIsFinishedByTheProvidersWebhook"),
            Map.entry("a session bought with a password", "bill"),
            Map.entry("WSSE", "aCallIsStampedByWsse"),
            Map.entry("a partner's key", "aPartnersKeyComesFromTheIntegration"),
            Map.entry("HMAC-SHA256 with a realm", "netsuite-tba"),
            Map.entry("a choice among tenants", "jira"),
            Map.entry("a tenant by the token's claim", "xero"),
            Map.entry("a data centre learned from the answer", "zoho-crm"),
            Map.entry(
                    "a probe that reads the body, steps afterwards",
                    "aKeyIsProvenByWhatTheAnswerSaysAndTheRestIsLearned"),
            Map.entry("a key in the address", "telegram"),
            Map.entry("an ending by the vendor's own call", "intercom"));

    /** The named systems of the issue: each has at least one expectation written by hand. */
    private static final Map<String, Set<String>> NAMED = Map.ofEntries(
            Map.entry(
                    "CRM",
                    Set.of("salesforce", "hubspot", "pipedrive", "zoho-crm", "microsoft-dynamics-365", "sugarcrm")),
            Map.entry("communication", Set.of("slack", "microsoft-teams", "discord", "zoom", "intercom")),
            Map.entry("work", Set.of("trello", "asana", "monday", "jira", "notion", "clickup", "linear", "basecamp")),
            Map.entry("commerce", Set.of("shopify", "bigcommerce", "adobe-commerce", "squarespace", "etsy")),
            Map.entry("code", Set.of("github", "gitlab", "bitbucket", "vercel", "netlify", "heroku")),
            Map.entry("social", Set.of("linkedin", "twitter-v2", "facebook", "instagram", "youtube")),
            Map.entry(
                    "payment and messages",
                    Set.of("stripe", "paypal", "twilio", "sendgrid", "mailgun", "postmark", "telegram")),
            Map.entry("mail", Set.of("google-mail", "outlook")));

    /** Microsoft's notifications, whose secret is in the body of each: {@code WebhooksInTest}. */
    private static final Set<String> SENT_IN_A_JOURNEY = Set.of("microsoft-teams", "outlook");

    @Test
    void everyNamedSystemKindAndQuirkIsHeldToAnExpectationWrittenByHand() throws IOException {
        Set<String> byHand = byHand();

        NAMED.forEach((group, systems) -> assertThat(byHand).as(group).containsAll(systems));
        KINDS.forEach((group, systems) -> assertThat(byHand).as(group).containsAll(systems));
        assertThat(DatastoresTest.JOURNEYS).containsAll(DATABASES);
        Set<String> tests = Stream.of(QuirksTest.class, KindsTest.class)
                .flatMap(one -> Stream.of(one.getDeclaredMethods()))
                .map(Method::getName)
                .collect(Collectors.toSet());
        QUIRKS.forEach((quirk, proof) -> assertThat(byHand.contains(proof) || tests.contains(proof))
                .as(quirk)
                .isTrue());
        assertThat(Catalogue.load().all().stream()
                        .filter(provider -> provider.auth() instanceof Auth.SignedToken)
                        .map(Provider::id))
                .as("every provider whose token is signed here")
                .isNotEmpty()
                .allMatch(byHand::contains);
        System.out.println(table(byHand));
    }

    /** What a vendor sends is received, held to a signed request, or known not to exist. */
    @Test
    void everyNamedSystemHasWebhooksThatAreHeldOrSaysThatItHasNone() throws IOException {
        String signed = Files.readString(Path.of("src/test/resources/webhooks/signatures.yaml"));
        Catalogue catalogue = Catalogue.load();
        Stream.concat(NAMED.values().stream().flatMap(Set::stream), DATABASES.stream())
                .map(id -> catalogue.find(id).orElseThrow())
                .forEach(provider -> assertThat(provider.about().noWebhooks().isPresent()
                                || provider.webhook().isPresent()
                                        && (signed.contains("provider: " + provider.id() + "\n")
                                                || SENT_IN_A_JOURNEY.contains(provider.id())))
                        .as(provider.id())
                        .isTrue());
    }

    /** The journeys of the others play both sides from the definition. */
    @Test
    void theGuideSaysHowManyDefinitionsAreHeldByMoreThanThemselves() throws IOException {
        Set<String> all =
                Catalogue.load().all().stream().map(Provider::id).collect(Collectors.toCollection(TreeSet::new));
        Set<String> held = new TreeSet<>(byHand());
        held.addAll(DATABASES);
        held.addAll(REAL_PARTS);
        assertThat(all).containsAll(held);

        says(
                "docs/testing.md",
                "Of %d definitions, %d are held by hand or by a server; %d are only played."
                        .formatted(all.size(), held.size(), all.size() - held.size()));
    }

    @Test
    void theGuidesSayHowManyDefinitionsThereAreAndHowManyReceiveWebhooks() throws IOException {
        Catalogue catalogue = Catalogue.load();
        long signed = catalogue.all().stream()
                .filter(one -> one.webhook().isPresent())
                .count();

        says("docs/webhooks.md", signed + " definitions say how their vendor signs");
        String rounded =
                String.format(Locale.ROOT, "more than %,d", catalogue.all().size() / 100 * 100);
        says("docs/comparison.md", rounded + ", written from vendors' documentation");
        says("README.md", rounded + " vendors");
    }

    private static void says(String guide, String sentence) throws IOException {
        assertThat(Files.readString(Path.of("..", guide)).contains(sentence))
                .as(guide + " says: " + sentence)
                .isTrue();
    }

    private static Set<String> byHand() throws IOException {
        return NamedSystemsTest.systems()
                .map(NamedSystemsTest.Expectation::provider)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String table(Set<String> byHand) {
        Map<String, int[]> rows = new TreeMap<>();
        for (Provider provider : Catalogue.load().all()) {
            int[] row = rows.computeIfAbsent(provider.auth().facts().mode(), mode -> new int[4]);
            row[0]++;
            row[1] += Lab.plays(provider) ? 1 : 0;
            row[2] += byHand.contains(provider.id()) ? 1 : 0;
            row[3] += REAL_PARTS.contains(provider.id()) ? 1 : 0;
        }
        StringBuilder text = new StringBuilder(
                "| kind | providers | journey in the lab | by hand | real part |\n|---|---|---|---|---|\n");
        int[] sum = new int[4];
        rows.forEach((mode, row) -> {
            text.append("| ")
                    .append(mode)
                    .append(" | ")
                    .append(row[0])
                    .append(" | ")
                    .append(row[1])
                    .append(" | ")
                    .append(row[2])
                    .append(" | ")
                    .append(row[3])
                    .append(" |\n");
            for (int i = 0; i < 4; i++) {
                sum[i] += row[i];
            }
        });
        return text.append("| all | ")
                .append(sum[0])
                .append(" | ")
                .append(sum[1])
                .append(" | ")
                .append(sum[2])
                .append(" | ")
                .append(sum[3])
                .append(" |\n")
                .toString();
    }
}
