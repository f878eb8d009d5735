package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.egress.ClientCertificate;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The definition applied to one connection for one call to the provider's API: its base URL, and the credential's headers and
 * parameters. Contains secrets in clear text: created for a call, and dropped with it.
 *
 * @param base without a slash at its end; empty if a value that it needs is not known yet
 * @param headers names in lower case; a caller's header of the same name takes precedence
 * @param query takes precedence over a caller's parameters of the same name
 * @param body members that go into a JSON or form body
 * @param signer adds the last headers once the request is complete
 * @param certificate the connection's own, if the vendor requires mutual TLS
 */
public record ApiAccess(
        Optional<String> base,
        Map<String, String> headers,
        Map<String, String> query,
        Map<String, String> body,
        RequestSigner signer,
        Optional<ClientCertificate> certificate) {

    /** @throws IllegalArgumentException when a value is not allowed at its position, or a signature lacks its key; names no value */
    public static ApiAccess of(Provider provider, ValuesOf values, RequestSigners signers) {
        Api api = provider.api();
        Map<String, String> headers = new LinkedHashMap<>();
        boolean ownProof = Stream.of(api.headers(), api.query(), api.body())
                .flatMap(texts -> texts.values().stream())
                .flatMap(text -> text.alternatives().stream())
                .flatMap(template -> template.references().stream())
                .anyMatch(reference -> reference.root().equals("token"));
        authorization(provider.auth(), values, ownProof).ifPresent(value -> headers.put("authorization", value));
        api.headers()
                .forEach((name, text) ->
                        text.expand(values).ifPresent(value -> headers.put(name.toLowerCase(Locale.ROOT), value)));
        return new ApiAccess(
                api.base().flatMap(base -> base.expand(values)),
                headers,
                expand(api.query(), values),
                expand(api.body(), values),
                signers.of(provider, values),
                api.mutualTls() ? certificate(values) : Optional.empty());
    }

    private static Optional<String> authorization(Auth auth, ValuesOf values, boolean ownProof) {
        return auth.facts()
                .basic()
                .map(basic -> basic(
                        basic.username().expand(values).orElse(""),
                        basic.password().expand(values).orElse("")))
                .or(() -> values.credentials()
                        .flatMap(it -> it.bearer(ownProof))
                        .map(token -> "Bearer " + token.reveal()));
    }

    private static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    /** The names of these two fields in Nango's API. */
    static Optional<ClientCertificate> certificate(ValuesOf values) {
        return Optional.ofNullable(values.secrets().get("client_certificate"))
                .flatMap(chain -> Optional.ofNullable(values.secrets().get("client_private_key"))
                        .map(key -> new ClientCertificate(chain, key)));
    }

    static Map<String, String> expand(Map<String, Text> texts, ValuesOf values) {
        if (texts.isEmpty()) {
            return Map.of();
        }
        Map<String, String> found = new LinkedHashMap<>();
        texts.forEach((name, text) -> text.expand(values).ifPresent(value -> found.put(name, value)));
        return found;
    }
}
