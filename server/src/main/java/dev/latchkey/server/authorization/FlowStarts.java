package dev.latchkey.server.authorization;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.AuthorizationFlow;
import dev.latchkey.server.connect.ConnectSession;
import dev.latchkey.server.connect.ConnectionClient;
import dev.latchkey.server.connect.FlowStart;
import dev.latchkey.server.connect.NewConnections;
import dev.latchkey.server.connect.ReplyTo;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.secrets.Secret;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads the values of every flow's URL: typed values, overrides, and the session's presets, which take precedence. */
public final class FlowStarts {
    /** {@code popup}, which closes itself, or {@code page}: the flow replaces the page that began it. */
    static final String DISPLAY = "display";

    private static final String SCOPES = "oauth_scopes_override";

    private FlowStarts() {}

    public record Fields(FlowStart start, List<ConfigFields.Problem> problems) {}

    /**
     * @param credentialFields fields that the credentials hold themselves: checked, and not stored twice
     * @param typedSecrets secret fields, from the body: a secret has no place in a URL
     * @param ownPage where {@code display=page} leads at the end, if the session names no page
     */
    public static Fields read(
            Query query,
            ConnectSession session,
            Integration integration,
            Provider provider,
            List<String> credentialFields,
            Map<String, String> typedSecrets,
            String ownPage) {
        requireUnspent(session, integration);
        query.text("connect_session_token");
        query.text("public_key");
        query.text("hmac");
        JsonNode preset = session.presets().all(integration.uniqueKey());
        Map<String, String> typed = typed(query, provider);
        typed.putAll(typedSecrets);
        Map<String, String> presets = session.presets().values(integration.uniqueKey());
        Stream.concat(
                        ConfigFields.notTyped(provider, typed.keySet()).stream(),
                        ConfigFields.notPreset(provider, presets.keySet()).stream())
                .forEach(problem -> query.problem(
                        "custom", "'" + problem.field() + "' " + problem.message(), "params[" + problem.field() + "]"));
        ConfigFields.notTyped(provider, typed.keySet()).forEach(problem -> typed.remove(problem.field()));
        typed.putAll(presets);
        ConfigFields.notPreset(provider, presets.keySet()).forEach(problem -> typed.remove(problem.field()));
        Optional<String> scopes = Optional.ofNullable(typed.remove(SCOPES));
        Map<String, String> overrides = query.group("credentials");
        Optional<String> clientId = Optional.ofNullable(typed.get(ConfigFields.CLIENT_ID))
                .or(() -> Optional.ofNullable(overrides.get(ConfigFields.CLIENT_ID)));
        // It is part of the credentials.
        Optional<String> clientSecret = Optional.ofNullable(typed.remove(ConfigFields.CLIENT_SECRET))
                .or(() -> Optional.ofNullable(overrides.get(ConfigFields.CLIENT_SECRET)));
        ConfigFields.Accepted accepted = ConfigFields.accept(provider, typed, true);
        Map<String, Secret> secrets = new HashMap<>(accepted.secrets());
        credentialFields.forEach(secrets::remove);
        ObjectNode config = accepted.config();
        addLoose(session.presets().loose(integration.uniqueKey()), provider, config);
        credentialFields.forEach(config::remove);
        Optional<String> userScopes = text(preset, "user_scopes").or(() -> query.text("user_scope"));
        requested(config, scopes, userScopes);
        Map<String, String> authorizationParams = new HashMap<>(query.group("authorization_params"));
        authorizationParams.putAll(texts(preset.path("authorization_params")));
        FlowStart start = new FlowStart(
                config,
                secrets,
                new FlowStart.Requested(scopes.map(Integration::scopes), userScopes, authorizationParams),
                new ConnectionClient(clientId, clientSecret.map(Secret::new)),
                AuthorizationFlow.Requester.of(session),
                session.connectionName(),
                replyTo(query, session, ownPage));
        query.text("user_scope");
        return new Fields(start, accepted.problems());
    }

    /** Where webhooks go is the backend's decision, not the browser's: Nango drops it, too. */
    private static Map<String, String> typed(Query query, Provider provider) {
        Map<String, String> typed = new HashMap<>(provider.nango().ours(query.group("params")));
        if (!provider.fields().containsKey("webhook_url")) {
            typed.remove("webhook_url");
        }
        return typed;
    }

    /** The requested scopes are part of the connection's config, as at Nango, where backends read them. */
    private static void requested(ObjectNode config, Optional<String> scopes, Optional<String> userScopes) {
        scopes.ifPresent(list -> {
            ArrayNode all = config.putArray("oauth_scopes_override");
            Stream.of(list.split(",")).map(String::strip).forEach(all::add);
        });
        userScopes.ifPresent(list -> config.put("user_scope", list));
    }

    /** As the product gave them: a number stays a number. */
    private static void addLoose(ObjectNode loose, Provider provider, ObjectNode config) {
        loose.properties().forEach(entry -> {
            boolean isText = provider.fields().containsKey(entry.getKey())
                    || entry.getKey().equals(SCOPES)
                    || ConfigFields.isSecret(provider, entry.getKey());
            if (!isText) {
                config.set(entry.getKey(), entry.getValue());
            }
        });
    }

    /** @throws ApiError when the session has made as many connections as it may */
    private static void requireUnspent(ConnectSession session, Integration integration) {
        if (session.isSpent(integration.uniqueKey())) {
            throw ApiError.of(400, "resource_capped", NewConnections.SPENT);
        }
    }

    private static ReplyTo replyTo(Query query, ConnectSession session, String ownPage) {
        Optional<String> display = query.text(DISPLAY);
        return new ReplyTo(
                query.text("ws_client_id")
                        .filter(id -> ResultSockets.ID.matcher(id).matches()),
                session.returnUrl().or(() -> display.filter("page"::equals).map(page -> ownPage)));
    }

    private static Map<String, String> texts(JsonNode object) {
        Map<String, String> found = new HashMap<>();
        object.properties()
                .forEach(entry -> found.put(entry.getKey(), entry.getValue().asString()));
        return found;
    }

    private static Optional<String> text(JsonNode json, String name) {
        return Optional.ofNullable(json.get(name)).filter(JsonNode::isString).map(JsonNode::asString);
    }
}
