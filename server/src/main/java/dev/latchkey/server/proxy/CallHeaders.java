package dev.latchkey.server.proxy;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Which headers pass, in either direction. Names are in lower case. */
public final class CallHeaders {
    /** They belong to one connection (RFC 9110 section 7.6.1), or are made anew for the other. */
    private static final Set<String> OF_THE_CONNECTION = Set.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authorization",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "http2-settings",
            "host",
            "content-length",
            "expect");

    /** What says nothing of who calls: it may follow a redirect to anywhere. */
    private static final Set<String> HARMLESS = Set.of(
            "accept",
            "accept-encoding",
            "accept-language",
            "content-encoding",
            "content-type",
            "if-modified-since",
            "if-none-match",
            "range",
            "user-agent");

    private CallHeaders() {}

    /** Whether it may be sent on to the provider, or back to the caller. */
    public static boolean passes(String name) {
        return !OF_THE_CONNECTION.contains(name);
    }

    /** The definition's headers and the caller's, who wins but for the user agent that a vendor insists on. */
    static Map<String, String> merged(Map<String, String> proof, Map<String, String> callers) {
        Map<String, String> headers = new HashMap<>(proof);
        callers.forEach((name, value) -> {
            if (!(name.equals("user-agent") && proof.containsKey(name))) {
                headers.put(name, value);
            }
        });
        return headers;
    }

    /** For a host that is none of the provider's. @param all whether the caller wants his own to follow */
    static Map<String, String> forStrangers(Map<String, String> callers, boolean all) {
        Map<String, String> headers = new HashMap<>();
        callers.forEach((name, value) -> {
            boolean secret = name.equals("authorization") || name.equals("cookie");
            if (HARMLESS.contains(name) || all && !secret) {
                headers.put(name, value);
            }
        });
        return headers;
    }

    static String lower(String name) {
        return name.toLowerCase(Locale.ROOT);
    }
}
