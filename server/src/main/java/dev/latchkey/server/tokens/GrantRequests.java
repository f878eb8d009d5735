package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.CodeGrant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** What a token request consists of, where the grant is not the code (RFC 6749 sections 4.4 and 6). */
public final class GrantRequests {
    private GrantRequests() {}

    /** The exchange's own parameters belong to the code; a definition with other ones for the refresh lists them. */
    public static Call refreshCall(CodeGrant code) {
        Call exchange = code.exchange();
        Body body = switch (exchange.body()) {
            case Body.Json json -> new Body.Json(Map.of());
            case Body.Form form -> new Body.Form(Map.of());
            case Body.Empty empty -> empty;
            case Body.Xml xml -> xml;
            case Body.Plain plain -> plain;
        };
        return new Call(
                exchange.method(),
                exchange.url(),
                Map.of(),
                exchange.headers(),
                body,
                exchange.okWhen(),
                exchange.names());
    }

    /** The parameters of a grant for which the callback is only the consent. */
    public static Map<String, String> clientCredentials(CodeGrant code, ValuesOf values) {
        Map<String, String> parameters = new HashMap<>();
        parameters.put("grant_type", "client_credentials");
        Set<String> scopes = code.consent()
                .authorize()
                .scope()
                .requested(values.integration().scopes());
        if (!scopes.isEmpty()) {
            parameters.put(
                    code.consent().authorize().scope().param(),
                    String.join(code.consent().authorize().scope().join(), scopes));
        }
        return parameters;
    }
}
