package dev.latchkey.server.authorization;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.connect.FlowResult;
import dev.latchkey.server.connect.ReplyTo;
import dev.latchkey.server.connectui.AccountQuestion;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Responses;
import dev.latchkey.server.pages.Pages;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.net.URI;
import java.util.Optional;

/** What the browser gets at the end of a flow, and the page that waits for it. */
final class FlowReplies {
    /** The Connect UI's page, which asks how the flow ended; its URL reveals nothing. */
    static final String CONNECT_UI_RETURN = "/connect/return";

    static final FlowResult.Refused UNKNOWN = unknown(
            "This authorization is not known: it was finished already, or began more than ten minutes ago. Start again"
                    + " where you came from.");

    static final FlowResult.Refused OTHER_BROWSER =
            unknown("This authorization began in another browser. Finish it there, or start again here.");

    private final ResultSockets sockets;
    private final URI publicUrl;

    FlowReplies(ResultSockets sockets, URI publicUrl) {
        this.sockets = sockets;
        this.publicUrl = publicUrl;
    }

    private static FlowResult.Refused unknown(String message) {
        return new FlowResult.Refused(
                "", "", Optional.empty(), "invalid_state", message, Optional.empty(), Optional.empty());
    }

    /** Leads the browser to the page on which the user chooses an account; the page that waits is notified afterwards. */
    void choose(ServerResponse response, String state, ReplyTo replyTo) {
        replyTo.webSocketId().ifPresent(_ -> Pages.ofPopup(response));
        Pages.headers(response);
        response.status(Status.SEE_OTHER_303);
        response.header(
                HeaderNames.LOCATION,
                publicUrl + ChoiceRoutes.PATH + "?" + AccountQuestion.STATE + "=" + PercentEncoding.encode(state));
        response.send();
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
