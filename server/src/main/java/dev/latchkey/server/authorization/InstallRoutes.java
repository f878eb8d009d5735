package dev.latchkey.server.authorization;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.BrowserFlows;
import dev.latchkey.server.connect.FlowEnds;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connect.FlowRefusedException;
import dev.latchkey.server.connect.FlowResult;
import dev.latchkey.server.connect.FlowStart;
import dev.latchkey.server.connect.InstallLinks;
import dev.latchkey.server.connectui.FlowCookie;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.ClientConnections;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationKeys;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.logs.Operation;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.net.URI;
import java.util.Optional;

/** The link that a vendor's marketplace leads to: {@code /oauth/install/{environment}/{key}} ({@link InstallLinks}). */
final class InstallRoutes {
    private final Environments environments;
    private final Integrations integrations;
    private final FlowProviders providers;
    private final InstallLinks links;
    private final BrowserFlows browserFlows;
    private final FlowEnds ends;
    private final Logs logs;
    private final FlowReplies replies;
    private final FlowCookie cookie;
    private final URI publicUrl;

    InstallRoutes(AuthorizationParts.Shared shared, FlowParts flows, FlowCookie cookie) {
        this.environments = shared.environments();
        this.integrations = shared.integrations();
        this.providers = shared.providers();
        this.replies = shared.replies();
        this.publicUrl = shared.publicUrl();
        this.links = flows.installLinks;
        this.browserFlows = flows.browser;
        this.ends = flows.ends;
        this.logs = flows.logs;
        this.cookie = cookie;
    }

    void register(HttpRules routing) {
        routing.get("/oauth/install/{environment}/{key}", this::begin);
    }

    private void begin(ServerRequest request, ServerResponse response) {
        if (ClientConnections.current().headOnly()) {
            FlowPages.head(response);
            return;
        }
        String key = request.path().pathParameters().get("key");
        Optional<Environment> environment =
                Ids.parse(request.path().pathParameters().get("environment")).flatMap(environments::byId);
        Optional<Integration> found =
                environment.filter(it -> IntegrationKeys.isAllowed(key)).flatMap(it -> integrations.find(it.id(), key));
        try {
            Integration integration = found.orElseThrow(() ->
                    new FlowRefusedException(SessionIntegrations.UNKNOWN, "There is no integration with this key."));
            SessionIntegrations.requireRunning(environment.orElseThrow(), integration);
            Provider provider = providers.of(integration);
            FlowStart start = links.start(provider, integration, CallbackRoutes.inQuery(request));
            String browser = cookie.of(request);
            URI address = begun(
                    provider,
                    integration,
                    start,
                    browser,
                    ClientMetadata.redirectUri(environment.orElseThrow(), publicUrl));
            response.headers().addCookie(cookie.holding(browser));
            response.header(HeaderNames.CACHE_CONTROL, "no-store");
            response.header(HeaderNames.create("Referrer-Policy"), "no-referrer");
            response.status(Status.FOUND_302);
            response.header(HeaderNames.LOCATION, address.toString());
            response.send();
        } catch (ApiError e) {
            replies.refuse(request, response, e, key, providers.name(found, key), Optional.empty());
        } catch (FlowRefusedException e) {
            replies.end(
                    request,
                    response,
                    new FlowResult.Refused(
                            key,
                            providers.name(found, key),
                            Optional.empty(),
                            e.code(),
                            e.text(),
                            Optional.empty(),
                            Optional.empty()));
        }
    }

    private URI begun(Provider provider, Integration integration, FlowStart start, String browser, URI redirectUri) {
        Operation operation = Operation.of(logs.newOperation(), LogEntry.Type.CONNECT, integration);
        try {
            URI address = logs.during(
                    operation, () -> browserFlows.begin(provider, integration, start, browser, redirectUri));
            logs.record(operation, LogEntry.State.DONE, "Begun at the provider; sent the user to " + address.getHost());
            return address;
        } catch (FlowRefusedException e) {
            ends.failed(operation, integration, start.requester(), start.wantedName(), e.code(), e.text());
            throw e;
        }
    }
}
