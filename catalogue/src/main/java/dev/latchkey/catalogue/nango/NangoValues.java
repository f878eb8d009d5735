package dev.latchkey.catalogue.nango;

import static dev.latchkey.catalogue.nango.NangoCatalogue.map;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The values of an entry of Nango's catalogue, with its templates converted. It collects what a definition cannot express. */
final class NangoValues {
    private static final Pattern SECRET_NAME =
            Pattern.compile("(?i).*(password|secret|secret_?key|private_?key|token)");

    final Map<String, Object> entry;
    final String mode;
    final NangoTemplate templates;
    final Set<String> secretFields;
    final Set<String> settings;
    final List<String> missing = new ArrayList<>();

    /** @param settings the connection's values that the integration has here, because the app's secret is sent where they say */
    NangoValues(Map<String, Object> entry, Set<String> settings) {
        this.entry = entry;
        this.settings = settings;
        this.mode = String.valueOf(entry.getOrDefault("auth_mode", ""));
        this.secretFields = secretFields(entry);
        boolean app = Set.of("OAUTH2", "OAUTH1", "TBA", "MCP_OAUTH2", "MCP_OAUTH2_GENERIC")
                .contains(mode);
        Set<String> ofApp = new TreeSet<>(settings);
        ofApp.addAll(app ? Set.of("clientId", "clientSecret") : Set.of());
        this.templates = new NangoTemplate(
                Set.copyOf(ofApp), map(entry.get("connection_config")).keySet(), secretFields);
    }

    /** Of the connection's fields: those that the entry calls secret, and those whose names say it. Such as a part of a URL is none. */
    private static Set<String> secretFields(Map<String, Object> entry) {
        String base = String.valueOf(map(entry.get("proxy")).get("base_url"));
        Set<String> secret = new TreeSet<>();
        map(entry.get("connection_config")).forEach((name, spec) -> {
            boolean said = Boolean.TRUE.equals(map(spec).get("secret"))
                    || "password".equals(map(spec).get("format"));
            if ((said || SECRET_NAME.matcher(name).matches()) && !base.contains("connectionConfig." + name + "}")) {
                secret.add(name);
            }
        });
        return Set.copyOf(secret);
    }

    /** @param grant the default grant type */
    Map<String, Object> params(Map<String, Object> given, String grant) {
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

    Optional<String> text(String name) {
        return text(name, entry);
    }

    static Optional<String> text(String name, Map<String, Object> in) {
        Object value = in.get(name);
        return value == null || value instanceof Map<?, ?> || value instanceof List<?>
                ? Optional.empty()
                : Optional.of(String.valueOf(value));
    }

    List<String> list(String name) {
        return entry.get(name) instanceof List<?> several
                ? several.stream().map(String::valueOf).toList()
                : List.of();
    }

    static void put(Map<String, Object> into, String name, Map<String, Object> value) {
        if (!value.isEmpty()) {
            into.put(name, value);
        }
    }
}
