package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.CredentialsJson;
import dev.latchkey.server.connections.ImportedValues;
import dev.latchkey.server.connections.SharedNames;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.kinds.Kind;
import dev.latchkey.server.kinds.Kinds;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** Reads the credentials of an imported connection, by their type. */
final class ImportedCredentials {
    private static final List<String> FURTHER = List.of(
            "token",
            "refresh_token",
            "expires_at",
            "expires_in",
            "raw",
            "config_override",
            "client_id_override",
            "client_secret_override",
            "client_certificate",
            "client_private_key");

    private final InstantSource clock;

    ImportedCredentials(InstantSource clock) {
        this.clock = clock;
    }

    /** @param fields of the definition that were among the credentials */
    record Read(Credentials credentials, Map<String, String> fields) {}

    /** What can be checked of credentials while their integration is unknown: the members that a type must have. */
    void check(Body body) {
        String type = body.required("type");
        List<String> required = CredentialsJson.required(type);
        if (required.isEmpty()) {
            body.json().properties().forEach(entry -> body.allow(entry.getKey()));
            if (!type.isEmpty() && !CredentialsJson.isKnown(type)) {
                body.problem("invalid_type", "there are no credentials of this type", "type");
            }
            return;
        }
        required.forEach(body::required);
        body.allow(FURTHER.toArray(String[]::new));
    }

    Read read(Body body, Provider provider) {
        Kind kind = Kinds.of(provider.auth());
        SharedNames.acceptCredentials(body.json(), provider, kind.standardNames());
        String expected = kind.facts().mode();
        String type = body.required("type");
        boolean isTaken = kind.importedTypes().contains(type);
        if (!type.isEmpty() && !isTaken) {
            body.problem("invalid_type", "this provider takes credentials of type " + expected, "type");
        }
        if (body.json().path("refresh_token").asString("-").isEmpty()) {
            body.problem("too_small", "'refresh_token' must not be empty", "refresh_token");
        }
        Credentials credentials = CredentialsJson.imported(
                isTaken ? expected : type, new ImportedValues(body, provider, clock.instant()));
        Map<String, String> fields =
                credentials.ownFields(provider).orElseGet(() -> TypedFields.imported(body, provider));
        return new Read(credentials, fields);
    }
}
