package dev.latchkey.server.pages;

import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;

/** What all our pages have in common. */
public final class Pages {
    private static final HeaderName POLICY = HeaderNames.create("Content-Security-Policy");
    private static final HeaderName OPENER = HeaderNames.create("Cross-Origin-Opener-Policy");
    private static final HeaderName OPTIONS = HeaderNames.create("X-Content-Type-Options");
    private static final HeaderName REFERRER = HeaderNames.create("Referrer-Policy");
    private static final String OURS_ONLY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'";

    private Pages() {}

    /** A page that may not be framed. */
    public static void headers(ServerResponse response) {
        headers(response, OURS_ONLY + "; frame-ancestors 'none'");
    }

    /**
     * A page that may not be framed, whose form leads to a vendor's page: browsers apply the policy to every URL that the form's
     * response redirects to.
     *
     * @param secure whether we are reached by https
     */
    public static void confirmationHeaders(ServerResponse response, boolean secure) {
        headers(response, OURS_ONLY + " https:" + (secure ? "" : " http:") + "; frame-ancestors 'none'");
        response.header(HeaderNames.create("X-Frame-Options"), "DENY");
    }

    /** The dashboard: its forms must send their origin, which `no-referrer` would hide. */
    public static void dashboardHeaders(ServerResponse response) {
        headers(response, OURS_ONLY + "; frame-src 'self'; frame-ancestors 'none'");
        response.header(HeaderValues.create(REFERRER, "same-origin"));
        response.header(
                HeaderNames.create("Permissions-Policy"), "camera=(), microphone=(), geolocation=(), payment=()");
    }

    /**
     * A page in a popup that a product's page opened. With another policy the browser would cut the two apart (HTML section 7.1.3): the
     * opener would take the popup for closed, and the popup could not close itself.
     */
    public static void ofPopup(ServerResponse response) {
        response.header(OPENER, "unsafe-none");
    }

    /**
     * The Connect UI, which is made to be framed by products, and opens vendors' pages in popups.
     *
     * @param parents the origins that may frame it; empty: any
     */
    public static void framableHeaders(ServerResponse response, List<String> parents) {
        headers(response, parents.isEmpty() ? OURS_ONLY : OURS_ONLY + "; frame-ancestors " + String.join(" ", parents));
    }

    /** Framed only by the dashboard. */
    public static void ownFrameHeaders(ServerResponse response) {
        headers(response, OURS_ONLY + "; frame-ancestors 'self'");
    }

    private static void headers(ServerResponse response, String policy) {
        response.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8");
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.header(POLICY, policy);
        response.header(OPTIONS, "nosniff");
        response.header(REFERRER, "no-referrer");
        // Pages of ours open vendors' pages in popups, and keep them; a page that opened ours loses it.
        response.headers().setIfAbsent(HeaderValues.create(OPENER, "same-origin-allow-popups"));
    }
}
