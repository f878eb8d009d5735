package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.keys.HeavyWork;
import dev.latchkey.server.access.ForbiddenException;
import dev.latchkey.server.access.PausedException;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.storage.DatabaseFailures;
import dev.latchkey.server.storage.UnreadableRowException;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Why a page could not be shown, as the page in its place says. */
record PageProblem(int status, String words) {
    private static final Logger LOG = LoggerFactory.getLogger(PageProblem.class);

    /** A bug is logged; its page names the line of the log. */
    static PageProblem of(RuntimeException failure, ServerRequest request) {
        return switch (failure) {
            case PageException it -> new PageProblem(it.status(), it.words());
            case ForbiddenException it -> new PageProblem(403, it.words());
            case PausedException it -> new PageProblem(423, it.words());
            case ApiError it -> new PageProblem(it.status(), it.words());
            case HeavyWork.BusyException it -> of(ApiError.busy(String.valueOf(it.getMessage())), request);
            case UnreadableRowException it -> new PageProblem(424, it.words());
            case RuntimeException it
            when DatabaseFailures.isBusyOrAway(it) ->
                new PageProblem(503, "The server is busy. Reload the page in a moment.");
            case RuntimeException it -> {
                String id = UUID.randomUUID().toString();
                LOG.error(
                        "{} {} failed ({})",
                        request.prologue().method(),
                        request.path().rawPath(),
                        id,
                        it);
                yield new PageProblem(500, "Internal error; the server's log has it as " + id + ".");
            }
        };
    }

    String title() {
        return switch (status) {
            case 403 -> "Not allowed";
            case 404 -> "Not found";
            case 423 -> "Paused";
            case 429 -> "Too many requests";
            case 503 -> "The server is busy";
            default -> "That did not work";
        };
    }

    void headers(ServerResponse response) {
        if (status == 503) {
            response.header(HeaderNames.RETRY_AFTER, "1");
        }
    }
}
