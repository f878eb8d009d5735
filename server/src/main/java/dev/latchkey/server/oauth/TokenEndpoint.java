package dev.latchkey.server.oauth;

import dev.latchkey.catalogue.Body;
import dev.latchkey.catalogue.Call;
import dev.latchkey.catalogue.ClientAuth;
import dev.latchkey.catalogue.JsonPath;
import dev.latchkey.catalogue.Text;
import dev.latchkey.catalogue.TokenShape;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.vault.Secret;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Asks a token endpoint (RFC 6749 section 3.2) in the way that the definition says. Thread-safe. */
public final class TokenEndpoint {
    private final Egress egress;
    private final VendorAddress addresses;
    private final InstantSource clock;

    public TokenEndpoint(Egress egress, VendorAddress addresses, InstantSource clock) {
        this.egress = egress;
        this.addresses = addresses;
        this.clock = clock;
    }

    /** How the answer is read. */
    public record Reading(TokenShape shape, Optional<Call.OkWhen> okWhen, Map<String, JsonPath> learn) {}

    /**
     * @param parameters of the grant: {@code grant_type}, {@code code}, {@code redirect_uri} ...; those of the definition win
     */
    public TokenAnswer ask(
            Call call, ClientAuth clientAuth, Map<String, String> parameters, ValuesOf values, Reading reading) {
        Instant askedAt = clock.instant();
        try {
            Egress.Answer answer = egress.send(request(call, clientAuth, parameters, values));
            return TokenParser.parse(
                    answer, reading.shape(), call.okWhen().or(reading::okWhen), reading.learn(), askedAt);
        } catch (EgressException e) {
            return e.kind() == EgressException.Kind.FORBIDDEN
                    ? new TokenAnswer.Misconfigured("forbidden_address", String.valueOf(e.getMessage()))
                    : new TokenAnswer.Unavailable(String.valueOf(e.getMessage()), Optional.empty());
        } catch (IllegalArgumentException e) {
            return new TokenAnswer.Misconfigured("invalid_configuration", String.valueOf(e.getMessage()));
        }
    }

    /** Package-private for tests: the exact request. */
    Egress.Request request(Call call, ClientAuth clientAuth, Map<String, String> parameters, ValuesOf values) {
        Map<String, String> members = new LinkedHashMap<>(parameters);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("accept", "application/json");
        call.headers().forEach((name, text) -> text.expand(values).ifPresent(value -> headers.put(name, value)));
        authenticate(clientAuth, values, members, headers);
        URI uri = addresses.of(values.integration(), call.url(), values);
        Map<String, String> query = expand(call.query(), values);
        return switch (call.body()) {
            case Body.Form form -> {
                members.putAll(expand(form.members(), values));
                yield new Egress.Request(
                        call.method().name(), withQuery(uri, query), headers, Optional.of(form(members)));
            }
            case Body.Json json -> {
                members.putAll(expand(json.members(), values));
                ObjectNode object = Json.MAPPER.createObjectNode();
                members.forEach(object::put);
                yield new Egress.Request(
                        call.method().name(),
                        withQuery(uri, query),
                        headers,
                        Optional.of(new Egress.Content("application/json", Json.MAPPER.writeValueAsBytes(object))));
            }
            case Body.Empty empty -> {
                // The definition's own query stands alone where it names the grant itself (an exchange of the access
                // token).
                Map<String, String> all = new LinkedHashMap<>(query.containsKey("grant_type") ? Map.of() : members);
                all.putAll(query);
                yield new Egress.Request(call.method().name(), withQuery(uri, all), headers, Optional.empty());
            }
            case Body.Xml xml ->
                new Egress.Request(
                        call.method().name(),
                        withQuery(uri, query),
                        headers,
                        Optional.of(
                                content("text/xml", xml.text().expand(values).orElse(""))));
            case Body.Plain plain ->
                new Egress.Request(
                        call.method().name(),
                        withQuery(uri, query),
                        headers,
                        Optional.of(content(
                                plain.contentType(), plain.text().expand(values).orElse(""))));
        };
    }

    private static void authenticate(
            ClientAuth clientAuth, ValuesOf values, Map<String, String> members, Map<String, String> headers) {
        String id = values.clientId().orElse("");
        String secret = values.clientSecret().map(Secret::reveal).orElse("");
        switch (clientAuth) {
            case ClientAuth.InBody body -> {
                members.put(body.idName(), id);
                if (!secret.isEmpty()) {
                    members.put(body.secretName(), secret);
                }
            }
            case ClientAuth.Basic basic ->
                headers.put(
                        "authorization", basic.formEncoded() ? basic(encode(id), encode(secret)) : basic(id, secret));
            case ClientAuth.SecretBasic secretBasic -> headers.put("authorization", basic(secret, ""));
            case ClientAuth.None none -> members.put(none.idName(), id);
            case ClientAuth.PrivateKeyJwt jwt ->
                throw new IllegalArgumentException("private_key_jwt is not supported for this provider yet");
        }
    }

    static URI withQuery(URI uri, Map<String, String> query) {
        if (query.isEmpty()) {
            return uri;
        }
        String text = uri.toString();
        return URI.create(text + (uri.getRawQuery() == null ? "?" : "&") + encoded(query));
    }

    private static Map<String, String> expand(Map<String, Text> texts, ValuesOf values) {
        Map<String, String> found = new LinkedHashMap<>();
        texts.forEach((name, text) -> text.expand(values).ifPresent(value -> found.put(name, value)));
        return found;
    }

    private static Egress.Content form(Map<String, String> members) {
        return content("application/x-www-form-urlencoded", encoded(members));
    }

    static String encoded(Map<String, String> members) {
        StringBuilder text = new StringBuilder();
        members.forEach((name, value) -> text.append(text.isEmpty() ? "" : "&")
                .append(encode(name))
                .append('=')
                .append(encode(value)));
        return text.toString();
    }

    private static Egress.Content content(String type, String text) {
        return new Egress.Content(type, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
