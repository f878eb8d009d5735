package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.BoundedBody;
import dev.latchkey.server.http.Responses;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationKeys;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.storage.DatabaseFailures;
import dev.latchkey.server.webhooks.inbound.Incoming;
import dev.latchkey.server.webhooks.inbound.IncomingRequest;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /webhook/{environment}/{key}}: where providers send webhooks. It needs no key; the request itself proves its sender. */
public final class IncomingRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(IncomingRoutes.class);
    private static final String PATH = "/webhook/{environment}/{key}";

    private final Predicate<UUID> isEnvironment;
    private final Integrations integrations;
    private final Providers providers;
    private final Incoming incoming;
    private final URI publicUrl;

    public IncomingRoutes(
            Predicate<UUID> isEnvironment,
            Integrations integrations,
            Providers providers,
            Incoming incoming,
            URI publicUrl) {
        this.isEnvironment = isEnvironment;
        this.integrations = integrations;
        this.providers = providers;
        this.incoming = incoming;
        this.publicUrl = publicUrl;
    }

    public void register(HttpRules routing) {
        routing.route(Method.POST, PATH, this::receive);
        // Some vendors check the URL by GET, with a value to echo; others by HEAD.
        routing.route(Method.GET, PATH, this::receive);
        routing.route(Method.HEAD, PATH, this::receive);
    }

    private void receive(ServerRequest request, ServerResponse response) {
        try {
            Integration integration = integration(request);
            Provider provider = providers
                    .of(integration)
                    .orElseThrow(() -> ApiError.notFound("The integration's provider has no definition any more."));
            if (request.prologue().method().equals(Method.HEAD)) {
                response.status(Status.OK_200).send();
                return;
            }
            IncomingRequest arrived = read(request);
            boolean get = arrived.method().equals("GET");
            if (get && provider.webhook().isEmpty()) {
                throw ApiError.notFound("Send webhooks by POST.");
            }
            switch (incoming.receive(integration, provider, arrived)) {
                case Incoming.Outcome.Answer answer -> send(response, answer);
                case Incoming.Outcome.Later later -> {
                    LOG.warn(
                            "A webhook for integration {} of environment {} was not decided: {}",
                            integration.uniqueKey(),
                            integration.environment(),
                            later.why());
                    Responses.send(response, ApiError.of(503, "keys_unavailable", later.why()));
                }
                case Incoming.Outcome.Unproven unproven -> {
                    LOG.info(
                            "A webhook for integration {} of environment {} was refused: {}",
                            integration.uniqueKey(),
                            integration.environment(),
                            unproven.why());
                    throw ApiError.of(401, "invalid_webhook_signature", unproven.why());
                }
            }
        } catch (ApiError e) {
            Responses.send(response, e);
        } catch (RuntimeException e) {
            if (DatabaseFailures.isBusyOrAway(e)) {
                Responses.send(response, Responses.BUSY);
                return;
            }
            // Not 200: the vendor sends it again.
            LOG.error("A webhook could not be accepted.", e);
            Responses.send(response, ApiError.of(500, "server_error", "Internal error; send it again."));
        }
    }

    /** @throws ApiError as Nango refuses the path */
    private Integration integration(ServerRequest request) {
        UUID environment = Ids.parse(request.path().pathParameters().get("environment"))
                .orElseThrow(() -> ApiError.invalid(
                        "invalid_uri_params",
                        List.of(new ApiError.Detail("invalid_format", "must be a UUID", List.of("environmentUuid")))));
        String key = request.path().pathParameters().get("key");
        if (!IntegrationKeys.isAllowed(key)) {
            throw ApiError.invalid(
                    "invalid_uri_params",
                    List.of(new ApiError.Detail("invalid_format", IntegrationKeys.RULE, List.of("providerConfigKey"))));
        }
        if (!isEnvironment.test(environment)) {
            throw ApiError.of(404, "unknown_environment", "There is no environment with this id.");
        }
        return integrations
                .find(environment, key)
                .orElseThrow(() -> ApiError.of(404, "unknown_provider_config", "No integration has this webhook URL."));
    }

    private IncomingRequest read(ServerRequest request) {
        Map<String, String> headers = new TreeMap<>();
        request.headers().forEach(header -> headers.put(header.name().toLowerCase(Locale.ROOT), header.get()));
        Map<String, String> query = new TreeMap<>();
        request.query().names().forEach(name -> query.put(name, request.query().get(name)));
        byte[] raw = BoundedBody.read(request, BoundedBody.LARGEST);
        String rawQuery = request.query().rawValue();
        return IncomingRequest.of(
                request.prologue().method().text(),
                publicUrl + request.path().rawPath() + (rawQuery.isEmpty() ? "" : "?" + rawQuery),
                headers,
                query,
                raw);
    }

    private static void send(ServerResponse response, Incoming.Outcome.Answer answer) {
        response.status(Status.create(answer.status()));
        answer.headers().forEach((name, value) -> response.header(HeaderNames.create(name), value));
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
        if (answer.type().isEmpty()) {
            if (answer.status() == Status.NO_CONTENT_204.code()) {
                // Discord demands a type although there is no body.
                response.header(HeaderValues.CONTENT_TYPE_JSON);
            }
            response.send();
        } else {
            response.header(
                    answer.type().equals("application/json")
                            ? HeaderValues.CONTENT_TYPE_JSON
                            : HeaderValues.create(HeaderNames.CONTENT_TYPE, answer.type()));
            response.send(answer.body());
        }
    }
}
