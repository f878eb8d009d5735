package dev.latchkey.server.connections;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.server.secrets.Secret;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** A user name and a password. */
final class UserPasswordForm implements CredentialForm<Credentials.UserPassword> {
    @Override
    public Set<String> types() {
        return Set.of("BASIC");
    }

    @Override
    public void store(Credentials.UserPassword it, ObjectNode json) {
        json.put("type", "BASIC")
                .put("username", it.username())
                .put("password", it.password().reveal());
    }

    @Override
    public Credentials.UserPassword read(StoredValues values) {
        return new Credentials.UserPassword(values.text("username").orElse(""), values.secretOrEmpty("password"));
    }

    @Override
    public Credentials imported(String type, ImportedValues values) {
        return new Credentials.UserPassword(given(values, "username"), new Secret(given(values, "password")));
    }

    /** It may be empty, as some vendors want it, but not left out unless the definition fixes it. */
    private static String given(ImportedValues values, String name) {
        boolean fixed = Optional.ofNullable(values.provider().fields().get(name))
                .flatMap(Field::fixed)
                .isPresent();
        return fixed ? values.input().text(name).orElse("") : values.input().present(name);
    }
}
