package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Pick;
import dev.latchkey.server.api.Latchkey;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Which of several accounts at the vendor becomes the connection, of every definition that reads a list of them: the one that was named, the
 * one that the vendor marks, the one that the connection had, or the one that the user chooses; never just the first.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AccountChoiceTest {
    private static final Catalogue CATALOGUE = Catalogue.load();
    private Latchkey latchkey;
    private int made;

    /** Whose users are sent to the vendor, so that they can be asked. */
    static Stream<String> lists() {
        return all().filter(it -> it.auth().facts().opensPage()).map(Provider::id);
    }

    private static Stream<Provider> all() {
        return CATALOGUE.all().stream().filter(it -> step(it) != null);
    }

    /** Of an optional step, nothing depends on the list. */
    private static @Nullable AfterConnect step(Provider provider) {
        return provider.calls().afterConnect().stream()
                .filter(step -> step.find().isPresent() && !step.optional())
                .findFirst()
                .orElse(null);
    }

    @BeforeAll
    void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_FLOW_RATE_LIMIT", "100000", "LATCHKEY_RATE_LIMIT", "1000000"));
        all().forEach(it -> latchkey.labIntegration(it.id(), it.id()));
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    private void granted(String provider, int count, boolean marked) {
        latchkey.call("POST", "/lab/api/" + provider + "/accounts", """
                {"count": %d, "marked": %s}""".formatted(count, marked), 200);
    }

    private URI start(String provider, String session, Map<String, String> typed) {
        StringBuilder query = new StringBuilder("/oauth/connect/" + provider + "?connect_session_token=" + session);
        typed.forEach((name, value) -> query.append("&params%5B")
                .append(name)
                .append("%5D=")
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return URI.create(latchkey.address + query.toString());
    }

    private HttpResponse<String> connect(LabUser user, String provider, String name, Map<String, String> typed) {
        return user.connect(start(provider, latchkey.sessionNamed(name, provider), typed));
    }

    private HttpResponse<String> reconnect(LabUser user, String provider, String name, String more) {
        String session = latchkey.call("POST", "/connect/sessions/reconnect", """
                        {"connection_id": "%s", "integration_id": "%s"%s}""".formatted(name, provider, more), 201)
                .at("/data/token")
                .asString();
        return user.connect(start(provider, session, Map.of()));
    }

    /** The page that the callback leads to. */
    private static HttpResponse<String> question(LabUser user, HttpResponse<String> callback) {
        assertThat(callback.statusCode()).as(callback.body()).isEqualTo(303);
        HttpResponse<String> page = user.get(LabUser.location(callback));
        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        return page;
    }

    private static HttpResponse<String> choose(LabUser user, HttpResponse<String> page, int number) {
        return user.send(page.uri(), "account=" + number + "&decision=connect");
    }

    private String name() {
        return "chosen-" + made++;
    }

    private boolean exists(String name) {
        return latchkey.count("SELECT count(*) FROM connections WHERE connection_id = '" + name + "'") == 1;
    }

    private String account(Provider provider, String name) {
        JsonNode config = latchkey.call(
                        "GET", "/connections/" + name + "?provider_config_key=" + provider.id(), "", 200)
                .path("connection_config");
        return config.path(field(provider)).asString("");
    }

    private static String field(Provider provider) {
        return Objects.requireNonNull(step(provider))
                .identity(provider.account())
                .iterator()
                .next();
    }

    private static Provider provider(String id) {
        return CATALOGUE.find(id).orElseThrow();
    }

    private static boolean marks(Provider provider) {
        return Objects.requireNonNull(step(provider)).find().orElseThrow().firstOf().stream()
                .anyMatch(rule -> rule instanceof AfterConnect.Rule.Compare compare
                        && compare.field().isEmpty()
                        && compare.with()
                                .expand(_ -> java.util.Optional.empty())
                                .isPresent());
    }

    @ParameterizedTest
    @MethodSource("lists")
    void theOnlyOneIsTaken(String id) {
        granted(id, 1, false);
        String name = name();

        HttpResponse<String> page = connect(new LabUser(), id, name, Map.of());

        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        assertThat(account(provider(id), name)).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("lists")
    void noneIsRefused(String id) {
        granted(id, 0, false);
        String name = name();

        HttpResponse<String> page = connect(new LabUser(), id, name, Map.of());

        assertThat(page.statusCode()).isEqualTo(400);
        assertThat(page.body()).contains("granted access to no account");
        assertThat(exists(name)).isFalse();
    }

    @ParameterizedTest
    @MethodSource("lists")
    void ofSeveralTheUserChoosesAndAReconnectKeepsIt(String id) {
        Provider provider = provider(id);
        granted(id, 3, false);
        String name = name();
        LabUser user = new LabUser();

        HttpResponse<String> page = question(user, connect(user, id, name, Map.of()));
        assertThat(exists(name)).isFalse();
        assertThat(page.body())
                .contains("&lt;b onclick=alert(1)&gt;Acme&lt;/b&gt;")
                .doesNotContain("<b onclick")
                .doesNotContain("Not all are shown");
        HttpResponse<String> end = choose(user, page, 1);

        assertThat(end.statusCode()).as(end.body()).isEqualTo(200);
        String second = account(provider, name);
        assertThat(second).isNotEmpty();
        granted(id, 3, false);
        HttpResponse<String> again = reconnect(new LabUser(), id, name, "");
        assertThat(again.statusCode()).as("not asked again: " + again.body()).isEqualTo(200);
        assertThat(account(provider, name)).isEqualTo(second);
        granted(id, 1, false);
        LabUser other = new LabUser();
        HttpResponse<String> gone = question(other, reconnect(other, id, name, ""));
        assertThat(gone.body()).contains("not among them");
        assertThat(choose(other, gone, 0).statusCode()).isEqualTo(200);
        assertThat(account(provider, name)).isNotEqualTo(second).isNotEmpty();
        assertThat(latchkey.count(
                        "SELECT count(*) FROM timeline WHERE event = 'overridden' AND details ->> 'account_from' = '"
                                + second + "' AND connection_id = (SELECT id FROM connections WHERE connection_id = '"
                                + name + "')"))
                .isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("lists")
    void theOneThatWasNamedIsTakenAndOneThatWasNotGrantedIsRefused(String id) {
        Provider provider = provider(id);
        granted(id, 3, true);
        LabUser user = new LabUser();
        granted(id, 3, false);
        String asked = name();
        assertThat(choose(user, question(user, connect(user, id, asked, Map.of())), 2)
                        .statusCode())
                .isEqualTo(200);
        String third = account(provider, asked);
        String typed = name();
        String preset = name();
        String missing = name();

        HttpResponse<String> named = connect(new LabUser(), id, typed, Map.of(field(provider), third));
        String session = latchkey.call(
                        "POST", "/connect/sessions", """
                        {"end_user": {"id": "u"}, "connection_id": "%1$s", "allowed_integrations": ["%2$s"],
                         "integrations_config_defaults": {"%2$s": {"connection_config": {"%3$s": "%4$s"}}}}""".formatted(preset, id, field(provider), third), 201)
                .at("/data/token")
                .asString();
        HttpResponse<String> bySession = new LabUser().connect(start(id, session, Map.of()));
        HttpResponse<String> refused =
                connect(new LabUser(), id, missing, Map.of(field(provider), third.replaceAll("\\d+$", "") + "99999"));

        assertThat(named.statusCode()).as(named.body()).isEqualTo(200);
        assertThat(account(provider, typed)).isEqualTo(third);
        assertThat(bySession.statusCode()).as(bySession.body()).isEqualTo(200);
        assertThat(account(provider, preset)).isEqualTo(third);
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("did not grant access to").contains("99999");
        assertThat(exists(missing)).isFalse();
    }

    @ParameterizedTest
    @MethodSource("lists")
    void theOneThatTheVendorMarksIsTaken(String id) {
        assumeThat(marks(provider(id))).isTrue();
        granted(id, 3, true);
        String name = name();

        HttpResponse<String> page = connect(new LabUser(), id, name, Map.of());

        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        assertThat(account(provider(id), name)).isNotEmpty();
    }

    /** A form cannot ask afterwards; the error names the field. */
    @Test
    void whereNoPageCanAskSeveralAreRefused() {
        String id = "atlassian-service-account-oauth2";
        latchkey.labIntegration(id, id);
        granted(id, 3, false);
        String name = name();

        HttpResponse<String> several = entered(id, name, "");
        HttpResponse<String> named = entered(id, name(), "&params%5Bsubdomain%5D=acme-3");

        assertThat(several.body()).contains("account_choice_needed").contains("cloudId");
        assertThat(exists(name)).isFalse();
        assertThat(named.statusCode()).as(named.body()).isEqualTo(200);
    }

    private HttpResponse<String> entered(String id, String name, String params) {
        return latchkey.sendAs(
                "",
                "POST",
                "/oauth2/auth/" + id + "?connect_session_token=" + latchkey.sessionNamed(name, id) + params,
                "{\"client_id\": \"lab-client\", \"client_secret\": \"lab-client-secret\"}");
    }

    /** A rule that takes the first of several, or an index into a list, would bring the fault back. */
    @Test
    void noDefinitionTakesWhicheverComesFirst() {
        assertThat(lists()).contains("jira", "confluence", "basecamp", "docusign", "harvest", "xero", "freshbooks");
        assertThat(lists().filter(id -> marks(provider(id)))).contains("docusign");
        assertThat(CATALOGUE.all().stream()
                        .filter(provider -> provider.calls().afterConnect().stream()
                                .anyMatch(step -> step.find().stream()
                                                .flatMap(find -> find.firstOf().stream())
                                                .anyMatch(AfterConnect.Rule.Any.class::isInstance)
                                        || step.pick().values().stream()
                                                .anyMatch(pick -> pick instanceof Pick.At at
                                                        && at.path().steps().stream()
                                                                .anyMatch(one -> one.matches("-?\\d+")))))
                        .map(Provider::id))
                .isEmpty();
        assertThat(lists().map(AccountChoiceTest::provider)
                        .filter(it -> it.account().isEmpty()))
                .as("a list is read, and nothing says what identifies the account")
                .isEmpty();
    }

    @Test
    void aSiteIsNamedByItsAddressAndNotByWhatItIsCalled() {
        granted("jira", 3, false);
        String site = name();
        String called = name();

        HttpResponse<String> page = connect(new LabUser(), "jira", site, Map.of("subdomain", "acme-2"));
        HttpResponse<String> wrong = connect(new LabUser(), "jira", called, Map.of("subdomain", "cme"));

        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        JsonNode config = latchkey.call("GET", "/connections/" + site + "?provider_config_key=jira", "", 200)
                .path("connection_config");
        assertThat(config.path("baseUrl").asString()).startsWith("https://acme-2.");
        assertThat(wrong.body()).contains("did not grant access to 'cme'");
        assertThat(exists(called)).isFalse();
    }

    @Test
    void whatWasNotOfferedIsNotTakenAndTheChoiceRemains() {
        granted("harvest", 3, false);
        String name = name();
        LabUser user = new LabUser();
        HttpResponse<String> page = question(user, connect(user, "harvest", name, Map.of()));

        for (String wrong : List.of("3", "-1", "99999999999", "x", "", "0%00")) {
            HttpResponse<String> answer = user.send(page.uri(), "account=" + wrong + "&decision=connect");
            assertThat(answer.statusCode()).as(wrong).isEqualTo(400);
        }
        HttpResponse<String> nothing = user.send(page.uri(), "decision=connect");
        assertThat(nothing.body()).contains("Choose one of these accounts");
        assertThat(exists(name)).isFalse();
        HttpResponse<String> stranger = choose(new LabUser(), page, 1);
        assertThat(stranger.statusCode()).isEqualTo(400);
        assertThat(stranger.body()).contains("another browser");

        assertThat(choose(user, page, 1).statusCode()).isEqualTo(200);
        assertThat(exists(name)).isTrue();
        HttpResponse<String> reloaded = user.get(page.uri());
        assertThat(reloaded.body()).contains("is connected");
        assertThat(latchkey.count("SELECT count(*) FROM authorization_flows WHERE choosing"))
                .isZero();
    }

    @Test
    void theCallbackLoadedAgainLeadsBackToTheChoice() {
        granted("harvest", 3, false);
        LabUser user = new LabUser();
        String name = name();
        URI callback = user.callback(start("harvest", latchkey.sessionNamed(name, "harvest"), Map.of()));
        HttpResponse<String> first = user.get(callback);
        HttpResponse<String> second = user.get(callback);

        assertThat(second.statusCode()).isEqualTo(303);
        assertThat(LabUser.location(second)).isEqualTo(LabUser.location(first));
        assertThat(choose(user, question(user, second), 0).statusCode()).isEqualTo(200);
    }

    @Test
    void ofTwoChoicesAtOnceOneIsTaken() throws Exception {
        granted("harvest", 3, false);
        String name = name();
        LabUser user = new LabUser();
        HttpResponse<String> page = question(user, connect(user, "harvest", name, Map.of()));

        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<HttpResponse<String>>> both = IntStream.range(0, 2)
                    .mapToObj(number -> threads.submit(() -> choose(user, page, number)))
                    .toList();
            for (Future<HttpResponse<String>> one : both) {
                assertThat(one.get().statusCode()).as(one.get().body()).isEqualTo(200);
            }
        }

        assertThat(latchkey.count(
                        "SELECT count(*) FROM timeline WHERE connection_id = (SELECT id FROM connections WHERE connection_id = '"
                                + name + "')"))
                .isEqualTo(1);
    }

    @Test
    void aHugeListIsCutAndSearched() {
        granted("procore", 5_000, false);
        String name = name();
        LabUser user = new LabUser();
        HttpResponse<String> page = question(user, connect(user, "procore", name, Map.of()));

        assertThat(count(page, "type=\"radio\"")).isEqualTo(100);
        assertThat(page.body()).contains("Not all are shown").hasSizeLessThan(100_000);
        HttpResponse<String> found = user.get(URI.create(page.uri() + "&search=ACME+777"));
        assertThat(count(found, "type=\"radio\"")).isEqualTo(1);
        HttpResponse<String> none = user.get(URI.create(page.uri() + "&search=%3Cscript%3E"));
        assertThat(none.body()).contains("&lt;script>").doesNotContain("<script>");
        HttpResponse<String> end = choose(user, found, 776);

        assertThat(end.statusCode()).as(end.body()).isEqualTo(200);
        assertThat(account(provider("procore"), name)).isEqualTo("78601"); // the lab numbers them by hundreds
    }

    private static long count(HttpResponse<String> page, String text) {
        return Pattern.compile(Pattern.quote(text))
                .matcher(page.body())
                .results()
                .count();
    }

    private boolean wasRevoked(String provider) {
        return latchkey.call("GET", "/lab/api/" + provider + "/events", "", 200)
                .valueStream()
                .anyMatch(event -> event.path("path").asString().contains("revo"));
    }

    @Test
    void noneOfTheseEndsTheFlowAndTheGrant() {
        granted("procore", 3, false);
        String name = name();
        LabUser user = new LabUser();
        String session = latchkey.sessionNamed(name, "procore");
        HttpResponse<String> page = question(user, user.connect(start("procore", session, Map.of())));

        HttpResponse<String> end = user.send(page.uri(), "decision=stop");

        assertThat(end.statusCode()).isEqualTo(400);
        assertThat(end.body()).contains("None of the accounts at Procore was chosen");
        assertThat(exists(name)).isFalse();
        await().until(() -> wasRevoked("procore"));
    }

    @Test
    void aChoiceThatComesTooLateConnectsNothing() {
        granted("xero", 3, false);
        String name = name();
        LabUser user = new LabUser();
        HttpResponse<String> page = question(user, connect(user, "xero", name, Map.of()));
        latchkey.sql("UPDATE authorization_flows SET expires_at = now() - interval '1 minute' WHERE choosing");

        HttpResponse<String> end = choose(user, page, 1);

        assertThat(end.statusCode()).isEqualTo(400);
        assertThat(exists(name)).isFalse();
        await().until(() -> wasRevoked("xero"));
    }

    @Test
    void aSessionThatEndsInTheMeantimeLosesNothing() {
        granted("basecamp", 3, false);
        String name = name();
        LabUser user = new LabUser();
        HttpResponse<String> page = question(user, connect(user, "basecamp", name, Map.of()));
        latchkey.sql("UPDATE connect_sessions SET expires_at = now() - interval '1 minute'");

        assertThat(choose(user, page, 1).statusCode()).isEqualTo(200);
        assertThat(exists(name)).isTrue();
    }

    @Test
    void aSessionThatWantsTheFormerAccountIsNotAskedForAnother() {
        granted("confluence", 2, false);
        String name = name();
        LabUser user = new LabUser();
        assertThat(choose(user, question(user, connect(user, "confluence", name, Map.of())), 1)
                        .statusCode())
                .isEqualTo(200);
        String before = account(provider("confluence"), name);
        granted("confluence", 1, false);

        HttpResponse<String> end = reconnect(new LabUser(), "confluence", name, ", \"same_account\": true");

        assertThat(end.statusCode()).isEqualTo(400);
        assertThat(end.body()).contains("another account");
        assertThat(account(provider("confluence"), name)).isEqualTo(before);
    }

    /** Nothing of the grant may be in the page, nor readable in the table. */
    @Test
    void theGrantWaitsEncrypted() {
        granted("harvest", 3, false);
        LabUser user = new LabUser();
        HttpResponse<String> page = question(user, connect(user, "harvest", name(), Map.of()));

        assertThat(page.body()).doesNotContain("eyJ");
        assertThat(latchkey.text("SELECT encode(details, 'escape') FROM authorization_flows WHERE choosing"))
                .doesNotContain("access_token")
                .doesNotContain("Acme");
        assertThat(page.headers().firstValue("cache-control")).contains("no-store");
        assertThat(page.headers().firstValue("referrer-policy")).contains("no-referrer");
        assertThat(choose(user, page, 0).statusCode()).isEqualTo(200);
    }
}
