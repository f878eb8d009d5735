package dev.latchkey.connectors;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.client.Json;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.LimitedBody;
import dev.latchkey.client.ProxyAnswer;
import dev.latchkey.client.ProxyRequest;
import dev.latchkey.client.Verified;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Calls of providers from this process: the one by which a definition verifies a key or a password, and the product's own. */
final class VendorCalls {
    private static final int LONGEST_ANSWER = 1024 * 1024;
    private static final int LONGEST_BODY = 64 * 1024 * 1024;

    private final HttpClient http;
    private final UnaryOperator<URI> vendors;

    /** @param vendors from a vendor's address to the one that is called: the same, but in tests */
    VendorCalls(HttpClient http, UnaryOperator<URI> vendors) {
        this.http = http;
        this.vendors = vendors;
    }

    /** @throws LatchkeyException.CredentialRefused when no call of the probe has the required response */
    Verified.Proof verify(Provider provider, Template.Values values, Duration timeout) {
        // Only the server signs a vendor's calls.
        if (provider.api().sign() != Api.Sign.NONE
                || !(provider.calls().verification() instanceof Verification.Probe probe)) {
            return Verified.Proof.UNCHECKED;
        }
        String reason = "";
        for (Call call : probe.calls()) {
            HttpResponse<byte[]> answer = asked(provider, request(provider, call, values), timeout);
            if (isFine(answer, call, probe.statuses())) {
                return Verified.Proof.ACCEPTED;
            }
            reason = provider.name() + " refused the credential: it responded " + answer.statusCode() + ".";
        }
        throw new LatchkeyException.CredentialRefused(reason);
    }

    /** The product's own call. @throws IllegalArgumentException where this process cannot make it */
    ProxyAnswer call(Provider provider, Template.Values values, ProxyRequest request, Duration timeout) {
        Api api = provider.api();
        if (api.base().isEmpty() || api.sign() != Api.Sign.NONE) {
            throw new IllegalArgumentException(provider.name()
                    + (api.base().isEmpty()
                            ? " has no HTTP API: use its own driver with getConnection"
                            : " signs its calls, which only a Latchkey server does"));
        }
        URI base = URI.create(api.base()
                .flatMap(text -> text.expand(values))
                .orElseThrow(
                        () -> new IllegalArgumentException("a value that the provider's address needs is missing")));
        String query = form(expand(api.query(), values));
        String separator = request.path().contains("?") ? "&" : "?";
        String address = base + request.path() + (query.isEmpty() ? "" : separator + query);
        Map<String, String> headers = credentialHeaders(provider, values);
        put(headers, expand(api.headers(), values));
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(vendors.apply(URI.create(address))).method(request.method(), request.body());
        headers.forEach(builder::setHeader);
        request.headers().forEach((name, all) -> {
            builder.setHeader(name, all.get(0));
            all.stream().skip(1).forEach(value -> builder.header(name, value));
        });
        try {
            HttpResponse<byte[]> answer = sent(builder.build(), LONGEST_BODY, timeout);
            return new ProxyAnswer(
                    answer.statusCode(), answer.headers().map(), new ByteArrayInputStream(answer.body()));
        } catch (IOException e) {
            throw new LatchkeyException.Unreachable(
                    "No response from " + provider.name() + " at " + base.getHost() + ".", e);
        }
    }

    private static boolean isFine(HttpResponse<byte[]> answer, Call call, List<Integer> statuses) {
        boolean status = statuses.isEmpty()
                ? Call.OkWhen.isSuccess(answer.statusCode(), call.okWhen())
                : statuses.contains(answer.statusCode());
        return status
                && call.okWhen()
                        .map(rule -> rule.isSaidBy(new String(answer.body(), UTF_8), tree(answer.body())))
                        .orElse(true);
    }

    private static Optional<JsonNode> tree(byte[] body) {
        try {
            return Optional.of(JsonMapper.shared().readTree(body));
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    private HttpResponse<byte[]> asked(Provider provider, HttpRequest request, Duration timeout) {
        try {
            return sent(request, LONGEST_ANSWER, timeout);
        } catch (IOException e) {
            throw new LatchkeyException.CredentialRefused(
                    provider.name() + " could not be queried: " + request.uri().getHost() + " does not respond.");
        }
    }

    /** The limit holds for the whole of it: the JDK's own ends with the headers. */
    private HttpResponse<byte[]> sent(HttpRequest request, int longest, Duration timeout) throws IOException {
        CompletableFuture<HttpResponse<byte[]>> call = http.sendAsync(request, LimitedBody.upTo(longest));
        try {
            return call.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            call.cancel(true);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("the call was interrupted");
        } catch (TimeoutException e) {
            call.cancel(true);
            throw new HttpTimeoutException("no whole response in " + timeout);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        }
    }

    private HttpRequest request(Provider provider, Call call, Template.Values values) {
        Api api = provider.api();
        Map<String, String> query = new LinkedHashMap<>(expand(call.query(), values));
        query.putAll(expand(api.query(), values));
        String address = address(api, call, values).toString();
        String joint = query.isEmpty() ? "" : address.contains("?") ? "&" : "?";
        Map<String, String> headers = credentialHeaders(provider, values);
        put(headers, expand(api.headers(), values));
        put(headers, expand(call.headers(), values));
        HttpRequest.Builder request = HttpRequest.newBuilder(vendors.apply(URI.create(address + joint + form(query))))
                .method(call.method().name(), body(call.body(), values, headers));
        headers.forEach(request::setHeader);
        return request.build();
    }

    private static Map<String, String> credentialHeaders(Provider provider, Template.Values values) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("accept", "application/json");
        provider.auth().facts().basic().ifPresent(basic -> {
            String user = basic.username().expand(values).orElse("");
            String password = basic.password().expand(values).orElse("");
            headers.put(
                    "authorization",
                    "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8)));
        });
        return headers;
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
        if (body instanceof Body.Form form) {
            return typed(headers, "application/x-www-form-urlencoded", form(expand(form.members(), values)));
        }
        if (body instanceof Body.Json json) {
            return typed(
                    headers,
                    "application/json",
                    Json.of(expand(json.members(), values)).toString());
        }
        if (body instanceof Body.Xml xml) {
            return typed(headers, "text/xml", xml.text().expand(values).orElse(""));
        }
        if (body instanceof Body.Plain plain) {
            return typed(
                    headers, plain.contentType(), plain.text().expand(values).orElse(""));
        }
        return HttpRequest.BodyPublishers.noBody();
    }

    private static String form(Map<String, String> members) {
        return members.entrySet().stream()
                .map(one -> encode(one.getKey()) + "=" + encode(one.getValue()))
                .collect(Collectors.joining("&"));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, UTF_8).replace("+", "%20");
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
