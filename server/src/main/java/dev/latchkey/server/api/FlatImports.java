package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.providers.Providers;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code POST /connection}: Nango's older import, whose credentials stand beside the connection's name, and whose errors name the
 * member that is missing. Makes a body of {@code POST /connections} of it.
 */
final class FlatImports {
    private static final List<String> COMMON =
            List.of("provider_config_key", "connection_id", "metadata", "connection_config", "webhook_url_override");
    private static final Map<String, String> SECRETS = Map.of(
            "OAUTH2", "access_token",
            "OAUTH2_CC", "access_token",
            "OAUTH1", "oauth_token",
            "BASIC", "username",
            "API_KEY", "api_key");

    private static final String SCOPES_OVERRIDE = "oauth_scopes_override";
    private static final String EXPIRES_AT = "expires_at";
    private static final String OWN_CLIENT = "oauth_client_id_override";
    private static final String OWN_SECRET = "oauth_client_secret_override";

    private final Integrations integrations;
    private final Providers providers;

    FlatImports(Integrations integrations, Providers providers) {
        this.integrations = integrations;
        this.providers = providers;
    }

    /** The body as it is where it has {@code credentials}. @throws ApiError as Nango refuses it */
    Body read(Router.Call call) {
        ObjectNode flat = call.body().json();
        if (flat.has("credentials")) {
            return Body.of(flat);
        }
        String key = text(flat, "provider_config_key")
                .orElseThrow(() -> missing("missing_provider_config", "provider_config_key"));
        String mode = mode(flat, kinds(call, key));
        ObjectNode nested = Json.MAPPER.createObjectNode();
        COMMON.forEach(name -> {
            if (flat.has(name) && !flat.get(name).isNull()) {
                nested.set(name, flat.get(name));
            }
        });
        splitScopes(nested);
        ObjectNode credentials = credentials(flat, mode);
        // Nango ignores what it does not know here, and so do the programs that still send it.
        nested.set("credentials", credentials);
        return Body.of(nested);
    }

    /** Here, other than in {@code POST /connections}, they may be joined by commas. */
    private static void splitScopes(ObjectNode nested) {
        if (nested.get("connection_config") instanceof ObjectNode config
                && config.path(SCOPES_OVERRIDE).isString()) {
            List<String> scopes =
                    List.of(config.path(SCOPES_OVERRIDE).asString().split(","));
            config.set(SCOPES_OVERRIDE, Json.MAPPER.valueToTree(scopes));
        }
    }

    /** Of two kinds the one whose secret is there. */
    private static String mode(ObjectNode flat, List<Provider> kinds) {
        List<String> modes =
                kinds.stream().map(one -> one.auth().facts().mode()).toList();
        return modes.stream()
                .filter(mode -> Optional.ofNullable(SECRETS.get(mode))
                        .filter(flat::hasNonNull)
                        .isPresent())
                .findFirst()
                .orElse(modes.getFirst());
    }

    private List<Provider> kinds(Router.Call call, String key) {
        Integration integration = integrations
                .find(call.environmentId(), key)
                .orElseThrow(() -> ApiError.of(
                        400, "unknown_provider_config", "There is no integration with this provider_config_key."));
        List<Provider> kinds = providers.kinds(integration);
        if (kinds.isEmpty()) {
            throw ApiError.of(
                    404,
                    "unknown_provider_template",
                    "The catalogue has no provider '" + integration.provider() + "' any more.");
        }
        return kinds;
    }

    private static ObjectNode credentials(ObjectNode flat, String mode) {
        ObjectNode json = Json.MAPPER.createObjectNode().put("type", mode);
        switch (mode) {
            case "OAUTH2" -> oauth2(flat, json);
            case "OAUTH2_CC" -> {
                json.set("token", required(flat, "access_token", "missing_access_token"));
                copy(flat, EXPIRES_AT, json, EXPIRES_AT);
                copy(flat, OWN_CLIENT, json, "client_id");
                copy(flat, OWN_SECRET, json, "client_secret");
                expiry(flat);
            }
            case "OAUTH1" -> {
                json.set("oauth_token", required(flat, "oauth_token", "missing_oauth_token"));
                json.set("oauth_token_secret", required(flat, "oauth_token_secret", "missing_oauth_token_secret"));
            }
            case "BASIC" -> {
                json.set("username", required(flat, "username", "missing_basic_username"));
                json.put("password", text(flat, "password").orElse(""));
            }
            case "API_KEY" -> json.set("apiKey", required(flat, "api_key", "missing_api_key"));
            case "APP" -> {
                json.set("app_id", required(flat, "app_id", "missing_app_id"));
                json.set("installation_id", required(flat, "installation_id", "missing_installation_id"));
            }
            case "TBA" -> {
                copy(flat, "token_id", json, "token_id");
                copy(flat, "token_secret", json, "token_secret");
                client(flat, json);
            }
            case "NONE" -> {}
            default ->
                throw ApiError.of(
                        400,
                        "unknown_oauth_type",
                        "POST /connection does not take credentials of type " + mode + "; POST /connections does.");
        }
        return json;
    }

    private static void oauth2(ObjectNode flat, ObjectNode json) {
        json.set("access_token", required(flat, "access_token", "missing_access_token"));
        if (text(flat, "refresh_token").isPresent()) {
            copy(flat, "refresh_token", json, "refresh_token");
        }
        copy(flat, "raw", json, "raw");
        client(flat, json);
        boolean lasts = flat.path("no_expiration") == BooleanNode.TRUE;
        if (flat.hasNonNull("expires_in") && !flat.hasNonNull(EXPIRES_AT)) {
            copy(flat, "expires_in", json, "expires_in");
        } else if (flat.hasNonNull(EXPIRES_AT)) {
            expiry(flat);
            copy(flat, EXPIRES_AT, json, EXPIRES_AT);
        } else if (!lasts) {
            throw ApiError.of(
                    400,
                    "missing_expires_at",
                    "'expires_at' is required for an OAuth 2.0 token; send no_expiration: true for one that lasts.");
        }
    }

    private static void client(ObjectNode flat, ObjectNode json) {
        if (flat.hasNonNull(OWN_CLIENT) || flat.hasNonNull(OWN_SECRET)) {
            ObjectNode override = json.putObject("config_override");
            copy(flat, OWN_CLIENT, override, "client_id");
            copy(flat, OWN_SECRET, override, "client_secret");
        }
    }

    private static void expiry(ObjectNode flat) {
        JsonNode at = flat.get(EXPIRES_AT);
        boolean isWrong = at != null
                && !at.isNull()
                && !(at.isNumber() && Moments.ofMillis(at.doubleValue()).isPresent())
                && !(at.isString() && Moments.readAny(at.stringValue()).isPresent());
        if (isWrong) {
            throw ApiError.of(400, "invalid_expires_at", "'expires_at' must be a time such as 2030-01-31T12:00:00Z.");
        }
    }

    private static void copy(ObjectNode from, String name, ObjectNode to, String as) {
        if (from.hasNonNull(name)) {
            to.set(as, from.get(name));
        }
    }

    private static JsonNode required(ObjectNode flat, String name, String code) {
        if (text(flat, name).isEmpty()) {
            throw missing(code, name);
        }
        return flat.get(name);
    }

    private static Optional<String> text(ObjectNode flat, String name) {
        return Optional.ofNullable(flat.get(name))
                .map(value -> value.asString(value.isContainer() ? "?" : ""))
                .filter(text -> !text.isEmpty());
    }

    private static ApiError missing(String code, String name) {
        return ApiError.of(400, code, "'" + name + "' is required.");
    }
}
