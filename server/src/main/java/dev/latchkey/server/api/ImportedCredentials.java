package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.CredentialsJson;
import dev.latchkey.server.connections.ImportedValues;
import dev.latchkey.server.http.Body;
import java.time.InstantSource;
import java.util.Map;

/** Reads the credentials of an imported connection, by their type. */
final class ImportedCredentials {
    /** Taken for a provider of any kind. */
    private static final String API_KEY = "API_KEY";

    private final InstantSource clock;

    ImportedCredentials(InstantSource clock) {
        this.clock = clock;
    }

    /** @param fields of the definition that stood among the credentials */
    record Read(Credentials credentials, Map<String, String> fields) {}

    Read read(Body body, Provider provider) {
        String expected = provider.auth().facts().mode();
        String type = body.required("type");
        if (!type.isEmpty() && !type.equals(expected) && !type.equals(API_KEY)) {
            body.problem("invalid_type", "this provider takes credentials of type " + expected, "type");
        }
        Credentials credentials = CredentialsJson.imported(type, new ImportedValues(body, provider, clock.instant()));
        Map<String, String> fields =
                credentials.ownFields(provider).orElseGet(() -> TypedFields.imported(body, provider));
        return new Read(credentials, fields);
    }
}
