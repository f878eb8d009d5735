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
    /** Facts of the code that routes webhooks, which is reported by its own name. */
    private static final Set<String> OF_WEBHOOKS =
            Set.of("webhook_user_defined_secret", "webhook_allowed_query_params");
    /** Read by the kind. */
    private static final Set<String> OF_SIGNATURES = Set.of("signature", "token");
    /** Found by discovery. */
    private static final Set<String> DISCOVERED = Set.of("registration_url", "registration_params");

    /** Each call to the vendor is signed (RFC 5849). */
    private static final Set<String> SIGNED = Set.of("OAUTH1", "TBA");
    /** A token that a vendor has issued is not tried: an expired one is imported for its refresh token. */
    private static final Set<String> NEVER_TRIED = Set.of("OAUTH1", "OAUTH2", "MCP_OAUTH2", "MCP_OAUTH2_GENERIC");

    private static final Set<String> READ_OF_PROXY =
            Set.of("base_url", "body", "decompress", "headers", "paginate", "query", "retry", "verification");

    private final String id;
    private final Map<String, Object> entry;
    private final NangoValues values;

    /** @param settings the connection's values that become the integration's */
    NangoEntry(String id, Map<String, Object> entry, Set<String> settings) {
        this.id = id;
        this.entry = entry;
        this.values = new NangoValues(entry, settings);
        settings.forEach(name -> values.missing.add("a value of each connection for " + name
                + ": it decides where the app's secret is sent, and is a setting of the integration"));
    }

    List<String> missing() {
        return List.copyOf(values.missing);
    }

    /** Empty where its kind cannot be expressed; {@link #missing} says why. */
    Optional<Map<String, Object>> convert() {
        Optional<Map<String, Object>> auth = new NangoAuth(values).convert();
        if (auth.isEmpty()) {
            values.missing.clear();
            values.missing.add("the kind " + values.mode + " is not converted");
            return Optional.empty();
        }
        boolean discovers = values.mode.startsWith("MCP");
        entry.keySet().stream()
                .filter(name -> !READ.contains(name)
                        && !OF_WEBHOOKS.contains(name)
                        && !(values.mode.equals("SIGNATURE") && OF_SIGNATURES.contains(name))
                        && !(discovers && DISCOVERED.contains(name)))
                .forEach(values.missing::add);
        map(entry.get("proxy")).entrySet().stream()
                .filter(one -> !READ_OF_PROXY.contains(one.getKey()) && !saysNothing(one))
                .forEach(one -> values.missing.add("proxy." + one.getKey()));
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("id", id);
        tree.put("name", values.text("display_name").orElse(id));
        tree.put("tags", entry.getOrDefault("categories", List.of()));
        tree.put(
                "api_docs",
                values.text("docs").filter(url -> url.startsWith("https://")).orElse("https://example.com/"));
        tree.put("fields", Map.of());
        tree.put("auth", auth.get());
        tree.put("api", api());
        tree.put("verify", verify());
        tree.put("fields", fields(tree));
        Map<String, Object> names = learnedNames();
        if (!names.isEmpty()) {
            tree.put("nango", Map.of("config", names));
        }
        return Optional.of(tree);
    }

    /** Callers read what is learned under its path in the token's response, which is no name of a field here. */
    private Map<String, Object> learnedNames() {
        Map<String, Object> names = new LinkedHashMap<>();
        values.list("token_response_metadata").stream()
                .filter(path -> path.contains("."))
                .forEach(path -> names.put(path, path.replace('.', '_')));
        return names;
    }

    private Map<String, Object> api() {
        Map<String, Object> proxy = map(entry.get("proxy"));
        Map<String, Object> api = new LinkedHashMap<>();
        NangoValues.text("base_url", proxy).ifPresent(url -> api.put("base", values.templates.convert(url)));
        if (SIGNED.contains(values.mode)) {
            api.put("sign", "oauth1");
        }
        NangoValues.put(api, "headers", values.params(map(proxy.get("headers")), ""));
        NangoValues.put(api, "query", values.params(map(proxy.get("query")), ""));
        NangoValues.put(api, "body", values.params(map(proxy.get("body")), ""));
        Map<String, Object> retry = map(proxy.get("retry"));
        Map<String, Object> again = new LinkedHashMap<>();
        NangoValues.text("after", retry).ifPresent(header -> again.put("after", List.of(header)));
        NangoValues.text("at", retry).ifPresent(header -> again.put("at", List.of(header)));
        NangoValues.text("remaining", retry).ifPresent(header -> again.put("remaining", header));
        if (retry.get("error_code") instanceof List<?> codes) {
            again.put("on", codes.stream().map(String::valueOf).toList());
        }
        if (retry.containsKey("in_body")) {
            values.missing.add("the wait that a body names");
        }
        NangoValues.put(api, "retry", again);
        NangoValues.put(api, "page", page(map(proxy.get("paginate"))));
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
            case "offset" -> page.put("offset", offset(given));
            default -> {
                return page;
            }
        }
        NangoValues.text("limit_name_in_request", given).ifPresent(name -> page.put("limit", name));
        NangoValues.text("response_path", given).ifPresent(path -> page.put("items", path));
        return page;
    }

    private static Map<String, Object> offset(Map<String, Object> given) {
        Map<String, Object> offset = new LinkedHashMap<>();
        offset.put("to", String.valueOf(given.getOrDefault("offset_name_in_request", "offset")));
        boolean pages = "per-page".equals(given.get("offset_calculation_method"));
        if (pages) {
            offset.put("counts", "pages");
        }
        // Nango begins at 0 in both cases.
        String first = String.valueOf(given.getOrDefault("offset_start_value", "0"));
        if (List.of("0", "1").contains(first) && first.equals("1") != pages) {
            offset.put("first", first);
        }
        return offset;
    }

    /** A list of the connection's values by their own names, which every call can use anyway. */
    private static boolean saysNothing(Map.Entry<String, Object> ofProxy) {
        return ofProxy.getKey().equals("connection_config")
                && map(ofProxy.getValue()).entrySet().stream()
                        .allMatch(one -> ("${connectionConfig." + one.getKey() + "}").equals(one.getValue()));
    }

    private Object verify() {
        if (NEVER_TRIED.contains(values.mode)) {
            return "none";
        }
        Map<String, Object> probe = map(map(entry.get("proxy")).get("verification"));
        List<Map<String, Object>> calls = new ArrayList<>();
        Object endpoints = probe.containsKey("endpoints") ? probe.get("endpoints") : probe.get("endpoint");
        List<String> paths = endpoints instanceof List<?> several
                ? several.stream().map(String::valueOf).toList()
                : endpoints == null ? List.of() : List.of(String.valueOf(endpoints));
        for (String path : paths) {
            Map<String, Object> call = new LinkedHashMap<>();
            String slash = path.startsWith("/") || path.contains("://") || path.startsWith("$") ? "" : "/";
            Object target = values.templates.convert(
                    NangoValues.text("base_url_override", probe).orElse("") + slash + path);
            call.put(
                    "call",
                    NangoValues.text("method", probe).orElse("GET").toUpperCase(Locale.ROOT) + " "
                            + (target instanceof List<?> several ? several.get(0) : target));
            NangoValues.put(call, "headers", values.params(map(probe.get("headers")), ""));
            Map<String, Object> data = values.params(map(probe.get("data")), "");
            NangoValues.put(call, "json", data);
            calls.add(call);
        }
        return calls.isEmpty() ? "none" : Map.of("calls", calls);
    }

    /** Declared fields, and those that templates refer to without a declaration. */
    private Map<String, Object> fields(Map<String, Object> tree) {
        Map<String, Object> fields = new LinkedHashMap<>();
        map(entry.get("connection_config"))
                .forEach((name, spec) -> fields.put(name, field(name, map(spec), scope(name))));
        values.list("redirect_uri_metadata").stream()
                .filter(name -> !values.settings.contains(name))
                .forEach(name -> fields.putIfAbsent(
                        name, Map.of("scope", "connection", "from", "callback." + name, "exposed", "true")));
        values.settings.forEach(name -> fields.putIfAbsent(name, Map.of("scope", "integration")));
        Map<String, Object> credentials = map(entry.get("credentials"));
        boolean pair = values.mode.startsWith("OAUTH2");
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
        if (values.mode.equals("BASIC")) {
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

    private String scope(String name) {
        return values.settings.contains(name)
                ? "integration"
                : values.secretFields.contains(name) ? "secret" : "connection";
    }

    private Map<String, Object> field(String name, Map<String, Object> spec, String scope) {
        Map<String, Object> field = new LinkedHashMap<>();
        field.put("scope", scope);
        field.put("exposed", "true");
        for (String key : List.of("title", "description", "prefix", "suffix", "example")) {
            NangoValues.text(key, spec).ifPresent(value -> field.put(key, value));
        }
        NangoValues.text("pattern", spec).ifPresent(pattern -> {
            if (NangoCatalogue.isPattern(pattern)) {
                field.put("check", pattern);
            } else {
                values.missing.add("the pattern of " + name + ", which is not of linear time");
            }
        });
        if (spec.get("enum") instanceof List<?> choices) {
            field.put("choices", choices.stream().map(String::valueOf).toList());
        }
        if (Boolean.TRUE.equals(spec.get("automated"))) {
            if (values.list("redirect_uri_metadata").contains(name)) {
                field.put("from", "callback." + name);
            } else {
                field.put("required", "false");
            }
        } else {
            NangoValues.text("default_value", spec).ifPresent(value -> field.put("default", value));
            if (Boolean.TRUE.equals(spec.get("optional"))) {
                field.put("required", "false");
            }
        }
        return field;
    }
}
