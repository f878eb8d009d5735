package dev.latchkey.server.journeys;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A user with a browser's cookies and without its patience for pages: walks a flow through the lab by plain HTTP. */
public final class LabUser {
    private final HttpClient http =
            HttpClient.newBuilder().cookieHandler(new CookieManager()).build();

    /** Opens the URL as a page of ours leads there, and returns what it answers; redirects are not followed. */
    public HttpResponse<String> get(URI address) {
        return get(address, Map.of("Accept", "text/html", "Sec-Fetch-Site", "same-origin"));
    }

    /** Opens the URL as a link of another site leads there. */
    public HttpResponse<String> follow(URI address) {
        return get(
                address,
                Map.of(
                        "Accept",
                        "text/html",
                        "Sec-Fetch-Site",
                        "cross-site",
                        "Sec-Fetch-Mode",
                        "navigate",
                        "Sec-Fetch-Dest",
                        "document"));
    }

    public HttpResponse<String> get(URI address, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(address);
        headers.forEach(request::header);
        return send(request.build());
    }

    /** Answers the page that asks for whom the account is connected. @param decision {@code continue} or {@code stop} */
    public HttpResponse<String> decide(HttpResponse<String> page, String decision) {
        return send(HttpRequest.newBuilder(action(page))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("Accept", "text/html")
                .header("Sec-Fetch-Site", "same-origin")
                .POST(HttpRequest.BodyPublishers.ofString(fields(page) + "&decision=" + decision))
                .build());
    }

    /** Where the form of a page goes. */
    public static URI action(HttpResponse<String> page) {
        Matcher action = Pattern.compile("method=\"post\" action=\"([^\"]+)\"").matcher(page.body());
        if (!action.find()) {
            throw new AssertionError(page.statusCode() + " without a form: " + page.body());
        }
        return page.uri().resolve(action.group(1).replace("&amp;", "&"));
    }

    /** Its hidden fields, encoded. */
    public static String fields(HttpResponse<String> page) {
        return Pattern.compile("type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"")
                .matcher(page.body())
                .results()
                .map(field -> field.group(1) + "=" + field.group(2))
                .collect(Collectors.joining("&"));
    }

    /** Allows or denies at the lab's consent page. @return the redirect to the callback */
    public URI decide(URI consent, String decision) {
        return location(send(consent, "decision=" + decision + "&user=ada"));
    }

    /** The same as one of the lab's people: ada, grace or alan. */
    public URI decide(URI consent, String decision, String person) {
        return location(send(consent, "decision=" + decision + "&user=" + person));
    }

    /** Sends a page's form to its own address. */
    public HttpResponse<String> send(URI page, String form) {
        return send(HttpRequest.newBuilder(page)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build());
    }

    /** From the start of a flow to the page at its end. */
    public HttpResponse<String> connect(URI start) {
        return get(callback(start));
    }

    /** From the start of a flow to the callback's address, which has not been called yet. */
    public URI callback(URI start) {
        return decide(location(get(start)), "allow");
    }

    public static URI location(HttpResponse<String> answer) {
        return URI.create(answer.headers()
                .firstValue("Location")
                .orElseThrow(() -> new AssertionError(answer.statusCode() + ": " + answer.body())));
    }

    public static Map<String, String> query(URI address) {
        Map<String, String> found = new HashMap<>();
        for (String pair : String.valueOf(address.getRawQuery()).split("&")) {
            String[] parts = pair.split("=", 2);
            found.put(
                    URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
                    parts.length > 1 ? URLDecoder.decode(parts[1], StandardCharsets.UTF_8) : "");
        }
        return found;
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
}
