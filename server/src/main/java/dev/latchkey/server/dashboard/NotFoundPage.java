package dev.latchkey.server.dashboard;

import dev.latchkey.server.http.Doors;
import dev.latchkey.server.http.Limit;
import dev.latchkey.server.pages.Pages;
import dev.latchkey.server.pages.templates.StaticTemplates;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;

/** What a browser sees at an address that does not exist; other clients get the API's error. */
final class NotFoundPage {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private NotFoundPage() {}

    /** After every other route. */
    static void register(Doors doors) {
        doors.any(Limit.KEY, NotFoundPage::isBrowser, (request, response) -> {
            Pages.headers(response);
            response.status(Status.NOT_FOUND_404);
            response.send(TEMPLATES
                    .problem(
                            DashboardCookies.theme(request),
                            404,
                            "There is no page at this address. Check it for a mistake, or begin at the dashboard.")
                    .render());
        });
    }

    private static boolean isBrowser(ServerRequest request) {
        return request.prologue().method().equals(Method.GET)
                && request.headers()
                        .first(HeaderNames.ACCEPT)
                        .filter(accept -> accept.contains("text/html"))
                        .isPresent();
    }
}
