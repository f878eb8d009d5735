package dev.latchkey.lab;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A response of the lab.
 *
 * @param outcome in a word, for the list of events: {@code ok}, {@code invalid_grant} ...
 */
record Answer(int status, Map<String, String> headers, byte[] body, String outcome) {
    /** No {@code form-action}: Chromium holds it against the redirect back to the client after the consent form, too. */
    private static final String PAGE_POLICY =
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

    static Answer json(int status, JsonNode body) {
        return json(status, body, "ok");
    }

    static Answer json(int status, JsonNode body, String outcome) {
        // RFC 6749 section 5.1: responses with tokens are not stored.
        return new Answer(
                status,
                Map.of("content-type", "application/json", "cache-control", "no-store"),
                body.toString().getBytes(StandardCharsets.UTF_8),
                outcome);
    }

    /** In the shape of RFC 6749 section 5.2. */
    static Answer error(int status, String code, String description) {
        return json(status, JsonTree.NODES.objectNode().put("error", code).put("error_description", description), code);
    }

    static Answer page(int status, String html, String outcome) {
        return new Answer(
                status,
                Map.of(
                        "content-type", "text/html; charset=utf-8",
                        "cache-control", "no-store",
                        "content-security-policy", PAGE_POLICY,
                        "referrer-policy", "no-referrer",
                        "x-content-type-options", "nosniff"),
                html.getBytes(StandardCharsets.UTF_8),
                outcome);
    }

    /** 303, so that a browser never sends the consent form on to the client (RFC 9700 section 4.12). */
    static Answer redirect(String location, String outcome) {
        return new Answer(
                303,
                Map.of("location", location, "cache-control", "no-store", "referrer-policy", "no-referrer"),
                new byte[0],
                outcome);
    }

    /** Claims to be JSON, and is not. */
    static Answer garbage() {
        byte[] body = "<html>{\"access_token\": ".getBytes(StandardCharsets.UTF_8);
        return new Answer(200, Map.of("content-type", "application/json"), body, "garbage");
    }

    Answer with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Answer(status, Map.copyOf(more), body, outcome);
    }

    Answer after(String before) {
        return new Answer(status, headers, body, before + ", " + outcome);
    }
}
