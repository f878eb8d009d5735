package dev.latchkey.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.http.CookieScope;
import dev.latchkey.server.http.Doors;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.journeys.Chromium;
import dev.latchkey.server.journeys.LabUser;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.proxy.FrontProxy;
import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * V15: a path in LATCHKEY_PUBLIC_URL, behind an nginx that removes it from requests and one that does not. Pages are followed as a
 * browser would, and each address on them must lead through the proxy; so must each address in the API's responses.
 */
@Tag("routes")
@Tag("pages")
class PathPrefixTest {
    private static final String PREFIX = "/auth/latchkey";
    private static final String PASSWORD = "correct horse battery";
    private static final int PORT = Latchkey.freePort();
    private static final String PUBLIC = "http://127.0.0.1:" + PORT + PREFIX;
    private static final Pattern ADDRESS = Pattern.compile("\\b([a-z-]+)=\"(/[^\"]*)\"");
    /** Attributes that a browser or htmx opens. */
    private static final Set<String> OPENED = Set.of("href", "src", "hx-get");
    /** Never ends, ends the session, or is what single sign-on begins with. */
    private static final Pattern NOT_OPENED = Pattern.compile("/live|sign-out|/sso");

    private static Latchkey latchkey;
    private static MarkedWorld world;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PUBLIC_URL",
                PUBLIC + "/",
                "LATCHKEY_DASHBOARD_PASSWORD",
                PASSWORD,
                "LATCHKEY_FLOW_RATE_LIMIT",
                "100000",
                "LATCHKEY_REFRESH_AHEAD",
                "false"));
        world = new MarkedWorld(latchkey, "dev", "prefix");
        latchkey.labIntegration("github", "lab");
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static FrontProxy nginx(boolean strips) {
        return FrontProxy.nginx(PORT, """
                map $http_upgrade $connection_upgrade { default upgrade; "" ""; }
                server {
                  listen 127.0.0.1:%d;
                  location / { return 418; }
                  location %s/ {
                    proxy_pass http://127.0.0.1:%d%s;
                    proxy_http_version 1.1;
                    proxy_set_header Host $http_host;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection $connection_upgrade;
                  }
                }
                """.formatted(PORT, PREFIX, latchkey.address.getPort(), strips ? "/" : ""));
    }

    private static final CookieManager COOKIES = new CookieManager();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().cookieHandler(COOKIES).build();

    /** Of every response. */
    private static final List<String> SET_COOKIES = new ArrayList<>();

    private static HttpResponse<String> open(HttpRequest.Builder request) {
        try {
            HttpResponse<String> answer = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
            SET_COOKIES.addAll(answer.headers().allValues("Set-Cookie"));
            return answer;
        } catch (IOException e) {
            throw new AssertionError(request.build() + ": " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** The pages and files that a signed-in owner reaches from the first one, each with the response. */
    private static Map<String, HttpResponse<String>> crawl(List<String> problems) {
        HttpResponse<String> page = open(HttpRequest.newBuilder(URI.create(PUBLIC + "/dashboard/sign-in")));
        HttpResponse<String> entered = open(HttpRequest.newBuilder(LabUser.action(page))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Origin", "http://127.0.0.1:" + PORT)
                .POST(HttpRequest.BodyPublishers.ofString(
                        LabUser.fields(page) + "&email=owner&password=" + PASSWORD.replace(' ', '+'))));
        String first = entered.headers().firstValue("Location").orElseThrow();
        Map<String, HttpResponse<String>> found = new LinkedHashMap<>();
        Map<String, Integer> alike = new HashMap<>();
        List<Doors.Door> doors = latchkey.entrances().stream()
                .filter(door -> door.method().equals("GET"))
                .toList();
        Deque<String> waiting = new ArrayDeque<>(List.of(first, PREFIX + "/docs/api", PREFIX + "/start"));
        while (!waiting.isEmpty()) {
            String path = waiting.removeFirst();
            if (!path.startsWith(PREFIX + "/") && !path.equals(PREFIX)) {
                problems.add(path + " leads past the proxy");
                continue;
            }
            // Lists and charts lead to the same page with other parameters: a few of each are enough.
            boolean known = found.containsKey(path)
                    || NOT_OPENED.matcher(path).find()
                    || alike.merge(pattern(path, doors), 1, Integer::sum) > 2;
            if (known) {
                continue;
            }
            HttpResponse<String> answer = open(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + PORT + path)));
            found.put(path, answer);
            if (answer.statusCode() >= 400) {
                problems.add(path + " answered " + answer.statusCode());
            }
            answer.headers().firstValue("Location").ifPresent(waiting::add);
            boolean isPage =
                    answer.headers().firstValue("Content-Type").orElse("").startsWith("text/html");
            if (isPage) {
                waiting.addAll(addresses(path, answer.body(), problems));
            }
        }
        return found;
    }

    /** The route's, of which each page is one. */
    private static String pattern(String path, List<Doors.Door> doors) {
        String own = path.substring(PREFIX.length()).replaceFirst("[?].*", "");
        return doors.stream()
                .map(Doors.Door::path)
                .filter(route -> own.matches(route.replaceAll("[{][^}]*}", "[^/]+")))
                .findFirst()
                .orElse(own);
    }

    /** What leads somewhere on a page; everything that begins with a slash must begin with the prefix, whatever it is for. */
    private static List<String> addresses(String page, String html, List<String> problems) {
        List<String> opened = new ArrayList<>();
        Matcher found = ADDRESS.matcher(html);
        while (found.find()) {
            String address = found.group(2).replace("&amp;", "&");
            // What a form sends back to the server is the server's own path; an icon's drawing is none.
            if (found.group(1).equals("value") || found.group(1).equals("d")) {
                continue;
            }
            if (!address.startsWith(PREFIX + "/") && !address.equals(PREFIX)) {
                problems.add(page + " has " + found.group());
            } else if (OPENED.contains(found.group(1))) {
                opened.add(address.replaceFirst("#.*", ""));
            }
        }
        return opened;
    }

    @Test
    void everyPageIsReachedFromTheFirstThroughTheProxy() {
        List<String> problems = new ArrayList<>();
        try (FrontProxy proxy = nginx(true)) {
            COOKIES.getCookieStore().removeAll();
            Map<String, HttpResponse<String>> found = crawl(problems);

            assertThat(problems).isEmpty();
            Set<String> missed = new TreeSet<>();
            latchkey.dashboardRoutes().stream()
                    .filter(route -> route.method().equals("GET"))
                    .map(route -> route.path())
                    .filter(path -> !NOT_OPENED.matcher(path).find())
                    .filter(path -> found.keySet().stream()
                            .noneMatch(address -> address.replaceFirst("[?].*", "")
                                    .matches(PREFIX + path.replaceAll("[{][^}]*}", "[^/]+"))))
                    .forEach(missed::add);
            assertThat(missed).isSubsetOf(WITHOUT_LINK);
            COOKIES.getCookieStore()
                    .getCookies()
                    .forEach(cookie ->
                            assertThat(cookie.getPath()).as(cookie.getName()).isEqualTo(PREFIX));
            assertThat(SET_COOKIES)
                    .isNotEmpty()
                    .allSatisfy(cookie -> assertThat(cookie).contains("Path=" + PREFIX));
            assertThat(COOKIES.getCookieStore().getCookies()).isNotEmpty();
        }
    }

    /** Pages that a person gets to by a form, a link in a message, or while there is no member. */
    private static final Set<String> WITHOUT_LINK =
            Set.of("/dashboard/{env}/connections/links", "/dashboard/{env}/connections/links/{id}");

    @Test
    void everyAddressInTheApisResponsesLeadsThroughTheProxy() {
        List<String> problems = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        String key = world.keyWith(BadValuesTest.EVERYTHING);
        for (Router.Declared route : latchkey.routes()) {
            if (!Set.of("GET", "POST").contains(route.method()) || route.path().startsWith("/proxy")) {
                continue;
            }
            for (RouteCalls.Call call : RouteCalls.of(route, world)) {
                String token = route.openTo() == Router.OpenTo.SESSION ? latchkey.session(world.key("gh")) : key;
                HttpRequest.Builder request = HttpRequest.newBuilder(
                                URI.create(latchkey.address + PREFIX + call.path()))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .method(call.method(), HttpRequest.BodyPublishers.ofString(call.body()));
                call.headers().forEach(request::setHeader);
                HttpResponse<String> answer = open(request);
                if (answer.headers().firstValue("Content-Type").orElse("").startsWith("application/json")
                        && answer.statusCode() < 300) {
                    texts(Json.MAPPER.readTree(answer.body()), call.path(), seen, problems);
                }
            }
        }

        assertThat(problems).isEmpty();
        assertThat(seen).hasSizeGreaterThan(4);
        assertThat(open(HttpRequest.newBuilder(URI.create(latchkey.address + PREFIX + "/openapi.json")))
                        .body())
                .contains("\"servers\":[{\"url\":\"" + PREFIX + "\"}]");
    }

    private static void texts(JsonNode json, String path, Set<String> seen, List<String> problems) {
        if (json.isString()) {
            String text = json.asString();
            String origin = "http://127.0.0.1:" + PORT;
            if (text.contains(origin)) {
                seen.add(text.replaceFirst("[?].*", ""));
                if (!text.contains(PUBLIC)) {
                    problems.add(path + " has " + text);
                }
            }
        } else {
            json.forEach(one -> texts(one, path, seen, problems));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aUserConnectsThroughTheProxy(boolean strips) throws Exception {
        try (FrontProxy proxy = nginx(strips)) {
            String token = latchkey.session("lab");
            JsonNode session = Json.MAPPER.readTree(open(HttpRequest.newBuilder(URI.create(PUBLIC + "/connect/session"))
                            .header("Authorization", "Bearer " + token))
                    .body());
            CompletableFuture<String> id = new CompletableFuture<>();
            CompletableFuture<String> result = new CompletableFuture<>();
            WebSocket socket = HTTP.newWebSocketBuilder()
                    .buildAsync(
                            URI.create("ws://127.0.0.1:" + PORT
                                    + session.at("/data/websocketsPath").asString()),
                            new WebSocket.Listener() {
                                @Override
                                public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
                                    (id.isDone() ? result : id).complete(text.toString());
                                    from.request(1);
                                    return CompletableFuture.completedStage(text);
                                }
                            })
                    .get(30, TimeUnit.SECONDS);
            String client = Json.MAPPER
                    .readTree(id.get(30, TimeUnit.SECONDS))
                    .path("ws_client_id")
                    .asString();

            HttpResponse<String> page = new LabUser()
                    .connect(URI.create(PUBLIC + "/oauth/connect/" + "lab" + "?connect_session_token=" + token
                            + "&ws_client_id=" + client));

            assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
            assertThat(result.get(30, TimeUnit.SECONDS)).contains("\"message_type\":\"success\"");
            socket.abort();
        }
    }

    @Test
    void aBrowserConnectsInTheConnectUi() {
        try (FrontProxy proxy = nginx(false);
                Chromium chromium = new Chromium()) {
            String link = latchkey.call("POST", "/connect/sessions", """
                            {"end_user": {"id": "u1"}, "allowed_integrations": ["lab"]}""", 201)
                    .at("/data/connect_link")
                    .asString();
            BrowserContext context = chromium.context();
            Page page = context.newPage();
            List<String> failed = new ArrayList<>();
            page.onResponse(answer -> {
                if (answer.status() >= 400) {
                    failed.add(answer.status() + " " + answer.url());
                }
            });

            page.navigate(link);
            page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Continue"))
                    .click();
            Page popup = page.waitForPopup(
                    () -> page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Continue to GitHub"))
                            .click());
            popup.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Allow"))
                    .click();

            PlaywrightAssertions.assertThat(page.locator("#title")).hasText("Connected");
            assertThat(page.url()).startsWith(PUBLIC + "/connect/");
            assertThat(failed).isEmpty();
        }
    }

    @Test
    void aPathThatTheServerHasItselfIsRefused() {
        for (String path : List.of("/connect", "/dashboard/dev", "/proxy/some", "/web")) {
            assertThatThrownBy(() -> Latchkey.start(Map.of("LATCHKEY_PUBLIC_URL", "https://example.com" + path))
                            .close())
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("must not be " + path);
        }
        for (String path : List.of("/a b", "/a%20b", "/a//b", "/..", "/a/./b", "//a")) {
            assertThatThrownBy(() ->
                            Configuration.fromEnvironment(Map.of("LATCHKEY_PUBLIC_URL", "https://example.com" + path)))
                    .as(path)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("LATCHKEY_PUBLIC_URL must be an address");
        }
    }

    @Test
    void cookiesBelowAPathAreOfThePathAlone() {
        assertThat(CookieScope.of(URI.create("https://example.com/latchkey")))
                .isEqualTo(new CookieScope(true, "__Secure-", "/latchkey"));
        assertThat(CookieScope.of(URI.create("https://example.com"))).isEqualTo(new CookieScope(true, "__Host-", "/"));
        assertThat(CookieScope.of(URI.create("http://localhost:3003"))).isEqualTo(new CookieScope(false, "", "/"));
    }
}
