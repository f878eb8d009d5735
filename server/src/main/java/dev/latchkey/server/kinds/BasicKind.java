package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.secrets.Secret;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Of HTTP Basic. */
record BasicKind(Auth.Basic auth) implements Kind {
    static final List<String> PATHS = List.of("/api-auth/basic/");

    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.UserPassword> held() {
        return Credentials.UserPassword.class;
    }

    @Override
    public List<String> paths() {
        return PATHS;
    }

    @Override
    public List<Asked> asked() {
        return Stream.of(
                        new Asked("username", "User name", false, true), new Asked("password", "Password", true, false))
                .filter(it -> isUsed(it.id()))
                .toList();
    }

    /** A definition may send another secret as the user name, or a fixed one. */
    private boolean isUsed(String name) {
        return Stream.of(auth.username(), auth.password())
                .flatMap(text -> text.alternatives().stream())
                .flatMap(template -> template.references().stream())
                .anyMatch(reference ->
                        reference.root().equals("secret") && reference.path().contains(name));
    }

    @Override
    public Set<String> standardNames() {
        return Set.of("username", "password");
    }

    @Override
    public Credentials entered(InputObject typed) {
        return new Credentials.UserPassword(
                isUsed("username")
                        ? typed.present("username")
                        : typed.text("username").orElse(""),
                new Secret(typed.text("password").orElse("")));
    }
}
