package dev.latchkey.server.api;

import dev.latchkey.server.connections.Times;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.logs.Activity;
import io.helidon.http.Method;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /environment/activity}: the counts behind the dashboard's charts. */
public final class ActivityRoutes {
    private static final int MOST_HOURS = 31 * 24;

    private final Activity activity;
    private final InstantSource clock;

    public ActivityRoutes(Activity activity, InstantSource clock) {
        this.activity = activity;
        this.clock = clock;
    }

    public void register(Router router) {
        router.backend(Method.GET, "/environment/activity", "environment:logs:read", this::list);
    }

    private Router.Response list(Router.Call call) {
        Query query = call.query();
        int hours = Math.max(1, query.number("hours", 24, MOST_HOURS));
        query.end();
        ObjectNode body = Json.MAPPER.createObjectNode();
        ArrayNode data = body.putArray("data");
        activity.since(call.environmentId(), clock.instant().minus(Duration.ofHours(hours))).stream()
                .sorted(Comparator.comparing(Activity.Count::hour).thenComparing(Activity.Count::measure))
                .forEach(count -> data.addObject()
                        .put("hour", Times.text(count.hour()))
                        .put("measure", count.measure())
                        .put("count", count.count()));
        return Router.Response.ok(body);
    }
}
