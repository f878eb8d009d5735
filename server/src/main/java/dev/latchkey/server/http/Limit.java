package dev.latchkey.server.http;

/**
 * How many requests a route takes from one address in a minute, as a part or a multiple of LATCHKEY_FLOW_RATE_LIMIT. Each kind is
 * counted separately: a client that loads many pages can still sign in.
 */
public enum Limit {
    /** Sign-in, setup, invitations, single sign-on. */
    SIGN_IN(0.25),
    /** A browser's requests to connect: the Connect UI, flows, callbacks, device codes, the first page. */
    FLOW(1),
    /** A WebSocket's opening. */
    SOCKET(0.5),
    /** The dashboard, whose open pages update themselves. */
    PAGE(10),
    /** Scripts, styles, logos, descriptions, health: cheap, and many for each page. */
    ASSET(10),
    /** Vendors send all webhooks of all customers from a few addresses. */
    WEBHOOK(25),
    /** For callers with a key, which is counted instead; callers without a known key are counted here. */
    KEY(1),
    /** The provider lab, which this server itself calls from this machine without a limit. */
    LAB(10);

    private final double share;

    Limit(double share) {
        this.share = share;
    }

    public int of(int flowRateLimit) {
        return (int) Math.clamp((long) Math.ceil(flowRateLimit * share), 1, Integer.MAX_VALUE);
    }
}
