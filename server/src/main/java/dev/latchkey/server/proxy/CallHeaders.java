package dev.latchkey.server.proxy;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Which headers pass, in either direction. Names are in lower case. */
public final class CallHeaders {
    /** They belong to one connection (RFC 9110 section 7.6.1), or are generated for the other connection. */
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

    /** Headers that do not identify the caller: they may follow a redirect to anywhere. */
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

    /**
     * Response headers for the whole origin, which is ours and not the provider's: cookies, scripts' rights, what browsers and the
     * proxy in front do with us.
     */
    private static final Set<String> OF_THE_ORIGIN = Set.of(
            "accept-ch",
            "activate-storage-access",
            "alt-svc",
            "alt-used",
            "clear-site-data",
            "critical-ch",
            "cross-origin-embedder-policy",
            "cross-origin-embedder-policy-report-only",
            "cross-origin-opener-policy",
            "cross-origin-opener-policy-report-only",
            "cross-origin-resource-policy",
            "document-isolation-policy",
            "document-policy",
            "expect-ct",
            "feature-policy",
            "integrity-policy",
            "integrity-policy-report-only",
            "latchkey-error",
            "nel",
            "observe-browsing-topics",
            "origin-agent-cluster",
            "p3p",
            "permissions-policy",
            "referrer-policy",
            "refresh",
            "report-to",
            "reporting-endpoints",
            "service-worker-allowed",
            "service-worker-navigation-preload",
            "set-cookie",
            "set-cookie2",
            "set-login",
            "sourcemap",
            "speculation-rules",
            "strict-transport-security",
            "supports-loading-mode",
            "timing-allow-origin",
            "use-as-dictionary",
            "x-content-type-options",
            "x-dns-prefetch-control",
            "x-frame-options",
            "x-permitted-cross-domain-policies",
            "x-reproxy-url",
            "x-sendfile",
            "x-sourcemap",
            "x-ua-compatible",
            "x-xss-protection");

    private static final List<String> OF_THE_ORIGIN_PREFIXES = List.of(
            "access-control-",
            "attribution-reporting-",
            "content-security-policy",
            "public-key-pins",
            "sec-",
            // Instructions to nginx, lighttpd and others that may stand in front of us: files of theirs, not of the
            // provider.
            "x-accel-",
            "x-lighttpd-",
            "x-litespeed-");

    /** Whether the provider's response header is sent on to the caller. */
    public static boolean passesBack(String name) {
        return passes(name)
                && !OF_THE_ORIGIN.contains(name)
                && OF_THE_ORIGIN_PREFIXES.stream().noneMatch(name::startsWith);
    }

    /** Whether it may be sent on to the provider. */
    public static boolean passes(String name) {
        return !OF_THE_CONNECTION.contains(name);
    }

    /** The definition's headers and the caller's, which take precedence except over a user agent that a vendor requires. */
    static Map<String, String> merged(Map<String, String> proof, Map<String, String> callers) {
        Map<String, String> headers = new HashMap<>(proof);
        callers.forEach((name, value) -> {
            if (!(name.equals("user-agent") && proof.containsKey(name))) {
                headers.put(name, value);
            }
        });
        return headers;
    }

    /** For a host that is not the provider's. @param all whether the caller wants its own headers to follow */
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
