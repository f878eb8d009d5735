package dev.latchkey.server.vendors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.AuthMode;
import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.lab.Lab;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Which provider is proven by what; prints the table. */
class ProofTableTest {
    /** A provider whose real server, or an independent one of its protocol, runs in a test of this build. */
    private static final Set<String> REAL_PARTS = Set.of("postgres", "mysql", "mariadb", "mongodb", "redis");

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

    @Test
    void everyNamedSystemIsHeldToAnExpectationWrittenByHand() throws IOException {
        Set<String> byHand = byHand();

        NAMED.forEach((group, systems) -> assertThat(byHand).as(group).containsAll(systems));
        System.out.println(table(byHand));
    }

    private static Set<String> byHand() throws IOException {
        return NamedSystemsTest.systems()
                .map(NamedSystemsTest.Expectation::provider)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String table(Set<String> byHand) {
        Map<String, int[]> rows = new TreeMap<>();
        for (Provider provider : Catalogue.load().all()) {
            int[] row = rows.computeIfAbsent(AuthMode.of(provider.auth()), mode -> new int[4]);
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
