package dev.latchkey.server.connectui;

import dev.latchkey.server.environments.Brandings;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;
import java.util.UUID;

/** The logos of environments. */
final class LogoRoute {
    private final Brandings brandings;

    LogoRoute(Brandings brandings) {
        this.brandings = brandings;
    }

    void register(HttpRules routing) {
        routing.get("/connect/logos/{environment}/{file}", this::send);
    }

    /** Public, as the page is: the URL cannot be guessed, and shows what everyone who connects sees. */
    private void send(ServerRequest request, ServerResponse response) {
        String environment = request.path().pathParameters().get("environment");
        Optional<Brandings.Served> logo = environment.matches("[0-9a-f-]{36}")
                ? brandings.logo(
                        UUID.fromString(environment),
                        request.path().pathParameters().get("file"))
                : Optional.empty();
        if (logo.isEmpty()) {
            response.status(Status.NOT_FOUND_404).send();
            return;
        }
        // An SVG may contain a script, which must not run when the SVG is opened directly.
        response.header(
                HeaderNames.create("Content-Security-Policy"),
                "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox");
        response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
        response.header(HeaderNames.create("Cross-Origin-Resource-Policy"), "same-origin");
        response.header(HeaderNames.CACHE_CONTROL, "public, max-age=31536000, immutable");
        response.header(HeaderNames.CONTENT_TYPE, logo.get().mediaType());
        response.send(logo.get().content());
    }
}
