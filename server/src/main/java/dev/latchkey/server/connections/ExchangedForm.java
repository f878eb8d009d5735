package dev.latchkey.server.connections;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** A token that secrets were exchanged for. The kind BILL has names of its own. */
final class ExchangedForm implements CredentialForm<Credentials.Exchanged> {
    private static final String BILL = "BILL";

    @Override
    public Set<String> types() {
        return Set.of("TWO_STEP", BILL);
    }

    @Override
    public boolean importsResponse() {
        return true;
    }

    @Override
    public void store(Credentials.Exchanged it, ObjectNode json) {
        json.put("type", it.type()).put("token", it.token().reveal());
        it.refreshToken().ifPresent(token -> json.put("refresh_token", token.reveal()));
        StoredValues.put(json, it.expiresAt());
        StoredValues.put(json, it.raw());
    }

    @Override
    public Credentials.Exchanged read(StoredValues values) {
        return new Credentials.Exchanged(
                values.type(),
                values.secretOrEmpty("token"),
                values.secret("refresh_token"),
                values.expiry(),
                values.raw());
    }

    @Override
    public void answer(Credentials.Exchanged it, Connection connection, ObjectNode json) {
        if (!it.type().equals(BILL)) {
            StoredValues.putTyped(connection, json);
            return;
        }
        connection.secrets().forEach((name, secret) -> {
            String snake = CredentialsJson.snakeCase(name);
            if (!json.has(snake)) {
                json.put(snake, secret.reveal());
            }
        });
        json.set("session_id", json.remove("token"));
        for (String name : List.of("organizationId", "userId")) {
            StoredValues.text(connection.config(), name)
                    .ifPresent(value -> json.put(CredentialsJson.snakeCase(name), value));
        }
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        return type.equals(BILL)
                ? new Credentials.Exchanged(
                        type,
                        values.secretOrEmpty("session_id"),
                        Optional.empty(),
                        values.due("session_id"),
                        values.given())
                : new Credentials.Exchanged(
                        type,
                        values.secretOrEmpty("token"),
                        values.secret("refresh_token"),
                        values.due("token"),
                        values.given());
    }
}
