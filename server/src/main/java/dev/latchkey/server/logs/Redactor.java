package dev.latchkey.server.logs;

import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.json.Json;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Decides which parts of a request and its response may be shown. Knows the names of fields, the formats of tokens and the values in
 * flight; in doubt it redacts: of a request it shows only an allow-list, of a response everything that neither name nor format
 * forbids.
 */
public final class Redactor {
    public static final String MARK = "[redacted]";
    private static final int LONGEST_TEXT = 2_000;
    private static final int LONGEST_BEGINNING = 500;
    private static final int MOST_BODY = 64 * 1024;

    private static final Set<String> HEADERS = Set.of(
            "accept",
            "content-type",
            "content-length",
            "date",
            "user-agent",
            "retry-after",
            "server",
            "x-request-id",
            "x-ratelimit-limit",
            "x-ratelimit-remaining",
            "x-ratelimit-reset",
            "ratelimit",
            "ratelimit-policy",
            "ratelimit-limit",
            "ratelimit-remaining",
            "ratelimit-reset",
            "www-authenticate",
            "notion-version",
            "x-github-api-version",
            "webhook-id",
            "webhook-timestamp");
    /** Of a request: how it is made, never its secrets. */
    private static final Set<String> SHOWN = Set.of(
            "grant_type",
            "scope",
            "scopes",
            "redirect_uri",
            "response_type",
            "client_id",
            "audience",
            "resource",
            "format",
            "code_challenge_method",
            "access_type",
            "prompt",
            "limit",
            "page",
            "per_page",
            "version",
            "api_version",
            "fields");

    private static final Set<String> HARMLESS = Set.of(
            "token_type",
            "token_endpoint",
            "token_uri",
            "error_code",
            "errorcode",
            "status_code",
            "code",
            "key_id",
            "keys",
            "authorized",
            "expires_in",
            "expires_at",
            "refresh_token_expires_in");
    private static final Pattern SECRET_NAME = Pattern.compile(
            "token|secret|passw|pwd|key|authorization|credential|assertion|signature|session|cookie|code|jwt|otp|pin|private|cert|bearer|nonce|verifier|hash|connection_string|url_with",
            Pattern.CASE_INSENSITIVE);
    /** JSON Web Tokens, and the prefixes that vendors mark their tokens with. Each place of a text is looked at once. */
    private static final Pattern TOKEN_SHAPE = Pattern.compile("(?<![\\w-])eyJ[\\w-]+\\.[\\w-]+(?:\\.[\\w-]*)?"
            + "|\\b(?:sk|pk|rk|gh[opusr]|xox[abeprs]|ya29|glpat|SG|lk|AKIA|ASIA|shp(?:at|ca|pa)|ntn|secret|pat|key|lab|whsec|npm|dop)[-_.][\\w.+/=-]{8,}"
            + "|nango_connect_session_\\w+");
    /** What follows the name of a scheme (RFC 9110 section 11.4): a user and a short password are a short word in base64. */
    private static final Pattern PROOF = Pattern.compile("(?i)\\b(?:basic|bearer)\\s{1,8}([\\w.~+/-]{8,}+=*+)(?!\")");

    /** The path of a request: its segments are words, versions, dates and small numbers, which no token consists of. */
    private static final Pattern PATH = Pattern.compile("/?" + segment() + "(?:/" + segment() + ")+/?");

    private static final int SHORTEST_TOKEN = 24;
    /** Text that is a token if it has letters and digits. */
    private static final Pattern LONG_WORD = Pattern.compile("[\\w+/=~-]{" + SHORTEST_TOKEN + ",}");

    private static final Pattern ADVICE = Pattern.compile("^LATCHKEY_(?:EGRESS_ALLOW|PROXY_HOSTS)=");

    private Redactor() {}

    private static String segment() {
        return "(?:[a-z]{1,24}(?:[_-][a-z]{1,24}){0,4}|v\\d{1,2}|\\d{4}-\\d{2}(?:-\\d{2})?|\\d{1,6})";
    }

    static boolean isSecretName(String name) {
        return !HARMLESS.contains(name.toLowerCase(Locale.ROOT))
                && SECRET_NAME.matcher(name).find();
    }

    /** @param secrets values in flight */
    static ObjectNode request(Egress.Request request, Set<String> secrets) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("method", request.method()).put("url", url(request.uri(), secrets));
        json.set("headers", headers(request.headers(), secrets));
        request.content().ifPresent(content -> {
            if (content.bytes().length > 0) {
                json.set("body", body(content.type(), text(content.bytes()), secrets, true));
            }
        });
        return json;
    }

    static ObjectNode response(Egress.Response response, Set<String> secrets) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("status", response.status());
        json.set("headers", headers(response.headers(), secrets));
        if (response.body().length > 0) {
            json.set(
                    "body", body(response.headers().getOrDefault("content-type", ""), response.text(), secrets, false));
        }
        return json;
    }

    /** A sentence of a vendor's, or of ours with a vendor's in it. */
    public static String text(String text, Set<String> secrets) {
        // Truncated only afterwards: a secret across the cut would not be recognized.
        String shown = blank(text, secrets);
        shown = TOKEN_SHAPE.matcher(shown).replaceAll(MARK);
        shown = PROOF.matcher(shown)
                .replaceAll(found -> isRandom(found.group(1)) ? MARK : Matcher.quoteReplacement(found.group()));
        shown = LONG_WORD
                .matcher(shown)
                .replaceAll(word -> isToken(word.group()) ? MARK : Matcher.quoteReplacement(word.group()));
        return shown.length() > LONGEST_TEXT ? shown.substring(0, LONGEST_TEXT) + " …" : shown;
    }

    static String blank(String text, Set<String> secrets) {
        String shown = text;
        // The longest first: otherwise the rest of one that begins like another would remain.
        for (String secret : secrets.stream()
                .filter(one -> !one.isEmpty())
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList()) {
            shown = shown.replace(secret, MARK);
        }
        return shown;
    }

    /** Digits, signs of base64, or capitals within: no word of a sentence. */
    private static boolean isRandom(String word) {
        return word.chars()
                .skip(1)
                .anyMatch(c -> Character.isDigit(c) || Character.isUpperCase(c) || "+/=".indexOf(c) >= 0);
    }

    /** Latchkey's own advice, such as LATCHKEY_EGRESS_ALLOW=127.0.0.1:5432, is as long as a token; these settings are not secret. */
    private static boolean isToken(String word) {
        String value = ADVICE.matcher(word).replaceFirst("");
        return value.length() >= SHORTEST_TOKEN
                && value.chars().anyMatch(Character::isDigit)
                && value.chars().anyMatch(Character::isLetter)
                && !PATH.matcher(value).matches();
    }

    /** Of a response's headers only those on the list. */
    public static ObjectNode known(Map<String, String> headers, Set<String> secrets) {
        Map<String, String> listed = new HashMap<>(headers);
        listed.keySet().removeIf(name -> !HEADERS.contains(name.toLowerCase(Locale.ROOT)));
        return headers(listed, secrets);
    }

    /**
     * The first few hundred characters of a provider's error text, redacted before they are cut. Empty for a body that is not text; of
     * markup and truncated JSON only the length is given, since a secret could be anywhere in it.
     */
    public static Optional<String> beginning(String type, String text, Set<String> secrets) {
        String kind = type.toLowerCase(Locale.ROOT);
        boolean isText = kind.startsWith("text/") || kind.contains("json") || kind.contains("xml");
        if (!isText || text.isEmpty()) {
            return Optional.empty();
        }
        String said = text.strip();
        boolean isSentences = kind.startsWith("text/plain")
                && said.length() >= LONGEST_BEGINNING
                && !said.startsWith("{")
                && !said.startsWith("[")
                && said.contains(" ");
        JsonNode shown = isSentences ? StringNode.valueOf(text(said, secrets)) : body(kind, said, secrets, false);
        String words = shown.isString() ? shown.asString() : shown.toString();
        return Optional.of(words.length() > LONGEST_BEGINNING ? words.substring(0, LONGEST_BEGINNING) + " …" : words);
    }

    /** A request to a product's backend, or its response. */
    public static JsonNode message(String body) {
        return body("application/json", body, Set.of(), false);
    }

    private static String url(URI uri, Set<String> secrets) {
        StringBuilder shown = new StringBuilder(uri.getScheme() + "://" + uri.getHost());
        if (uri.getPort() >= 0) {
            shown.append(':').append(uri.getPort());
        }
        shown.append(text(String.valueOf(uri.getRawPath()), secrets));
        if (uri.getRawQuery() != null) {
            shown.append('?');
            String separator = "";
            for (Map.Entry<String, String> pair : pairs(uri.getRawQuery()).entrySet()) {
                shown.append(separator)
                        .append(pair.getKey())
                        .append('=')
                        .append(requestValue(pair.getKey(), pair.getValue(), secrets));
                separator = "&";
            }
        }
        return shown.toString();
    }

    private static ObjectNode headers(Map<String, String> headers, Set<String> secrets) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        new TreeMap<>(headers).forEach((name, value) -> {
            String known = name.toLowerCase(Locale.ROOT);
            json.put(known, HEADERS.contains(known) ? text(value, secrets) : MARK);
        });
        return json;
    }

    private static JsonNode body(String type, String text, Set<String> secrets, boolean isRequest) {
        String kind = type.toLowerCase(Locale.ROOT);
        boolean looksLikeJson = text.startsWith("{") || text.startsWith("[");
        if (text.length() > MOST_BODY) {
            return StringNode.valueOf("[" + text.length() + " characters]");
        }
        if (kind.contains("json") || looksLikeJson) {
            try {
                return tree(Json.MAPPER.readTree(text), "", secrets, isRequest);
            } catch (JacksonException e) {
                return StringNode.valueOf("[" + text.length() + " characters that are not JSON]");
            }
        }
        boolean isForm = kind.startsWith("application/x-www-form-urlencoded");
        if (isForm || !isRequest && kind.startsWith("text/plain") && text.matches("[\\w.%+-]+=[^\\s]*")) {
            ObjectNode json = Json.MAPPER.createObjectNode();
            pairs(text)
                    .forEach((name, value) -> json.put(
                            name,
                            isRequest ? requestValue(name, value, secrets) : responseValue(name, value, secrets)));
            return json;
        }
        // Markup may contain secrets anywhere; a vendor's plain sentence is useful to readers.
        return StringNode.valueOf(
                !isRequest && kind.startsWith("text/plain") && text.length() < 500
                        ? text(text, secrets)
                        : "[" + text.length() + " characters]");
    }

    private static JsonNode tree(JsonNode node, String name, Set<String> secrets, boolean isRequest) {
        if (node instanceof ObjectNode object) {
            ObjectNode copy = Json.MAPPER.createObjectNode();
            object.properties()
                    .forEach(entry -> copy.set(
                            text(entry.getKey(), secrets), tree(entry.getValue(), entry.getKey(), secrets, isRequest)));
            return copy;
        }
        if (node instanceof ArrayNode array) {
            ArrayNode copy = Json.MAPPER.createArrayNode();
            array.forEach(item -> copy.add(tree(item, name, secrets, isRequest)));
            return copy;
        }
        if (node.isString()) {
            return StringNode.valueOf(
                    isRequest
                            ? requestValue(name, node.asString(), secrets)
                            : responseValue(name, node.asString(), secrets));
        }
        return node.isNumber() && isSecretName(name) ? StringNode.valueOf(MARK) : node;
    }

    private static String requestValue(String name, String value, Set<String> secrets) {
        return SHOWN.contains(name.toLowerCase(Locale.ROOT)) ? blotted(value, secrets) : MARK;
    }

    private static String responseValue(String name, String value, Set<String> secrets) {
        return isSecretName(name) ? MARK : text(value, secrets);
    }

    /** A value that its name allows: only values in flight are redacted, since scopes and client ids may look like tokens. */
    private static String blotted(String value, Set<String> secrets) {
        String shown = blank(value, secrets);
        return shown.length() > LONGEST_TEXT ? shown.substring(0, LONGEST_TEXT) + " …" : shown;
    }

    private static Map<String, String> pairs(String encoded) {
        Map<String, String> found = new java.util.LinkedHashMap<>();
        for (String pair : encoded.split("&")) {
            String[] parts = pair.split("=", 2);
            try {
                found.put(
                        URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
                        parts.length > 1 ? URLDecoder.decode(parts[1], StandardCharsets.UTF_8) : "");
            } catch (IllegalArgumentException e) {
                found.put("[not decodable]", MARK);
            }
        }
        return found;
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
