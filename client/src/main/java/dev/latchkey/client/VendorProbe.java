package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Verifies a key or a password by the call that the provider's definition names. */
final class VendorProbe {
    private static final long LONGEST_ANSWER = 1024 * 1024;

    private final HttpClient http;
    private final Duration timeout;
    private final UnaryOperator<URI> vendors;

    /** @param vendors from a vendor's address to the one that is called: the same, but in tests */
    VendorProbe(HttpClient http, Duration timeout, UnaryOperator<URI> vendors) {
        this.http = http;
        this.timeout = timeout;
        this.vendors = vendors;
    }

    /** @throws LatchkeyException.CredentialRefused when no call of the probe has the required response */
    Verified.Proof check(Provider provider, Template.Values values) {
        if (provider.api().sign() != Api.Sign.NONE) {
            // Only the server signs a vendor's calls.
            return Verified.Proof.UNCHECKED;
        }
        return switch (provider.calls().verification()) {
            case Verification.None none -> Verified.Proof.UNCHECKED;
            case Verification.Sql sql -> Verified.Proof.UNCHECKED;
            case Verification.Command command -> Verified.Proof.UNCHECKED;
            case Verification.Probe probe -> {
                String reason = "";
                for (Call call : probe.calls()) {
                    HttpResponse<String> answer = send(provider, call, values);
                    if (isFine(answer, call, probe.statuses())) {
                        yield Verified.Proof.ACCEPTED;
                    }
                    reason = provider.name() + " refused the credential: it answered " + answer.statusCode() + ".";
                }
                throw new LatchkeyException.CredentialRefused(reason);
            }
        };
    }

    private static boolean isFine(HttpResponse<String> answer, Call call, List<Integer> statuses) {
        boolean status = statuses.isEmpty()
                ? Call.OkWhen.isSuccess(answer.statusCode(), call.okWhen())
                : statuses.contains(answer.statusCode());
        return status
                && call.okWhen()
                        .map(rule -> rule.isSaidBy(answer.body(), tree(answer.body())))
                        .orElse(true);
    }

    private static Optional<JsonNode> tree(String body) {
        try {
            return Optional.of(dev.latchkey.client.Api.JSON.readTree(body));
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    private HttpResponse<String> send(Provider provider, Call call, Template.Values values) {
        HttpRequest request = request(provider, call, values);
        try {
            return http.send(
                    request,
                    HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofString(UTF_8), LONGEST_ANSWER));
        } catch (IOException e) {
            throw new LatchkeyException.CredentialRefused(
                    provider.name() + " could not be asked: " + request.uri().getHost() + " does not answer.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LatchkeyException.CredentialRefused("The check was interrupted.");
        }
    }

    private HttpRequest request(Provider provider, Call call, Template.Values values) {
        Api api = provider.api();
        Map<String, String> query = new LinkedHashMap<>(expand(call.query(), values));
        query.putAll(expand(api.query(), values));
        String address = address(api, call, values).toString();
        String joint = query.isEmpty() ? "" : address.contains("?") ? "&" : "?";
        String parameters =
                query.isEmpty() ? "" : dev.latchkey.client.Api.query(query).substring(1);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("accept", "application/json");
        provider.auth().facts().basic().ifPresent(basic -> {
            String user = basic.username().expand(values).orElse("");
            String password = basic.password().expand(values).orElse("");
            headers.put(
                    "authorization",
                    "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8)));
        });
        put(headers, expand(api.headers(), values));
        put(headers, expand(call.headers(), values));
        HttpRequest.Builder request = HttpRequest.newBuilder(vendors.apply(URI.create(address + joint + parameters)))
                .timeout(timeout)
                .method(call.method().name(), body(call.body(), values, headers));
        headers.forEach(request::setHeader);
        return request.build();
    }

    private static URI address(Api api, Call call, Template.Values values) {
        String url = call.url()
                .expand(values)
                .orElseThrow(
                        () -> new IllegalArgumentException("a value that the provider's address needs is missing"));
        if (!url.startsWith("/")) {
            return URI.create(url);
        }
        return URI.create(api.base()
                        .flatMap(base -> base.expand(values))
                        .orElseThrow(() ->
                                new IllegalArgumentException("a value that the provider's address needs is missing"))
                + url);
    }

    private static HttpRequest.BodyPublisher body(Body body, Template.Values values, Map<String, String> headers) {
        return switch (body) {
            case Body.Empty empty -> HttpRequest.BodyPublishers.noBody();
            case Body.Form form -> {
                Map<String, String> members = expand(form.members(), values);
                String text = members.isEmpty()
                        ? ""
                        : dev.latchkey.client.Api.query(members).substring(1);
                yield typed(headers, "application/x-www-form-urlencoded", text);
            }
            case Body.Json json -> {
                ObjectNode object = dev.latchkey.client.Api.JSON.createObjectNode();
                expand(json.members(), values).forEach(object::put);
                yield typed(headers, "application/json", object.toString());
            }
            case Body.Xml xml ->
                typed(headers, "text/xml", xml.text().expand(values).orElse(""));
            case Body.Plain plain ->
                typed(headers, plain.contentType(), plain.text().expand(values).orElse(""));
        };
    }

    private static HttpRequest.BodyPublisher typed(Map<String, String> headers, String type, String text) {
        headers.putIfAbsent("content-type", type);
        return HttpRequest.BodyPublishers.ofString(text);
    }

    private static void put(Map<String, String> headers, Map<String, String> more) {
        more.forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
    }

    private static Map<String, String> expand(Map<String, Text> texts, Template.Values values) {
        Map<String, String> found = new LinkedHashMap<>();
        texts.forEach((name, text) -> {
            Optional<String> value = text.expand(values);
            value.ifPresent(it -> found.put(name, it));
        });
        return found;
    }
}
