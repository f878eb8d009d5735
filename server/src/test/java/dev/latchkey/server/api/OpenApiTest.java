package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.http.OpenApi;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The description and the running routes say the same. */
@Tag("routes")
@Tag("pages")
class OpenApiTest {
    private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+)}");
    private static final Pattern REFERENCE = Pattern.compile("\"\\$ref\":\"#([^\"]+)\"");
    /** Declared apart from the router: pages, and routes that need no key. */
    private static final Set<String> WITHOUT_A_KEY = Set.of(
            "GET /health",
            "GET /health/live",
            "GET /health/ready",
            "GET /oauth/connect/{key}",
            "GET /oauth/install/{environment}/{key}",
            "POST /oauth/callback",
            "GET /oauth/callback",
            "POST /webhook/{environment}/{key}",
            "GET /webhook/{environment}/{key}",
            "GET /app-auth/connect");

    private static Latchkey latchkey;
    private static JsonNode description;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        description = Json.MAPPER.readTree(
                latchkey.sendAs("", "GET", "/openapi.json", "").body());
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    @Test
    void everyRouteIsDescribed() {
        List<String> missing = latchkey.routes().stream()
                .filter(route -> !isOlderTwin(route.path()))
                .filter(route -> OpenApi.operations(description, route).isEmpty())
                .map(route -> route.method() + " " + route.path())
                .toList();

        assertThat(missing).as("describe these in openapi.yaml").isEmpty();
    }

    @Test
    void nothingIsDescribedThatIsNotThere() {
        Set<String> routes = new TreeSet<>(WITHOUT_A_KEY);
        latchkey.routes().forEach(route -> {
            for (String method : route.method().equals("ANY")
                    ? List.of("GET", "POST", "PUT", "PATCH", "DELETE")
                    : List.of(route.method())) {
                routes.add(method + " " + OpenApi.path(route.path()));
            }
        });

        assertThat(operations()).isSubsetOf(routes);
    }

    /** What a person can do in the dashboard, a program can do by the API. */
    @Test
    void everyActionOfTheDashboardIsAnOperation() {
        Set<String> routes = new TreeSet<>();
        latchkey.routes().forEach(route -> routes.add(route.method() + " " + route.path()));

        assertThat(latchkey.dashboardActions()).hasSizeGreaterThan(25);
        assertThat(routes).containsAll(latchkey.dashboardActions().values());
    }

    @Test
    void everyOperationHasASummaryATagItsParametersAndAnAnswer() {
        List<String> poor = new ArrayList<>();
        description
                .get("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(member -> {
                    if (!isOperation(member.getKey())) {
                        return;
                    }
                    JsonNode operation = member.getValue();
                    String name = member.getKey() + " " + path.getKey();
                    if (operation.path("summary").asString("").isEmpty()
                            || operation.path("tags").isEmpty()
                            || operation.path("responses").isEmpty()) {
                        poor.add(name);
                    }
                    String parameters = path.getValue().path("parameters") + " " + operation.path("parameters");
                    PARAMETER
                            .matcher(path.getKey())
                            .results()
                            .map(match -> match.group(1))
                            .filter(parameter -> !resolved(parameters).contains("\"name\":\"" + parameter + "\""))
                            .forEach(parameter -> poor.add(name + " lacks " + parameter));
                }));

        assertThat(poor).isEmpty();
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        List<String> dangling = REFERENCE
                .matcher(description.toString())
                .results()
                .map(match -> match.group(1))
                .distinct()
                .filter(pointer -> description.at(pointer).isMissingNode())
                .toList();

        assertThat(dangling).isEmpty();
        assertThat(description.get("openapi").asString()).startsWith("3.1");
    }

    /** A comma in a sentence that is not quoted begins another member, of no value. */
    @Test
    void noSentenceIsCutAtAComma() {
        assertThat(description.toString()).doesNotContain(":null");
    }

    @Test
    void namesTheScopeThatEachOperationNeeds() {
        assertThat(description
                        .at("/paths/~1connections~1{id}/get/x-required-scope")
                        .asString())
                .isEqualTo("environment:connections:read");
        List<String> wrong = new ArrayList<>();
        long described = 0;
        for (Router.Declared route : latchkey.routes()) {
            for (JsonNode operation : OpenApi.operations(description, route)) {
                described++;
                if (!operation
                        .path("x-required-scope")
                        .asString("")
                        .equals(route.scope().orElse(""))) {
                    wrong.add(route + " is described with " + operation.path("x-required-scope"));
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(described).isGreaterThan(70);
        assertThat(latchkey.sendAs("", "GET", "/openapi.yaml", "").body()).contains("x-required-scope");
    }

    /** A key could not be given it otherwise. */
    @Test
    void everyScopeThatARouteNeedsCanBeGivenToAKey() {
        assertThat(latchkey.routes())
                .extracting(Router.Declared::scope)
                .filteredOn(java.util.Optional::isPresent)
                .isNotEmpty()
                .allMatch(scope -> dev.latchkey.server.access.Scopes.isKnown(scope.orElseThrow()));
    }

    /** References replaced by what they lead to, once. */
    private static String resolved(String json) {
        return REFERENCE
                .matcher(json)
                .replaceAll(match ->
                        java.util.regex.Matcher.quoteReplacement("\"resolved\":" + description.at(match.group(1))));
    }

    private static Set<String> operations() {
        Set<String> found = new TreeSet<>();
        description
                .get("paths")
                .properties()
                .forEach(path -> path.getValue().properties().stream()
                        .filter(member -> isOperation(member.getKey()))
                        .forEach(member ->
                                found.add(member.getKey().toUpperCase(java.util.Locale.ROOT) + " " + path.getKey())));
        return found;
    }

    private static boolean isOperation(String member) {
        return !Set.of("parameters", "description", "summary").contains(member);
    }

    private static boolean isOlderTwin(String path) {
        return path.equals("/connection")
                || path.startsWith("/connection/")
                || path.startsWith("/config")
                || path.equals("/connections/{id}/metadata");
    }
}
