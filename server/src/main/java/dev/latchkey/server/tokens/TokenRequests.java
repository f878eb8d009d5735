package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Makes the requests that {@link TokenEndpoint} sends: the grant's parameters, the client's authentication (RFC 6749 section 2.3). */
final class TokenRequests {
    private final VendorAddress addresses;
    private final BoundTokens bound;
    private final InstantSource clock;

    TokenRequests(VendorAddress addresses, BoundTokens bound, InstantSource clock) {
        this.addresses = addresses;
        this.bound = bound;
        this.clock = clock;
    }

    Egress.Request of(Call call, ClientAuth clientAuth, Map<String, String> parameters, ValuesOf given) {
        ValuesOf values = given.with(OneRequest.moment(clock.instant()));
        Map<String, String> members = new LinkedHashMap<>(parameters);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("accept", "application/json");
        URI uri = addresses.of(values.integration(), call.url(), values);
        authenticate(clientAuth, values, vendor(call, values), members, headers);
        Map<String, String> renamed = new LinkedHashMap<>();
        members.forEach((name, value) -> {
            String vendors = call.names().getOrDefault(name, name);
            if (!vendors.isEmpty()) {
                renamed.put(vendors, value);
            }
        });
        Map<String, String> query = expand(call.query(), values);
        // The definition's own query is used alone where it names the grant itself (an exchange of the access token).
        if (call.body() instanceof Body.Empty && !query.containsKey("grant_type")) {
            renamed.forEach(query::putIfAbsent);
        }
        Optional<Egress.Content> content = content(call.body(), renamed, values);
        BoundTokens.key(values)
                .ifPresent(key -> headers.put(
                        "dpop", bound.proof(key, call.method().name(), vendor(call, values), Optional.empty())));
        ValuesOf whole = values.with(OneRequest.of(call.method().name(), vendor(call, values), content));
        call.headers()
                .forEach((name, text) ->
                        text.expand(whole).ifPresent(value -> headers.put(name.toLowerCase(Locale.ROOT), value)));
        return new Egress.Request(
                call.method().name(),
                TokenEndpoint.withQuery(uri, query),
                headers,
                content,
                ApiAccess.certificate(values));
    }

    static URI vendor(Call call, ValuesOf values) {
        return URI.create(call.url()
                .expand(values)
                .orElseThrow(
                        () -> new IllegalArgumentException("a value that the provider's address needs is missing")));
    }

    private static Optional<Egress.Content> content(Body body, Map<String, String> members, ValuesOf values) {
        Map<String, String> all = new LinkedHashMap<>(members);
        return switch (body) {
            case Body.Form form -> {
                all.putAll(expand(form.members(), values));
                yield Optional.of(form(all));
            }
            case Body.Json json -> {
                all.putAll(expand(json.members(), values));
                ObjectNode object = Json.MAPPER.createObjectNode();
                all.forEach(object::put);
                yield Optional.of(new Egress.Content("application/json", Json.MAPPER.writeValueAsBytes(object)));
            }
            case Body.Empty empty -> Optional.empty();
            case Body.Xml xml ->
                Optional.of(content("text/xml", xml.text().expand(values).orElse("")));
            case Body.Plain plain ->
                Optional.of(
                        content(plain.contentType(), plain.text().expand(values).orElse("")));
        };
    }

    private void authenticate(
            ClientAuth clientAuth,
            ValuesOf values,
            URI endpoint,
            Map<String, String> members,
            Map<String, String> headers) {
        String id = values.clientId().orElse("");
        String secret = values.clientSecret().map(Secret::reveal).orElse("");
        switch (clientAuth) {
            case ClientAuth.InBody body -> {
                members.put(body.idName(), id);
                if (!secret.isEmpty()) {
                    members.put(body.secretName(), secret);
                }
            }
            case ClientAuth.ClientSecretBasic basic ->
                headers.put(
                        "authorization",
                        basic.formEncoded()
                                ? TokenEndpoint.basic(PercentEncoding.form(id), PercentEncoding.form(secret))
                                : TokenEndpoint.basic(id, secret));
            case ClientAuth.SecretBasic secretBasic -> headers.put("authorization", TokenEndpoint.basic(secret, ""));
            case ClientAuth.None none -> {
                if (!none.idName().isEmpty()) {
                    members.put(none.idName(), id);
                }
            }
            case ClientAuth.PrivateKeyJwt jwt -> {
                members.put("client_id", id);
                members.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
                members.put(
                        "client_assertion",
                        Assertions.ofClient(jwt.assertion(), id, endpoint, values, clock.instant())
                                .reveal());
            }
        }
    }

    private static Map<String, String> expand(Map<String, Text> texts, ValuesOf values) {
        Map<String, String> found = new LinkedHashMap<>();
        texts.forEach((name, text) -> text.expand(values).ifPresent(value -> found.put(name, value)));
        return found;
    }

    private static Egress.Content form(Map<String, String> members) {
        return content("application/x-www-form-urlencoded", PercentEncoding.form(members));
    }

    private static Egress.Content content(String type, String text) {
        return new Egress.Content(type, text.getBytes(StandardCharsets.UTF_8));
    }
}
