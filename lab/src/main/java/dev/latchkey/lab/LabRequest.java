package dev.latchkey.lab;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A request as the vendor would have seen it.
 *
 * @param location raw {@code host/path}, without scheme and query
 * @param headers by lower-case name
 */
record LabRequest(String method, String location, String rawQuery, Map<String, String> headers, byte[] body) {
    private static final JsonMapper STRICT = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .build();

    /** What is wrong with a request's form; the message may be shown. */
    static final class MalformedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        MalformedException(String message) {
            super(message);
        }
    }

    record UserAndPassword(String user, String password) {}

    /** The first of each name counts. @throws MalformedException when an escape is broken */
    static Map<String, String> parameters(String encoded) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String pair : encoded.split("&")) {
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                found.putIfAbsent(
                        decode(equals < 0 ? pair : pair.substring(0, equals)),
                        equals < 0 ? "" : decode(pair.substring(equals + 1)));
            }
        }
        return found;
    }

    private static boolean repeats(String encoded) {
        Set<String> names = new HashSet<>();
        return Arrays.stream(encoded.split("&"))
                .filter(pair -> !pair.isEmpty())
                .anyMatch(pair -> !names.add(decode(pair.split("=", 2)[0])));
    }

    /** RFC 6749 sections 3.1 and 3.2: request parameters must not be included more than once. */
    boolean repeatsParameters() {
        return repeats(rawQuery)
                || (contentType().equals("application/x-www-form-urlencoded")
                        && repeats(new String(body, StandardCharsets.UTF_8)));
    }

    Map<String, String> query() {
        return parameters(rawQuery);
    }

    private static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new MalformedException("a percent escape is broken");
        }
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
    }

    String host() {
        int slash = location.indexOf('/');
        return slash < 0 ? location : location.substring(0, slash);
    }

    /** The media type without its parameters. */
    String contentType() {
        return header("content-type").orElse("").split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    }

    Map<String, String> form() {
        return parameters(new String(body, StandardCharsets.UTF_8));
    }

    JsonNode json() {
        try {
            JsonNode node = STRICT.readTree(body);
            if (node == null || !node.isObject()) {
                throw new MalformedException("the body must be a JSON object");
            }
            return node;
        } catch (JacksonException e) {
            throw new MalformedException("the body is not JSON");
        }
    }

    /** The scalar members of a JSON body. */
    Map<String, String> jsonMembers() {
        Map<String, String> found = new LinkedHashMap<>();
        json().properties().forEach(member -> {
            if (member.getValue().isValueNode() && !member.getValue().isNull()) {
                found.put(member.getKey(), member.getValue().asString());
            }
        });
        return found;
    }

    Optional<UserAndPassword> basic() {
        Optional<String> header = header("authorization").filter(value -> value.regionMatches(true, 0, "Basic ", 0, 6));
        if (header.isEmpty()) {
            return Optional.empty();
        }
        try {
            String pair = new String(
                    Base64.getDecoder().decode(header.get().substring(6).strip()), StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            return colon < 0
                    ? Optional.empty()
                    : Optional.of(new UserAndPassword(pair.substring(0, colon), pair.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new MalformedException("the Basic credentials are not base64");
        }
    }

    /** Every parameter, in the query or the body; the body's take precedence. A body of unknown type has none. */
    Map<String, String> parameters() {
        Map<String, String> all = new LinkedHashMap<>(query());
        switch (contentType()) {
            case "application/x-www-form-urlencoded" -> all.putAll(form());
            case "application/json" -> {
                if (body.length > 0 && body[0] == '{') {
                    all.putAll(jsonMembers());
                }
            }
            default -> {}
        }
        return all;
    }

    /**
     * True when a page of another site sent it (Fetch Metadata): such a page may not press Allow or order faults. Browsers say so at
     * trustworthy addresses, including localhost; other clients do not.
     */
    boolean fromAnotherSite() {
        return header("sec-fetch-site")
                .filter(site -> !site.equals("same-origin") && !site.equals("none"))
                .isPresent();
    }

    /** Headers and parameters may be credentials. */
    @Override
    public String toString() {
        return "LabRequest[" + method + " " + host() + "]";
    }
}
