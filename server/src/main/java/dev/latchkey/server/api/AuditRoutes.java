package dev.latchkey.server.api;

import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.audit.Anchor;
import dev.latchkey.server.audit.AuditAnchors;
import dev.latchkey.server.audit.AuditFilter;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.audit.AuditVerification;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import io.helidon.http.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /audit-log}: the entries, their verification, and the anchor. */
public final class AuditRoutes {
    private final AuditLog audit;
    private final AuditAnchors anchors;

    public AuditRoutes(AuditLog audit, AuditAnchors anchors) {
        this.audit = audit;
        this.anchors = anchors;
    }

    public void register(Router router) {
        router.backend(Method.GET, "/audit-log", Scopes.ACCOUNT, this::list);
        router.backend(Method.GET, "/audit-log/verification", Scopes.ACCOUNT, this::verify);
        router.backend(Method.POST, "/audit-log/anchor", Scopes.ACCOUNT, this::anchor);
    }

    private Router.Response list(Router.Call call) {
        Query query = call.query();
        int limit = Math.max(1, query.number("limit", 50, 200));
        int before = query.number("before", Integer.MAX_VALUE, Integer.MAX_VALUE);
        query.end();
        ArrayNode data = Json.MAPPER.createArrayNode();
        audit.list(before, limit, AuditFilter.ALL).forEach(entry -> {
            ObjectNode json = data.addObject()
                    .put("number", entry.number())
                    .put("created_at", Times.text(entry.at()))
                    .put("actor", entry.actor())
                    .put("actor_kind", entry.who().kind())
                    .put("actor_id", entry.who().id().orElse(null))
                    .put("address", entry.who().address().orElse(null))
                    .put("action", entry.action())
                    .put("environment", entry.environment().orElse(null))
                    .put("target", entry.target().orElse(null));
            json.set("details", Json.MAPPER.valueToTree(entry.details()));
        });
        return data(data);
    }

    private Router.Response verify(Router.Call call) {
        Query query = call.query();
        Optional<String> text = query.text("anchor");
        query.end();
        List<Anchor> all = new ArrayList<>(anchors.kept());
        text.ifPresent(it -> all.add(Anchor.parse(it)
                .orElseThrow(() -> ApiError.invalid(
                        "invalid_query_params",
                        List.of(new ApiError.Detail(
                                "invalid_format",
                                "must read SEQ:HASH, as an anchor is printed: a number and 64 hexadecimal digits",
                                List.of("anchor")))))));
        AuditVerification found = audit.verify(all);
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("intact", found.intact())
                .put("count", found.count())
                .put("anchor", found.head().map(Anchor::toString).orElse(null));
        found.fault()
                .ifPresentOrElse(
                        fault -> json.putObject("fault")
                                .put("number", fault.number())
                                .put("reason", fault.reason()),
                        () -> json.putNull("fault"));
        return data(json);
    }

    private Router.Response anchor(Router.Call call) {
        call.withoutQuery();
        call.discardBody();
        Anchor anchor = anchors.now(call.actor())
                .orElseThrow(() -> ApiError.of(409, "conflict", "The audit log is empty: there is nothing to anchor."));
        return data(Json.MAPPER
                .createObjectNode()
                .put("anchor", anchor.toString())
                .put("number", anchor.number())
                .put("hash", anchor.hash())
                .put("count", anchor.number()));
    }

    private static Router.Response data(tools.jackson.databind.JsonNode data) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", data);
        return Router.Response.ok(body);
    }
}
