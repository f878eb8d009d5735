package dev.latchkey.server.oauth;

import dev.latchkey.catalogue.Api;
import dev.latchkey.catalogue.Auth;
import dev.latchkey.catalogue.Body;
import dev.latchkey.catalogue.Call;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.catalogue.Text;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.operations.Json;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** One small call to a vendor's API with a connection's credential, as the definition places it. Thread-safe. */
public final class ApiCall {
    private final Egress egress;
    private final VendorAddress addresses;

    public ApiCall(Egress egress, VendorAddress addresses) {
        this.egress = egress;
        this.addresses = addresses;
    }

    /**
     * @throws IllegalArgumentException when a value is missing or may not stand where it would
     * @throws dev.latchkey.server.egress.EgressException when there is no answer
     */
    public Egress.Answer send(Provider provider, Integration integration, Call call, ValuesOf values) {
        Api api = provider.api();
        String path = call.url()
                .expand(values)
                .orElseThrow(
                        () -> new IllegalArgumentException("a value that the provider's address needs is missing"));
        URI uri = path.startsWith("/")
                ? URI.create(api.base()
                                .flatMap(base -> base.expand(values))
                                .orElseThrow(
                                        () -> new IllegalArgumentException("the provider's address is not known yet"))
                        + path)
                : URI.create(path);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("accept", "application/json");
        authorization(provider.auth(), values).ifPresent(value -> headers.put("authorization", value));
        expand(api.headers(), values).forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
        expand(call.headers(), values).forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
        Map<String, String> query = new LinkedHashMap<>(expand(call.query(), values));
        query.putAll(expand(api.query(), values));
        return egress.send(new Egress.Request(
                call.method().name(),
                TokenEndpoint.withQuery(addresses.of(integration, uri), query),
                headers,
                content(call.body(), values)));
    }

    private static Optional<String> authorization(Auth auth, ValuesOf values) {
        if (auth instanceof Auth.Basic basic) {
            String user = basic.username().expand(values).orElse("");
            String password = basic.password().expand(values).orElse("");
            return Optional.of("Basic "
                    + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8)));
        }
        return values.credentials().flatMap(credentials -> switch (credentials) {
            case Credentials.OAuth2 oauth2 ->
                Optional.of("Bearer " + oauth2.accessToken().reveal());
            case Credentials.OAuth2Client client ->
                Optional.of("Bearer " + client.token().reveal());
            case Credentials.OAuth1 oauth1 -> Optional.<String>empty();
            case Credentials.ApiKey key -> Optional.<String>empty();
            case Credentials.Basic basic -> Optional.<String>empty();
            case Credentials.None none -> Optional.<String>empty();
            case Credentials.Imported imported -> Optional.<String>empty();
        });
    }

    private static Optional<Egress.Content> content(Body body, ValuesOf values) {
        return switch (body) {
            case Body.Empty empty -> Optional.empty();
            case Body.Form form ->
                Optional.of(content(
                        "application/x-www-form-urlencoded", TokenEndpoint.encoded(expand(form.members(), values))));
            case Body.Json json -> {
                ObjectNode object = Json.MAPPER.createObjectNode();
                expand(json.members(), values).forEach(object::put);
                yield Optional.of(content("application/json", object.toString()));
            }
            case Body.Xml xml ->
                Optional.of(content("text/xml", xml.text().expand(values).orElse("")));
            case Body.Plain plain ->
                Optional.of(
                        content(plain.contentType(), plain.text().expand(values).orElse("")));
        };
    }

    private static Egress.Content content(String type, String text) {
        return new Egress.Content(type, text.getBytes(StandardCharsets.UTF_8));
    }

    private static Map<String, String> expand(Map<String, Text> texts, ValuesOf values) {
        Map<String, String> found = new LinkedHashMap<>();
        texts.forEach((name, text) -> text.expand(values).ifPresent(value -> found.put(name, value)));
        return found;
    }
}
