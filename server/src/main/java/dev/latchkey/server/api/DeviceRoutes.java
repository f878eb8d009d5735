package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.authorization.FlowStarts;
import dev.latchkey.server.authorization.SessionIntegrations;
import dev.latchkey.server.connect.AuthorizationFlow;
import dev.latchkey.server.connect.DeviceFlow;
import dev.latchkey.server.connect.FlowEnds;
import dev.latchkey.server.connect.FlowRefusedException;
import dev.latchkey.server.connect.FlowStart;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Caller;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.logs.Operation;
import io.helidon.http.Method;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** {@code /oauth2/device/{key}}: a user connects with a code entered on another device (RFC 8628). */
public final class DeviceRoutes {
    private final SessionIntegrations integrations;
    private final DeviceFlow device;
    private final FlowEnds ends;
    private final Logs logs;

    public DeviceRoutes(SessionIntegrations integrations, DeviceFlow device, FlowEnds ends, Logs logs) {
        this.ends = ends;
        this.integrations = integrations;
        this.device = device;
        this.logs = logs;
    }

    public void register(Router router) {
        router.flow(Method.POST, "/oauth2/device/{key}", this::begin);
        router.flow(Method.POST, "/oauth2/device/{key}/look", this::look);
    }

    private Router.Response begin(Router.Call call) {
        Integration integration = integrations.named(call);
        Provider provider = integrations.provider(integration);
        call.discardBody();
        Caller.EndUser user = (Caller.EndUser) call.caller();
        Query query = call.query();
        FlowStarts.Fields fields =
                FlowStarts.read(query, user.session(), integration, provider, List.of(), Map.of(), "");
        query.endOfFlow();
        if (!fields.problems().isEmpty()) {
            var first = fields.problems().getFirst();
            throw ApiError.of(400, "connection_validation_failed", first.field() + ": " + first.message() + ".");
        }
        FlowStart start = fields.start();
        Operation operation = operation(integration).knowing(start.secrets().values());
        DeviceFlow.Begun begun;
        try {
            begun = logs.during(operation, () -> device.begin(provider, integration, start));
        } catch (FlowRefusedException e) {
            throw refused(operation, integration, start.requester(), start.wantedName(), e);
        }
        ObjectNode json = Json.MAPPER
                .createObjectNode()
                .put("flow", begun.flow())
                .put("user_code", begun.userCode())
                .put("verification_uri", begun.verificationUri())
                .put("verification_uri_complete", begun.complete().orElse(null))
                .put("expires_in", begun.lifetime().toSeconds())
                .put("interval", begun.interval().toSeconds());
        return Router.Response.ok(json);
    }

    private Router.Response look(Router.Call call) {
        Integration integration = integrations.named(call);
        Provider provider = integrations.provider(integration);
        Body body = call.body();
        String flow = body.required("flow");
        body.end();
        call.query();
        Operation operation = operation(integration);
        DeviceFlow.Look looked;
        try {
            looked = logs.during(operation, () -> device.look(provider, integration, flow));
        } catch (FlowRefusedException e) {
            logs.record(operation, LogEntry.State.FAILED, e.code() + ": " + e.text());
            throw ApiError.of(400, e.code(), e.text());
        }
        return Router.Response.ok(
                switch (looked) {
                    case DeviceFlow.Look.Pending pending ->
                        Json.MAPPER.createObjectNode().put("status", "pending").put("slow_down", pending.slower());
                    case DeviceFlow.Look.Connected connected -> connected(provider, integration, connected);
                    case DeviceFlow.Look.Refused refused ->
                        throw refused(
                                operation.knowing(refused.flow().inFlight()),
                                integration,
                                refused.flow().requester(),
                                refused.flow().wantedName(),
                                refused.why());
                });
    }

    private ObjectNode connected(Provider provider, Integration integration, DeviceFlow.Look.Connected connected) {
        String name = connected.connection().name();
        ends.connected(integration, connected.requester(), name);
        return Json.MAPPER
                .createObjectNode()
                .put("status", "connected")
                .put("connectionId", name)
                .put("providerConfigKey", integration.uniqueKey());
    }

    private Operation operation(Integration integration) {
        return Operation.of(logs.newOperation(), LogEntry.Type.CONNECT, integration);
    }

    private ApiError refused(
            Operation operation,
            Integration integration,
            AuthorizationFlow.Requester requester,
            Optional<String> wantedName,
            FlowRefusedException why) {
        ends.failed(operation, integration, requester, wantedName, why.code(), why.text());
        return ApiError.of(400, why.code(), why.text());
    }
}
