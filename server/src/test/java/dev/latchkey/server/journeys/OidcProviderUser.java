package dev.latchkey.server.journeys;

import java.io.IOException;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Signs in at npm oidc-provider and agrees to whatever it asks, by plain HTTP. */
final class OidcProviderUser {
    private static final int MOST_PAGES = 20;
    private static final Pattern FORM = Pattern.compile("<form[^>]*action=\"([^\"]*)\"");
    private static final Pattern HIDDEN =
            Pattern.compile("<input type=\"hidden\" name=\"([^\"]*)\" value=\"([^\"]*)\"");

    private final HttpClient http = HttpClient.newBuilder()
            .cookieHandler(new CookieManager(null, CookiePolicy.ACCEPT_ALL))
            .build();

    /**
     * Follows redirects, fills in forms and sends them.
     *
     * @param code to be typed where a page asks for one; else empty
     * @return the address of {@code stop} that the browser was sent to; empty where a page without a form came instead
     */
    Optional<URI> walk(URI start, String stop, String code) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(start).build();
        for (int i = 0; i < MOST_PAGES; i++) {
            HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
            URI here = answer.uri();
            Optional<String> location = answer.headers().firstValue("location");
            if (location.isPresent()) {
                URI next = here.resolve(location.get());
                if (next.toString().startsWith(stop)) {
                    return Optional.of(next);
                }
                request = HttpRequest.newBuilder(next).build();
                continue;
            }
            Matcher form = FORM.matcher(answer.body());
            if (!form.find()) {
                if (answer.statusCode() >= 400) {
                    throw new AssertionError(answer.statusCode() + ": " + answer.body());
                }
                return Optional.empty();
            }
            request = HttpRequest.newBuilder(here.resolve(form.group(1)))
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .POST(HttpRequest.BodyPublishers.ofString(filled(answer.body(), code)))
                    .build();
        }
        throw new AssertionError("more than " + MOST_PAGES + " pages");
    }

    private static String filled(String page, String code) {
        Map<String, String> values = HIDDEN.matcher(page)
                .results()
                .collect(Collectors.toMap(one -> one.group(1), one -> one.group(2), (a, b) -> a));
        if (page.contains("name=\"login\"")) {
            values.put("login", "ada");
            values.put("password", "any");
        }
        if (page.contains("name=\"user_code\"")) {
            values.put("user_code", code);
        }
        return values.entrySet().stream()
                .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }
}
