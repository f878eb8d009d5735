package dev.latchkey.catalogue.nango;

import static dev.latchkey.catalogue.nango.NangoCatalogue.map;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One entry of Nango's catalogue on its way to a definition. */
final class NangoEntry {
    private static final Pattern REFERENCE = Pattern.compile("(config|secret)\\.(\\w+)");
    /** Keys that are read here, or that a definition need not express. All others are reported as missing. */
    private static final Set<String> READ = Set.of(
            "alias",
            "alternate_access_token_response_path",
            "auth_mode",
            "authorization_code_param_in_callback",
            "authorization_method",
            "authorization_params",
            "authorization_url",
            "authorization_url_fragment",
            "authorization_url_skip_empty",
            "body_format",
            "categories",
            "client_registration",
            "connection_config",
            "credentials",
            "default_scopes",
            "disable_pkce",
            "display_name",
            "docs",
            "docs_connect",
            "expires_in_unit",
            "proxy",
            "redirect_uri_metadata",
            "refresh_params",
            "refresh_url",
            "request_params",
            "request_url",
            "scope_separator",
            "setup_guide_url",
            "signature_method",
            "token_expiration_buffer",
            "token_expires_in_ms",
            "token_headers",
            "token_params",
            "token_request_auth_method",
            "token_request_method",
            "token_response",
            "token_response_metadata",
            "token_url");
    /** Found by discovery. */
    private static final Set<String> DISCOVERED = Set.of("registration_url", "registration_params");

    private static final Set<String> READ_OF_PROXY =
            Set.of("base_url", "body", "decompress", "headers", "paginate", "query", "retry", "verification");

    private final String id;
    private final Map<String, Object> entry;
    private final String mode;
    private final NangoTemplate templates;
    private final List<String> missing = new ArrayList<>();

    NangoEntry(String id, Map<String, Object> entry) {
        this.id = id;
        this.entry = entry;
        this.mode = String.valueOf(entry.getOrDefault("auth_mode", ""));
        boolean app = Set.of("OAUTH2", "OAUTH1", "TBA", "MCP_OAUTH2", "MCP_OAUTH2_GENERIC")
                .contains(mode);
        this.templates = new NangoTemplate(
                app ? Set.of("clientId", "clientSecret") : Set.of(),
                map(entry.get("connection_config")).keySet());
    }

    List<String> missing() {
        return List.copyOf(missing);
    }

    /** Empty where its kind cannot be expressed; {@link #missing} says why. */
    Optional<Map<String, Object>> convert() {
        Optional<Map<String, Object>> auth = auth();
        if (auth.isEmpty()) {
            missing.clear();
            missing.add("the kind " + mode + " is not converted");
            return Optional.empty();
        }
        boolean discovers = mode.startsWith("MCP");
        entry.keySet().stream()
                .filter(name -> !READ.contains(name) && !(discovers && DISCOVERED.contains(name)))
                .forEach(missing::add);
        map(entry.get("proxy")).keySet().stream()
                .filter(name -> !READ_OF_PROXY.contains(name))
                .forEach(name -> missing.add("proxy." + name));
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("id", id);
        tree.put("name", text("display_name").orElse(id));
        tree.put("tags", entry.getOrDefault("categories", List.of()));
        tree.put(
                "api_docs",
                text("docs").filter(url -> url.startsWith("https://")).orElse("https://example.com/"));
        tree.put("fields", Map.of());
        tree.put("auth", auth.get());
        tree.put("api", api());
        tree.put("verify", verify());
        tree.put("fields", fields(tree));
        return Optional.of(tree);
    }

    private Optional<Map<String, Object>> auth() {
        Map<String, Object> auth = new LinkedHashMap<>();
        switch (mode) {
            case "OAUTH2" -> code(auth);
            case "OAUTH2_CC" -> {
                auth.put("kind", "oauth2_client");
                client(auth);
                put(auth, "exchange", call("token_url", "token_params", "client_credentials"));
                scopes(auth);
                token(auth);
            }
            case "OAUTH1" -> {
                auth.put("kind", "oauth1");
                auth.put("request", call("request_url", "request_params", ""));
                auth.put("authorize", authorize());
                auth.put("access", call("token_url", "token_params", ""));
                text("signature_method").ifPresent(method -> auth.put("signature", method));
            }
            case "API_KEY" -> auth.put("kind", "api_key");
            case "BASIC" -> auth.put("kind", "basic");
            case "NONE" -> auth.put("kind", "none");
            case "TWO_STEP" -> exchange(auth);
            case "TBA" -> {
                auth.put("kind", "oauth1_static");
                auth.put("signature", "HMAC-SHA256");
                missing.add("the realm");
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
        if (Boolean.TRUE.equals(entry.get("disable_pkce"))) {
            auth.put("pkce", false);
        }
        client(auth);
        auth.put("exchange", call("token_url", "token_params", "authorization_code"));
        Map<String, Object> refresh = new LinkedHashMap<>();
        Map<String, Object> more = params(map(entry.get("refresh_params")), "refresh_token");
        text("refresh_url")
                .or(() -> more.isEmpty() ? Optional.empty() : text("token_url"))
                .ifPresent(url -> {
                    refresh.put("url", templates.convert(url));
                    put(refresh, "params", more);
                });
        put(auth, "refresh", refresh);
        token(auth);
        Map<String, Object> learn = new LinkedHashMap<>();
        list("token_response_metadata").forEach(path -> learn.put("config." + path.replace('.', '_'), "token." + path));
        put(auth, "learn", learn);
    }

    private Map<String, Object> authorize() {
        Map<String, Object> authorize = new LinkedHashMap<>();
        text("authorization_url").ifPresent(url -> authorize.put("url", templates.convert(url)));
        Map<String, Object> params = params(map(entry.get("authorization_params")), "");
        params.remove("response_type");
        put(authorize, "params", params);
        scopes(authorize);
        text("authorization_url_fragment").ifPresent(value -> authorize.put("fragment", value));
        text("authorization_code_param_in_callback").ifPresent(value -> authorize.put("code_param", value));
        return authorize;
    }

    private void scopes(Map<String, Object> into) {
        Map<String, Object> scope = new LinkedHashMap<>();
        text("scope_separator").ifPresent(join -> scope.put("join", join));
        if (!list("default_scopes").isEmpty()) {
            scope.put("default", list("default_scopes"));
        }
        put(into, "scope", scope);
    }

    private void client(Map<String, Object> auth) {
        String method = text("token_request_auth_method")
                .or(() -> text("authorization_method"))
                .orElse("");
        switch (method) {
            case "", "body" -> {}
            case "basic", "header" -> auth.put("client_auth", "basic");
            case "private_key_jwt" -> auth.put("client_auth", "private_key_jwt");
            case "custom" -> missing.add("a token request of the reference's own code");
            default -> missing.add("client authentication " + method);
        }
    }

    private Map<String, Object> call(String url, String params, String grant) {
        Map<String, Object> call = new LinkedHashMap<>();
        // Of several addresses by scheme, the first is taken.
        Object address = entry.get(url);
        Object first = address instanceof Map<?, ?> several && !several.isEmpty()
                ? several.values().iterator().next()
                : address;
        if (first != null) {
            call.put("url", templates.convert(String.valueOf(first)));
        }
        put(call, "params", params(map(entry.get(params)), grant));
        put(call, "headers", params(map(entry.get("token_headers")), ""));
        text("body_format").filter(Set.of("form", "json", "query")::contains).ifPresent(body -> call.put("body", body));
        return call;
    }

    /** @param grant the default grant type */
    private Map<String, Object> params(Map<String, Object> given, String grant) {
        Map<String, Object> params = new LinkedHashMap<>();
        given.forEach((name, value) -> {
            if (value instanceof Map<?, ?> || value instanceof List<?>) {
                missing.add("the nested parameter " + name);
            } else if (value != null && !(name.equals("grant_type") && value.equals(grant))) {
                params.put(name, templates.convert(String.valueOf(value)));
            }
        });
        return params;
    }

    private void exchange(Map<String, Object> auth) {
        auth.put("kind", "exchange");
        Map<String, Object> step = call("token_url", "token_params", "");
        step.putIfAbsent("body", "json");
        String method = text("token_request_method").orElse("POST");
        step.put("id", "token");
        step.put("method", method.toUpperCase(Locale.ROOT));
        if (step.get("body").equals("xml")) {
            missing.add("the XML body");
            step.put("body", "json");
        }
        auth.put("steps", List.of(step));
        token(auth);
    }

    private void token(Map<String, Object> auth) {
        Map<String, Object> token = new LinkedHashMap<>();
        Map<String, Object> response = map(entry.get("token_response"));
        path(response.get("token")).ifPresent(path -> token.put("access", path));
        path(response.get("refresh_token")).ifPresent(path -> token.put("refresh", path));
        path(response.get("token_expiration"))
                .ifPresent(path -> token.put(
                        "expireIn".equals(response.get("token_expiration_strategy")) ? "expires_in" : "expires_at",
                        path));
        text("alternate_access_token_response_path")
                .ifPresent(path -> token.put("access", List.of("access_token", path)));
        Optional.ofNullable(entry.get("token_expires_in_ms"))
                .map(String::valueOf)
                .filter(value -> value.matches("\\d{4,15}"))
                .ifPresent(value -> token.put("ttl", Long.parseLong(value) / 1000 + "s"));
        text("expires_in_unit").filter(unit -> unit.startsWith("millis")).ifPresent(unit -> token.put("unit", "ms"));
        put(auth, "token", token);
        Optional.ofNullable(entry.get("token_expiration_buffer"))
                .map(String::valueOf)
                .filter(value -> value.matches("\\d+"))
                .ifPresent(value -> auth.put("expiry", Map.of("buffer", value + "s")));
    }

    private static Optional<String> path(@org.jspecify.annotations.Nullable Object value) {
        return Optional.ofNullable(value).map(String::valueOf).filter(text -> !text.isEmpty());
    }

    private void mcp(Map<String, Object> auth) {
        String registration = text("client_registration").orElse("dynamic");
        auth.put("kind", "mcp");
        auth.put(
                "server",
                templates.convert(text("base_url", map(entry.get("proxy")))
                        .or(() -> text("authorization_url"))
                        .orElse("")));
        auth.put(
                "registration",
                Set.of("dynamic", "static", "metadata_url").contains(registration) ? registration : "dynamic");
        if (registration.equals("static") && entry.containsKey("token_url")) {
            Map<String, Object> known = new LinkedHashMap<>();
            code(known);
            known.remove("kind");
            auth.put("known", known);
        }
    }

    private Map<String, Object> api() {
        Map<String, Object> proxy = map(entry.get("proxy"));
        Map<String, Object> api = new LinkedHashMap<>();
        text("base_url", proxy).ifPresent(url -> api.put("base", templates.convert(url)));
        put(api, "headers", params(map(proxy.get("headers")), ""));
        put(api, "query", params(map(proxy.get("query")), ""));
        put(api, "body", params(map(proxy.get("body")), ""));
        Map<String, Object> retry = map(proxy.get("retry"));
        Map<String, Object> again = new LinkedHashMap<>();
        text("after", retry).ifPresent(header -> again.put("after", List.of(header)));
        text("at", retry).ifPresent(header -> again.put("at", List.of(header)));
        text("remaining", retry).ifPresent(header -> again.put("remaining", header));
        if (retry.get("error_code") instanceof List<?> codes) {
            again.put("on", codes.stream().map(String::valueOf).toList());
        }
        if (retry.containsKey("in_body")) {
            missing.add("the wait that a body names");
        }
        put(api, "retry", again);
        put(api, "page", page(map(proxy.get("paginate"))));
        return api;
    }

    private static Map<String, Object> page(Map<String, Object> given) {
        Map<String, Object> page = new LinkedHashMap<>();
        switch (String.valueOf(given.get("type"))) {
            case "cursor" ->
                page.put(
                        "cursor",
                        Map.of(
                                "from", String.valueOf(given.get("cursor_path_in_response")),
                                "to", String.valueOf(given.get("cursor_name_in_request"))));
            case "link" ->
                page.put(
                        "link",
                        given.containsKey("link_rel_in_response_header")
                                ? Map.of("rel", String.valueOf(given.get("link_rel_in_response_header")))
                                : Map.of("from", String.valueOf(given.get("link_path_in_response_body"))));
            case "offset" ->
                page.put(
                        "offset", Map.of("to", String.valueOf(given.getOrDefault("offset_name_in_request", "offset"))));
            default -> {
                return page;
            }
        }
        text("limit_name_in_request", given).ifPresent(name -> page.put("limit", name));
        text("response_path", given).ifPresent(path -> page.put("items", path));
        return page;
    }

    private Object verify() {
        Map<String, Object> probe = map(map(entry.get("proxy")).get("verification"));
        List<Map<String, Object>> calls = new ArrayList<>();
        Object endpoints = probe.containsKey("endpoints") ? probe.get("endpoints") : probe.get("endpoint");
        List<String> paths = endpoints instanceof List<?> several
                ? several.stream().map(String::valueOf).toList()
                : endpoints == null ? List.of() : List.of(String.valueOf(endpoints));
        for (String path : paths) {
            Map<String, Object> call = new LinkedHashMap<>();
            String slash = path.startsWith("/") || path.contains("://") || path.startsWith("$") ? "" : "/";
            Object target = templates.convert(text("base_url_override", probe).orElse("") + slash + path);
            call.put(
                    "call",
                    text("method", probe).orElse("GET").toUpperCase(Locale.ROOT) + " "
                            + (target instanceof List<?> several ? several.getFirst() : target));
            put(call, "headers", params(map(probe.get("headers")), ""));
            Map<String, Object> data = params(map(probe.get("data")), "");
            put(call, "json", data);
            calls.add(call);
        }
        return calls.isEmpty() ? "none" : Map.of("calls", calls);
    }

    /** Declared fields, and those that templates refer to without a declaration. */
    private Map<String, Object> fields(Map<String, Object> tree) {
        Map<String, Object> fields = new LinkedHashMap<>();
        map(entry.get("connection_config"))
                .forEach((name, spec) -> fields.put(name, field(name, map(spec), "connection")));
        list("redirect_uri_metadata")
                .forEach(name -> fields.putIfAbsent(
                        name, Map.of("scope", "connection", "from", "callback." + name, "exposed", "true")));
        Map<String, Object> credentials = map(entry.get("credentials"));
        boolean pair = mode.startsWith("OAUTH2");
        credentials.forEach((name, spec) -> {
            if (!(pair
                    && Set.of("client_id", "client_secret", "clientId", "clientSecret")
                            .contains(name))) {
                fields.putIfAbsent(name, field(name, map(spec), "secret"));
            }
        });
        Set<String> learned = new TreeSet<>();
        if (tree.get("auth") instanceof Map<?, ?> auth && auth.get("learn") instanceof Map<?, ?> learn) {
            learn.keySet().forEach(name -> learned.add(String.valueOf(name).replaceFirst("^config\\.", "")));
        }
        if (mode.equals("BASIC")) {
            List.of("username", "password").forEach(name -> fields.putIfAbsent(name, field(name, Map.of(), "secret")));
        }
        Matcher used = REFERENCE.matcher(String.valueOf(tree));
        while (used.find()) {
            String scope = used.group(1).equals("config") ? "connection" : "secret";
            if (!learned.contains(used.group(2))) {
                fields.putIfAbsent(used.group(2), Map.of("scope", scope, "exposed", "true"));
            }
        }
        learned.forEach(fields::remove);
        return fields;
    }

    private Map<String, Object> field(String name, Map<String, Object> spec, String scope) {
        Map<String, Object> field = new LinkedHashMap<>();
        field.put("scope", scope);
        field.put("exposed", "true");
        for (String key : List.of("title", "description", "prefix", "suffix", "example")) {
            text(key, spec).ifPresent(value -> field.put(key, value));
        }
        text("pattern", spec).ifPresent(pattern -> {
            if (NangoCatalogue.isPattern(pattern)) {
                field.put("check", pattern);
            } else {
                missing.add("the pattern of " + name + ", which is not of linear time");
            }
        });
        if (spec.get("enum") instanceof List<?> choices) {
            field.put("choices", choices.stream().map(String::valueOf).toList());
        }
        if (Boolean.TRUE.equals(spec.get("automated"))) {
            if (list("redirect_uri_metadata").contains(name)) {
                field.put("from", "callback." + name);
            } else {
                field.put("required", "false");
            }
        } else {
            text("default_value", spec).ifPresent(value -> field.put("default", value));
            if (Boolean.TRUE.equals(spec.get("optional"))) {
                field.put("required", "false");
            }
        }
        return field;
    }

    private Optional<String> text(String name) {
        return text(name, entry);
    }

    private static Optional<String> text(String name, Map<String, Object> in) {
        Object value = in.get(name);
        return value == null || value instanceof Map<?, ?> || value instanceof List<?>
                ? Optional.empty()
                : Optional.of(String.valueOf(value));
    }

    private List<String> list(String name) {
        return entry.get(name) instanceof List<?> several
                ? several.stream().map(String::valueOf).toList()
                : List.of();
    }

    private static void put(Map<String, Object> into, String name, Map<String, Object> value) {
        if (!value.isEmpty()) {
            into.put(name, value);
        }
    }
}
