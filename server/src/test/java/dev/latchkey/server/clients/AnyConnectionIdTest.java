package dev.latchkey.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.client.Credentials;
import dev.latchkey.client.Latchkey;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.NewConnection;
import dev.latchkey.client.NewIntegration;
import dev.latchkey.client.ProxyAnswer;
import dev.latchkey.client.ProxyRequest;
import dev.latchkey.client.Settings;
import dev.latchkey.server.api.Visitor;
import dev.latchkey.server.connections.ConnectionIds;
import dev.latchkey.server.journeys.LabUser;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/**
 * Products keep addresses, paths and JSON in a connection's id. Ids of every character that may be in one, in an order by chance: through
 * the user's consent, the Java client, the proxy and the dashboard, until the connection is deleted.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnyConnectionIdTest {
    private static final int LENGTH = 12;

    private dev.latchkey.server.api.Latchkey server;
    private Latchkey latchkey;
    private Visitor member;

    @BeforeAll
    void start() {
        server = dev.latchkey.server.api.Latchkey.start(Map.of("LATCHKEY_DASHBOARD_PASSWORD", "a long password"));
        latchkey = Latchkey.of(
                Settings.from(Map.of("NANGO_SECRET_KEY", server.key, "NANGO_HOST", server.address.toString())));
        latchkey.integrations().create(NewIntegration.inLab("github", "github"));
        latchkey.integrations().create(NewIntegration.inLab("keys", "stripe-api-key"));
        member = Visitor.signedIn(server, "a long password");
    }

    @AfterAll
    void stop() {
        latchkey.close();
        server.close();
    }

    private static List<String> ids(long seed) {
        List<String> characters = new ArrayList<>(IntStream.rangeClosed(0x20, 0x7e)
                .mapToObj(Character::toString)
                .filter(character -> ConnectionIds.isAllowed("i" + character))
                .toList());
        assertThat(characters).contains("/", "\\", "{", "}", "[", "]", "|", "\"", "'", " ");
        Collections.shuffle(characters, new Random(seed));
        List<String> ids = new ArrayList<>();
        for (int from = 0; from < characters.size(); from += LENGTH) {
            List<String> some = characters.subList(from, Math.min(from + LENGTH, characters.size()));
            // A header's value has no blanks at its ends (RFC 9110 section 5.5).
            ids.add("i" + String.join("", some) + "d");
        }
        ids.addAll(List.of("{\"org\":[1,\"a|b\"]}", "https://x.example/~a", "a/../b", "/", "..."));
        return ids;
    }

    @TestFactory
    List<DynamicTest> anyIdWorksFromConsentToDeletion() {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("seed of AnyConnectionIdTest: " + seed + " (repeat with -Dseed=" + seed + ")");
        return ids(seed).stream()
                .map(id -> DynamicTest.dynamicTest(id + " (seed " + seed + ")", () -> lives(id)))
                .toList();
    }

    /** No user is sent anywhere for a connection that could not be read afterwards. */
    @TestFactory
    List<DynamicTest> anyOtherIdIsRefusedBeforeAUserIsSentAnywhere() {
        List<String> ids = new ArrayList<>(
                IntStream.concat(IntStream.rangeClosed(0, 0x17f), IntStream.of(0x20ac, 0x2028, 0x4e2d, 0x1f600))
                        .mapToObj(Character::toString)
                        .filter(character -> !ConnectionIds.isAllowed("i" + character))
                        .map(character -> "i" + character + "d")
                        .toList());
        assertThat(ids).contains("i%d", "i?d", "i#d", "iüd", "i\u0000d");
        ids.addAll(List.of(" i", "i ", ".", "..", "", " ", "i".repeat(256)));
        return ids.stream()
                .map(id -> DynamicTest.dynamicTest("'" + id + "'", () -> refused(id)))
                .toList();
    }

    private void refused(String id) {
        assertThatThrownBy(() -> latchkey.getAuthUrl("github", id))
                .isInstanceOfAny(IllegalArgumentException.class, LatchkeyException.Refused.class);
        assertThatThrownBy(() -> latchkey.connections()
                        .create(NewConnection.of("keys", Credentials.apiKey("sk_test_1"))
                                .withConnectionId(id)))
                .isInstanceOfAny(IllegalArgumentException.class, LatchkeyException.Refused.class);
    }

    private void lives(String id) {
        HttpResponse<String> end = new LabUser().connect(latchkey.getAuthUrl("github", id));
        // The page that began it goes on to our own.
        assertThat(end.statusCode()).as(end.body()).isEqualTo(303);

        assertThat(latchkey.getConnection("github", id).connectionId()).isEqualTo(id);
        assertThat(latchkey.getToken("github", id)).isNotEmpty();
        assertThat(latchkey.connections().find("github", id)).isPresent();
        latchkey.connections().setMetadata("github", id, Map.of("plan", "pro"));
        latchkey.connections().setTags("github", id, Map.of("team", "blue"));
        try (ProxyAnswer answer = latchkey.proxy().send("github", id, ProxyRequest.get("/user"))) {
            assertThat(answer.status()).isEqualTo(200);
        }
        seenByAMember(id);

        latchkey.connections().delete("github", id);
        assertThatThrownBy(() -> latchkey.getConnection("github", id)).isInstanceOf(LatchkeyException.class);
    }

    private void seenByAMember(String id) {
        String row =
                server.text("SELECT id::text FROM connections WHERE connection_id = '" + id.replace("'", "''") + "'");
        for (String page : List.of("/dashboard/dev/connections", "/dashboard/dev/connections/" + row)) {
            HttpResponse<String> shown = member.get(page);
            assertThat(shown.statusCode()).as(page).isEqualTo(200);
            assertThat(unescaped(shown.body())).as(page).contains(id);
        }
    }

    private static String unescaped(String html) {
        return html.replace("&#34;", "\"")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&");
    }
}
