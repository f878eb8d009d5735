package dev.latchkey.server.api;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.team.DashboardSessions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.HttpCookie;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A member's browser on the dashboard, by plain HTTP: its cookies, and forms with the token that they need. */
public final class Visitor {
    private final URI address;
    private final CookieManager cookies = new CookieManager();
    private final HttpClient http =
            HttpClient.newBuilder().cookieHandler(cookies).build();

    private Visitor(URI address) {
        this.address = address;
    }

    /** The owner whose password LATCHKEY_DASHBOARD_PASSWORD is. */
    public static Visitor signedIn(Latchkey latchkey, String password) {
        return entered(latchkey, "/dashboard/sign-in", Map.of("email", "owner", "password", password));
    }

    /** A new member, by invitation. @param environments such as {@code {"dev": {"reveal": true}}} */
    public static Visitor joined(Latchkey latchkey, String email, String role, String environments) {
        HttpResponse<String> invited = latchkey.sendAs(
                "Bearer " + latchkey.accountKey,
                "POST",
                "/team",
                "{\"email\": \"%s\", \"role\": \"%s\", \"environments\": %s}".formatted(email, role, environments));
        String link =
                Json.MAPPER.readTree(invited.body()).at("/data/invitation_link").asString();
        return entered(
                latchkey,
                "/dashboard/join",
                Map.of("token", link.substring(link.indexOf('#') + 1), "password", "password of " + email));
    }

    private static Visitor entered(Latchkey latchkey, String path, Map<String, String> form) {
        Visitor visitor = new Visitor(latchkey.address);
        visitor.get("/dashboard/sign-in");
        HttpResponse<String> entered = visitor.post(path, form);
        if (visitor.cookie("latchkey-dashboard").isEmpty()) {
            throw new AssertionError(path + " answered " + entered.statusCode() + ": " + entered.body());
        }
        return visitor;
    }

    public HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(address.resolve(path)).build());
    }

    /** Of a page that keeps running: closed once it has begun. */
    public int status(String path) {
        try {
            HttpResponse<java.io.InputStream> answer = http.send(
                    HttpRequest.newBuilder(address.resolve(path)).build(), HttpResponse.BodyHandlers.ofInputStream());
            answer.body().close();
            return answer.statusCode();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public HttpResponse<String> post(String path, Map<String, String> form) {
        return post(
                path,
                form.entrySet().stream()
                        .map(field -> Map.entry(field.getKey(), field.getValue()))
                        .toList());
    }

    /** Of fields that may be there several times. */
    public HttpResponse<String> post(String path, List<Map.Entry<String, String>> form) {
        String token = cookie("latchkey-dashboard")
                .or(() -> cookie("latchkey-guest"))
                .map(cookie -> DashboardSessions.formToken(new Secret(cookie)))
                .orElse("");
        String body = form.stream()
                .map(field -> encode(field.getKey()) + "=" + encode(field.getValue()))
                .collect(Collectors.joining("&"));
        return send(HttpRequest.newBuilder(address.resolve(path))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body + "&_token=" + token))
                .build());
    }

    /** The page that a form leads to; the response itself where it leads to none. */
    public HttpResponse<String> followed(String path, Map<String, String> form) {
        HttpResponse<String> response = post(path, form);
        return response.headers().firstValue("Location").map(this::get).orElse(response);
    }

    /** What the last action said, as the next page would show it. */
    public String notice() {
        return cookie("latchkey-notice")
                .map(value -> new String(Base64.getUrlDecoder().decode(value), StandardCharsets.UTF_8))
                .orElse("");
    }

    /** What proves who the visitor is. */
    public List<String> cookieValues() {
        return cookies.getCookieStore().getCookies().stream()
                .map(HttpCookie::getValue)
                .toList();
    }

    private Optional<String> cookie(String name) {
        return cookies.getCookieStore().getCookies().stream()
                .filter(cookie -> cookie.getName().equals(name) && !cookie.hasExpired())
                .map(HttpCookie::getValue)
                .filter(value -> !value.isEmpty())
                .findFirst();
    }

    private HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
