package dev.latchkey.server.vendors;

import dev.latchkey.server.commands.TheirProvider;
import dev.latchkey.server.json.Json;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/**
 * A connection as Nango has it, and the request that its definition makes of a call.
 *
 * @param values what {@code ${...}} of its templates stands for
 */
record NangoCall(TheirProvider theirs, ObjectNode credentials, Map<String, String> config, Map<String, String> values) {
    private static final Pattern VALUE = Pattern.compile("\\$\\{([^}]+)}");

    /** Of the kinds whose credential itself is sent; empty for one that is signed or made, or without an address. */
    static Optional<NangoCall> of(TheirProvider theirs, Map<String, String> config, UnaryOperator<String> sample) {
        Map<String, String> values = new TreeMap<>();
        config.forEach((name, value) -> values.put("connectionConfig." + name, value));
        ObjectNode credentials = Json.MAPPER.createObjectNode().put("type", theirs.mode());
        switch (theirs.mode()) {
            case "OAUTH2" -> credentials.put("access_token", values.merge("accessToken", "at-1", (a, b) -> b));
            case "OAUTH2_CC" -> {
                credentials.put("client_id", "client-1").put("client_secret", "secret-1");
                credentials.put("token", values.merge("accessToken", "at-1", (a, b) -> b));
                credentials.put("expires_at", "2036-01-01T00:00:00.000Z");
            }
            case "API_KEY" -> credentials.put("apiKey", values.merge("apiKey", sample.apply("apiKey"), (a, b) -> b));
            case "BASIC" -> {
                for (String name : List.of("username", "password")) {
                    // Where Nango asks for none, its callers send a constant.
                    String value = theirs.constant(name).orElseGet(() -> sample.apply(name));
                    values.put(name, value);
                    credentials.put(name, value);
                }
            }
            default -> {
                return Optional.empty();
            }
        }
        theirs.credentials().keySet().stream()
                .filter(name -> !credentials.has(name))
                .forEach(name -> {
                    values.put("credentials." + name, sample.apply(name));
                    credentials.put(name, sample.apply(name));
                });
        return theirs.base(config).isPresent()
                ? Optional.of(new NangoCall(theirs, credentials, config, values))
                : Optional.empty();
    }

    /** The address and what carries a credential or a value of the connection; other headers are constants of either's own. */
    List<String> differences(String path, RecordingVendor.Call called) {
        List<String> found = new ArrayList<>();
        String wanted = theirs.base(config).orElseThrow().replaceAll("/$", "") + path;
        String reached = called.url().toString().replaceAll("\\?.*", "");
        if (!reached.equals(lowerHost(wanted))) {
            found.add("there " + wanted + ", here " + reached);
        }
        expected().forEach((name, value) -> {
            String sent = called.headers().getOrDefault(name, "none");
            if (!sent.equalsIgnoreCase(value)) {
                found.add(name + ": there " + value + ", here " + sent);
            }
        });
        // A key that they have in the address may be in a header, where the vendor takes it there: addresses are
        // logged.
        theirs.carried("query")
                .forEach((name, template) -> expand(template)
                        // Their names are read in lower case.
                        .filter(value -> !String.valueOf(called.url().getQuery())
                                        .toLowerCase(Locale.ROOT)
                                        .contains((name + "=" + value).toLowerCase(Locale.ROOT))
                                && !called.headers().containsValue(value))
                        .ifPresent(value -> found.add("?" + name + "=" + value + " in " + called.url())));
        return found;
    }

    private static String lowerHost(String url) {
        String host = URI.create(url).getHost();
        return url.replaceFirst(Pattern.quote(host), host.toLowerCase(Locale.ROOT));
    }

    private Map<String, String> expected() {
        Map<String, String> headers = new TreeMap<>();
        switch (theirs.mode()) {
            case "OAUTH2", "OAUTH2_CC" -> headers.put("authorization", "Bearer " + values.get("accessToken"));
            case "BASIC" ->
                headers.put(
                        "authorization",
                        "Basic "
                                + Base64.getEncoder()
                                        .encodeToString((values.get("username") + ":" + values.get("password"))
                                                .getBytes(StandardCharsets.UTF_8)));
            default -> {}
        }
        theirs.carried("headers").forEach((name, template) -> {
            if (template.contains("${")) {
                expand(template).ifPresentOrElse(value -> headers.put(name, value), () -> headers.remove(name));
            }
        });
        return headers;
    }

    /** Empty where a value is not known here, such as one of the integration's. */
    private Optional<String> expand(String template) {
        for (String alternative : template.split(" \\|\\| ")) {
            Matcher value = VALUE.matcher(alternative);
            if (alternative.contains("${") && value.results().allMatch(it -> values.containsKey(it.group(1)))) {
                return Optional.of(VALUE.matcher(alternative)
                        .replaceAll(it -> Matcher.quoteReplacement(values.getOrDefault(it.group(1), ""))));
            }
        }
        return Optional.empty();
    }
}
