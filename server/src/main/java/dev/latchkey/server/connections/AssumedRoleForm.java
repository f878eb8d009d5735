package dev.latchkey.server.connections;

import dev.latchkey.server.secrets.Secret;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** An AWS role that was assumed; an import makes it at once. */
final class AssumedRoleForm implements CredentialForm<Credentials.AssumedRole> {
    @Override
    public Set<String> types() {
        return Set.of("AWS_SIGV4");
    }

    @Override
    public void store(Credentials.AssumedRole it, ObjectNode json) {
        json.put("type", "AWS_SIGV4")
                .put("access_key_id", it.accessKeyId())
                .put("secret_access_key", it.secretAccessKey().reveal())
                .put("session_token", it.sessionToken().reveal());
        StoredValues.put(json, it.expiresAt());
    }

    @Override
    public Credentials.AssumedRole read(StoredValues values) {
        return new Credentials.AssumedRole(
                values.text("access_key_id").orElse(""),
                values.secretOrEmpty("secret_access_key"),
                values.secretOrEmpty("session_token"),
                values.expiry());
    }

    @Override
    public void answer(Credentials.AssumedRole it, Connection connection, ObjectNode json) {
        for (String name : List.of("roleArn", "region", "service", "externalId")) {
            StoredValues.text(connection.config(), name)
                    .ifPresent(value -> json.put(CredentialsJson.snakeCase(name), value));
        }
        json.putObject("raw");
    }

    /** Keys of another system are not taken: only those made here show that the role trusts this server's account. */
    @Override
    public Credentials imported(String type, ImportedValues values) {
        values.input().allow("access_key_id", "secret_access_key", "session_token", "expires_at", "raw");
        return new Credentials.AssumedRole("", new Secret(""), new Secret(""), Optional.of(Instant.EPOCH));
    }
}
