package dev.latchkey.server.dashboard;

import dev.latchkey.server.http.Form;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.team.DashboardSessions;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;

/** Accepts a form only with the token that our own page for this browser carries. */
final class FormTokens {
    static final String FIELD = "_token";

    private FormTokens() {}

    /** @throws PageException if another site sent it, or the page is older than the session */
    static Form read(ServerRequest request, Secret cookie, int most) {
        String site =
                request.headers().first(HeaderNames.create("Sec-Fetch-Site")).orElse("same-origin");
        Form form = Form.read(request, most);
        if (!site.equals("same-origin")
                || !DashboardSessions.isFormToken(cookie, form.first(FIELD).orElse(""))) {
            throw PageException.forbidden(
                    "This form belongs to another session. Reload the page and send it from there.");
        }
        return form;
    }
}
