package dev.latchkey.catalogue.nango;

import static dev.latchkey.catalogue.nango.NangoCatalogue.map;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** How an entry of Nango's catalogue is authenticated, as a definition writes it. */
final class NangoAuth {
    /** The only field that a realm is made of there. */
    private static final String ACCOUNT = "accountId";

    private final NangoValues values;

    NangoAuth(NangoValues values) {
        this.values = values;
    }

    /** The {@code auth} block; empty where the kind cannot be expressed. */
    Optional<Map<String, Object>> convert() {
        Map<String, Object> auth = new LinkedHashMap<>();
        switch (values.mode) {
            case "OAUTH2" -> code(auth);
            case "OAUTH2_CC" -> {
                auth.put("kind", "oauth2_client");
                client(auth);
                NangoValues.put(auth, "exchange", call("token_url", "token_params", "client_credentials"));
                scopes(auth);
                token(auth);
            }
            case "OAUTH1" -> {
                auth.put("kind", "oauth1");
                auth.put("request", call("request_url", "request_params", ""));
                auth.put("authorize", authorize());
                auth.put("access", call("token_url", "token_params", ""));
                values.text("signature_method").ifPresent(method -> auth.put("signature", method));
            }
            case "API_KEY" -> auth.put("kind", "api_key");
            case "BASIC" -> auth.put("kind", "basic");
            case "NONE" -> auth.put("kind", "none");
            case "TWO_STEP" -> exchange(auth);
            case "TBA" -> {
                auth.put("kind", "oauth1_static");
                auth.put("signature", "HMAC-SHA256");
                if (map(values.entry.get("connection_config")).containsKey(ACCOUNT)) {
                    auth.put("realm", "${replace(upper(config." + ACCOUNT + "), '-', '_')}");
                } else {
                    values.missing.add("the realm");
                }
            }
            case "SIGNATURE" -> {
                if (!"WSSE".equals(map(values.entry.get("signature")).get("protocol"))) {
                    return Optional.empty();
                }
                auth.put("kind", "signed_token");
                auth.put("alg", "WSSE");
                auth.put("key", "${secret.password}");
                String lifetime = String.valueOf(map(values.entry.get("token")).get("expires_in_ms"));
                auth.put("lifetime", lifetime.matches("\\d{4,15}") ? Long.parseLong(lifetime) / 1000 + "s" : "5m");
            }
            case "MCP_OAUTH2" -> mcp(auth);
            case "MCP_OAUTH2_GENERIC" -> {
                auth.put("kind", "mcp");
                auth.put("server", "${config.mcp_server_url}");
                auth.put("registration", "discover");
            }
            default -> {
                return Optional.empty();
            }
        }
        return Optional.of(auth);
    }

    private void code(Map<String, Object> auth) {
        auth.put("kind", "oauth2_code");
        auth.put("authorize", authorize());
        if (Boolean.TRUE.equals(values.entry.get("disable_pkce"))) {
            auth.put("pkce", false);
        }
        client(auth);
        auth.put("exchange", call("token_url", "token_params", "authorization_code"));
        Map<String, Object> refresh = new LinkedHashMap<>();
        Map<String, Object> more = values.params(map(values.entry.get("refresh_params")), "refresh_token");
        values.text("refresh_url")
                .or(() -> more.isEmpty() ? Optional.empty() : values.text("token_url"))
                .ifPresent(url -> {
                    refresh.put("url", values.templates.convert(url));
                    NangoValues.put(refresh, "params", more);
                });
        NangoValues.put(auth, "refresh", refresh);
        token(auth);
        Map<String, Object> learn = new LinkedHashMap<>();
        values.list("token_response_metadata")
                .forEach(path -> learn.put("config." + path.replace('.', '_'), "token." + path));
        NangoValues.put(auth, "learn", learn);
    }

    private Map<String, Object> authorize() {
        Map<String, Object> authorize = new LinkedHashMap<>();
        values.text("authorization_url").ifPresent(url -> authorize.put("url", values.templates.convert(url)));
        Map<String, Object> params = values.params(map(values.entry.get("authorization_params")), "");
        params.remove("response_type");
        NangoValues.put(authorize, "params", params);
        scopes(authorize);
        values.text("authorization_url_fragment").ifPresent(value -> authorize.put("fragment", value));
        values.text("authorization_code_param_in_callback").ifPresent(value -> authorize.put("code_param", value));
        return authorize;
    }

    private void scopes(Map<String, Object> into) {
        Map<String, Object> scope = new LinkedHashMap<>();
        values.text("scope_separator").ifPresent(join -> scope.put("join", join));
        if (!values.list("default_scopes").isEmpty()) {
            scope.put("always", values.list("default_scopes"));
        }
        NangoValues.put(into, "scope", scope);
    }

    private void client(Map<String, Object> auth) {
        String method = values.text("token_request_auth_method")
                .or(() -> values.text("authorization_method"))
                .orElse("");
        switch (method) {
            case "", "body" -> {}
            case "basic", "header" -> auth.put("client_auth", "basic");
            case "private_key_jwt" -> auth.put("client_auth", "private_key_jwt");
            case "custom" -> values.missing.add("a token request of the reference's own code");
            default -> values.missing.add("client authentication " + method);
        }
    }

    private Map<String, Object> call(String url, String params, String grant) {
        Map<String, Object> call = new LinkedHashMap<>();
        // Of several addresses by scheme, the first is taken.
        Object address = values.entry.get(url);
        Object first = address instanceof Map<?, ?> several && !several.isEmpty()
                ? several.values().iterator().next()
                : address;
        if (first != null) {
            call.put("url", values.templates.convert(String.valueOf(first)));
        }
        NangoValues.put(call, "params", values.params(map(values.entry.get(params)), grant));
        NangoValues.put(call, "headers", values.params(map(values.entry.get("token_headers")), ""));
        values.text("body_format")
                .filter(Set.of("form", "json", "query")::contains)
                .ifPresent(body -> call.put("body", body));
        return call;
    }

    private void exchange(Map<String, Object> auth) {
        auth.put("kind", "exchange");
        Map<String, Object> step = call("token_url", "token_params", "");
        step.putIfAbsent("body", "json");
        String method = values.text("token_request_method").orElse("POST");
        step.put("id", "token");
        step.put("method", method.toUpperCase(Locale.ROOT));
        if (step.get("body").equals("xml")) {
            values.missing.add("the XML body");
            step.put("body", "json");
        }
        auth.put("steps", List.of(step));
        token(auth);
    }

    private void token(Map<String, Object> auth) {
        Map<String, Object> token = new LinkedHashMap<>();
        Map<String, Object> response = map(values.entry.get("token_response"));
        path(response.get("token")).ifPresent(path -> token.put("access", path));
        path(response.get("refresh_token")).ifPresent(path -> token.put("refresh", path));
        path(response.get("token_expiration"))
                .ifPresent(path -> token.put(
                        "expireIn".equals(response.get("token_expiration_strategy")) ? "expires_in" : "expires_at",
                        path));
        values.text("alternate_access_token_response_path")
                .ifPresent(path -> token.put("access", List.of("access_token", path)));
        Optional.ofNullable(values.entry.get("token_expires_in_ms"))
                .map(String::valueOf)
                .filter(value -> value.matches("\\d{4,15}"))
                .ifPresent(value -> token.put("ttl", Long.parseLong(value) / 1000 + "s"));
        values.text("expires_in_unit")
                .filter(unit -> unit.startsWith("millis"))
                .ifPresent(unit -> token.put("unit", "ms"));
        NangoValues.put(auth, "token", token);
        Optional.ofNullable(values.entry.get("token_expiration_buffer"))
                .map(String::valueOf)
                .filter(value -> value.matches("\\d+"))
                .ifPresent(value -> auth.put("expiry", Map.of("buffer", value + "s")));
    }

    private static Optional<String> path(@org.jspecify.annotations.Nullable Object value) {
        return Optional.ofNullable(value).map(String::valueOf).filter(text -> !text.isEmpty());
    }

    private void mcp(Map<String, Object> auth) {
        String registration = values.text("client_registration").orElse("dynamic");
        auth.put("kind", "mcp");
        auth.put(
                "server",
                values.templates.convert(NangoValues.text("base_url", map(values.entry.get("proxy")))
                        .or(() -> values.text("authorization_url"))
                        .orElse("")));
        auth.put(
                "registration",
                Set.of("dynamic", "static", "metadata_url").contains(registration) ? registration : "dynamic");
        if (registration.equals("static") && values.entry.containsKey("token_url")) {
            Map<String, Object> known = new LinkedHashMap<>();
            code(known);
            known.remove("kind");
            auth.put("known", known);
        }
    }
}
