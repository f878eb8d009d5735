package dev.latchkey.server.connectui;

import dev.latchkey.server.environments.Brandings;
import dev.latchkey.server.json.Ids;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;

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
        Optional<Brandings.Served> logo = Ids.parse(
                        request.path().pathParameters().get("environment"))
                .flatMap(environment -> brandings.logo(
                        environment, request.path().pathParameters().get("file")));
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
