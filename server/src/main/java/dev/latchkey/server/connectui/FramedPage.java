package dev.latchkey.server.connectui;

import dev.latchkey.server.connect.ConnectSession;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.environments.ConfirmUser;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the Connect UI's script reports about the page that it runs in. In a frame there is no cookie of ours (browsers keep them from other
 * sites' frames), so each load of the page generates a secret, which no page around it can read and which identifies the browser;
 * and a session's token arrives by a message, after the page's policy was sent. Thread-safe.
 */
final class FramedPage {
    private static final HeaderName SECRET = HeaderNames.create("Latchkey-Page");
    private static final HeaderName PARENTS = HeaderNames.create("Latchkey-Parents");
    private static final Pattern SECRETS = Pattern.compile("[A-Za-z0-9_-]{43}");

    private final UserConfirmation confirmation;
    private final ConnectSessions sessions;

    FramedPage(UserConfirmation confirmation, ConnectSessions sessions) {
        this.confirmation = confirmation;
        this.sessions = sessions;
    }

    /** Whether our page is framed by a page that the session's environment does not list. */
    boolean isOfStranger(ServerRequest request, ConnectSession session) {
        List<String> listed = confirmation.parents(Optional.of(session));
        return !listed.isEmpty()
                && parents(request).stream().anyMatch(origin -> !confirmation.isParent(session, origin));
    }

    private static List<String> parents(ServerRequest request) {
        return request.headers().first(PARENTS).stream()
                .flatMap(origins -> List.of(origins.split(" ")).stream())
                .filter(origin -> !origin.isEmpty())
                .toList();
    }

    /** Whether the person must say first that they are the session's user. */
    boolean isToAsk(ServerRequest request, ConnectSession session) {
        return confirmation.when(session) == ConfirmUser.ALWAYS
                && !confirmation.isConfirmedHere(request, session)
                && secret(request).filter(session::isConfirmedBy).isEmpty();
    }

    /** The person is the session's user. */
    void confirm(ServerRequest request, ConnectSession session) {
        secret(request).ifPresent(secret -> sessions.confirm(session, secret));
    }

    private static Optional<String> secret(ServerRequest request) {
        return request.headers()
                .first(SECRET)
                .filter(text -> SECRETS.matcher(text).matches());
    }
}
