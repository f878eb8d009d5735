package dev.latchkey.catalogue.nango;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Converts Nango's notation of values ({@code ${connectionConfig.x} || ${y}}, {@code ${base64(${a}:${b})}}) to ours. */
final class NangoTemplate {
    private static final Pattern CALL =
            Pattern.compile("\\$\\{(base64|base64Encode)\\(((?:\\$\\{[^}]*\\}|[^$){])*)\\)\\}");
    private static final Pattern VALUE = Pattern.compile("\\$\\{([^{}]*)\\}");
    private static final Map<String, String> KNOWN = Map.of(
            "accessToken", "token.access",
            "access_token", "token.access",
            "refreshToken", "token.refresh",
            "refresh_token", "token.refresh");

    private final Set<String> appValues;
    private final Set<String> declared;
    private final Set<String> secretFields;

    /**
     * @param appValues names that mean the integration's, not the connection's
     * @param declared fields of the connection
     * @param secretFields those of them that are kept secret
     */
    NangoTemplate(Set<String> appValues, Set<String> declared, Set<String> secretFields) {
        this.appValues = appValues;
        this.declared = declared;
        this.secretFields = secretFields;
    }

    /** One text, or several of which the first that resolves counts. */
    Object convert(String text) {
        List<String> alternatives = new ArrayList<>();
        for (String one : text.split("\\s*\\|\\|\\s*")) {
            alternatives.add(convertOne(one));
        }
        return alternatives.size() == 1 ? alternatives.get(0) : alternatives;
    }

    private String convertOne(String text) {
        Matcher call = CALL.matcher(text);
        StringBuilder outer = new StringBuilder();
        int at = 0;
        while (call.find()) {
            outer.append(values(text.substring(at, call.start())));
            outer.append("${base64(").append(sum(call.group(2))).append(")}");
            at = call.end();
        }
        return outer.append(values(text.substring(at))).toString();
    }

    private String values(String text) {
        Matcher value = VALUE.matcher(text);
        return value.replaceAll(match -> Matcher.quoteReplacement("${" + path(match.group(1)) + "}"));
    }

    private String sum(String text) {
        List<String> terms = new ArrayList<>();
        Matcher value = VALUE.matcher(text);
        int at = 0;
        while (value.find()) {
            if (value.start() > at) {
                terms.add("'" + text.substring(at, value.start()) + "'");
            }
            terms.add(path(value.group(1)));
            at = value.end();
        }
        if (at < text.length()) {
            terms.add("'" + text.substring(at) + "'");
        }
        return String.join(" + ", terms);
    }

    private String path(String nango) {
        String text = nango.strip();
        if (KNOWN.containsKey(text)) {
            return KNOWN.get(text);
        }
        if (text.startsWith("connectionConfig.")) {
            String name = text.substring("connectionConfig.".length());
            return (appValues.contains(name) ? "app." : secretFields.contains(name) ? "secret." : "config.") + name;
        }
        if (text.startsWith("credentials.raw.")) {
            return "token.raw." + text.substring("credentials.raw.".length());
        }
        if (text.matches("step\\d+\\..+")) {
            return "step." + text;
        }
        if (text.startsWith("credentials.")) {
            return secret(text.substring("credentials.".length()));
        }
        if (text.equals("now")) {
            return "now()";
        }
        if (text.equals("endpoint")) {
            return "request.path";
        }
        return text.matches("[A-Za-z_]\\w*") ? secret(text) : text;
    }

    private String secret(String name) {
        String known = KNOWN.getOrDefault(name, "");
        String root = appValues.contains(name) ? "app." : isOpen(name) ? "config." : "secret.";
        return known.isEmpty() ? root + name : known;
    }

    private boolean isOpen(String name) {
        return declared.contains(name) && !secretFields.contains(name);
    }
}
