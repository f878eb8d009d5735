package dev.latchkey.server.authorization;

import dev.latchkey.server.connect.FlowResult;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Responses;
import dev.latchkey.server.pages.Pages;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.net.URI;
import java.util.Optional;

/** What the browser gets at the end of a flow, and the page that waits for it. */
final class FlowReplies {
    /** The Connect UI's page, which asks how the flow ended; its URL reveals nothing. */
    static final String CONNECT_UI_RETURN = "/connect/return";

    private final ResultSockets sockets;
    private final URI publicUrl;

    FlowReplies(ResultSockets sockets, URI publicUrl) {
        this.sockets = sockets;
        this.publicUrl = publicUrl;
    }

    /** Notifies the page that waits, and shows the result. */
    void end(ServerRequest request, ServerResponse response, FlowResult result) {
        sockets.send(result);
        show(request, response, result, 400);
    }

    void show(ServerRequest request, ServerResponse response, FlowResult result, int status) {
        result.webSocketId().ifPresent(opener -> Pages.ofPopup(response));
        // Our own page asks the session how the flow ended: the URL reveals nothing of it.
        boolean ownPage = result.returnUrl()
                .filter((publicUrl + CONNECT_UI_RETURN)::equals)
                .isPresent();
        FlowPages.show(result, status, ownPage, FlowLanguage.of(request), response);
    }

    /** People get a page, programs the API's error. */
    void refuse(
            ServerRequest request,
            ServerResponse response,
            ApiError error,
            String key,
            String provider,
            Optional<String> webSocketId) {
        FlowResult.Refused refused = new FlowResult.Refused(
                key, provider, Optional.empty(), error.code(), error.words(), webSocketId, Optional.empty());
        if (request.headers().first(HeaderNames.ACCEPT).orElse("").contains("text/html")) {
            sockets.send(refused);
            show(request, response, refused, error.status());
        } else {
            sockets.send(refused);
            Responses.send(response, error);
        }
    }
}
