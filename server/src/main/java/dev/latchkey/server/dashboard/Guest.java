package dev.latchkey.server.dashboard;

import dev.latchkey.server.http.Form;
import dev.latchkey.server.secrets.Secret;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;

/** A request of a visitor who has not signed in. */
record Guest(
        ServerRequest request,
        ServerResponse response,
        Form form,
        String formToken,
        String theme,
        Optional<String> notice) {
    String field(String name) {
        return form.first(name).orElse("").strip();
    }

    /** As typed: a password may begin with a space. */
    Secret secret(String name) {
        return new Secret(form.first(name).orElse(""));
    }

    Optional<String> query(String name) {
        return request.query().first(name).asOptional();
    }
}
