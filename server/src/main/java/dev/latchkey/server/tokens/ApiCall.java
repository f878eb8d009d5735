package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** One small call to a vendor's API with a connection's credential, as the definition places it. Thread-safe. */
public final class ApiCall {
    private final Egress egress;
    private final VendorAddress addresses;
    private final RequestSigners signers;

    public ApiCall(Egress egress, VendorAddress addresses, RequestSigners signers) {
        this.egress = egress;
        this.addresses = addresses;
        this.signers = signers;
    }

    /**
     * @throws IllegalArgumentException when a value is missing or not allowed at its position
     * @throws dev.latchkey.server.egress.EgressException when there is no response
     */
    public Egress.Response send(Provider provider, Integration integration, Call call, ValuesOf values) {
        ApiAccess access = ApiAccess.of(provider, values, signers);
        String path = call.url()
                .expand(values)
                .orElseThrow(
                        () -> new IllegalArgumentException("a value that the provider's address needs is missing"));
        URI uri = path.startsWith("/")
                ? URI.create(access.base()
                                .orElseThrow(
                                        () -> new IllegalArgumentException("the provider's address is not known yet"))
                        + path)
                : URI.create(path);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("accept", "application/json");
        headers.putAll(access.headers());
        ApiAccess.expand(call.headers(), values)
                .forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
        Map<String, String> query = new LinkedHashMap<>(ApiAccess.expand(call.query(), values));
        query.putAll(access.query());
        URI vendor = TokenEndpoint.withQuery(uri, query);
        Optional<Egress.Content> content = content(call.body(), access.body(), values);
        content.ifPresent(it -> headers.putIfAbsent("content-type", it.type()));
        RequestSigner.Finished finished = new RequestSigner.Finished(
                call.method().name(),
                vendor,
                headers,
                Optional.of(content.map(Egress.Content::bytes).orElse(new byte[0])));
        Egress.Response answer = send(integration, access, finished, content);
        return access.signer()
                        .isAskedAgain(
                                vendor,
                                answer.status(),
                                name -> Optional.ofNullable(answer.headers().get(name)))
                ? send(integration, access, finished, content)
                : answer;
    }

    private Egress.Response send(
            Integration integration,
            ApiAccess access,
            RequestSigner.Finished finished,
            Optional<Egress.Content> content) {
        Map<String, String> headers = new LinkedHashMap<>(finished.headers());
        headers.putAll(access.signer().sign(finished));
        return egress.send(new Egress.Request(
                finished.method(), addresses.of(integration, finished.uri()), headers, content, access.certificate()));
    }

    private static Optional<Egress.Content> content(Body body, Map<String, String> proof, ValuesOf values) {
        return switch (body) {
            case Body.Empty empty -> Optional.empty();
            case Body.Form form -> {
                Map<String, String> members = new LinkedHashMap<>(ApiAccess.expand(form.members(), values));
                members.putAll(proof);
                yield Optional.of(content("application/x-www-form-urlencoded", PercentEncoding.form(members)));
            }
            case Body.Json json -> {
                ObjectNode object = Json.MAPPER.createObjectNode();
                ApiAccess.expand(json.members(), values).forEach(object::put);
                proof.forEach(object::put);
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
}
