package dev.latchkey.server.proxy;

import dev.latchkey.catalogue.model.Api;

/** A token bucket: this node's share of what a vendor allows. Times in epoch milliseconds. Thread-safe. */
final class DeclaredBudget {
    private double tokens = -1;
    private long filledAt;

    /** @return 0 and counts one, or the milliseconds until there may be one */
    synchronized long take(Api.Rate rate, int nodes, long now) {
        // A node with less than one call per period still gets one after a while.
        double size = Math.max(1, (double) rate.requests() / nodes);
        double perMilli = (double) rate.requests() / nodes / rate.per().toMillis();
        tokens = tokens < 0 ? size : Math.min(size, tokens + Math.max(0, now - filledAt) * perMilli);
        filledAt = now;
        if (tokens >= 1) {
            tokens -= 1;
            return 0;
        }
        return Math.max(1, (long) Math.ceil((1 - tokens) / perMilli));
    }
}
