package dev.latchkey.server.proxy;

/** The number of calls left, as reported by the provider, and until when. Times in epoch milliseconds. Thread-safe. */
final class LearnedBudget {
    private static final long SAME_WINDOW = 2_000;

    private long blockedUntil;
    private long windowEnds;
    private int left;

    /** @return 0 and counts one, or the milliseconds until there may be one */
    synchronized long take(long now) {
        if (now < blockedUntil) {
            return blockedUntil - now;
        }
        if (now < windowEnds) {
            if (left <= 0) {
                return windowEnds - now;
            }
            left--;
        }
        return 0;
    }

    /** Running calls are not in the provider's number yet: within one window it only falls. */
    synchronized void window(int remaining, long ends) {
        boolean same = Math.abs(ends - windowEnds) < SAME_WINDOW;
        left = same ? Math.min(left, remaining) : remaining;
        windowEnds = ends;
    }

    /** @return whether that was new */
    synchronized boolean block(long until) {
        boolean news = until > blockedUntil + SAME_WINDOW;
        blockedUntil = Math.max(blockedUntil, until);
        return news;
    }
}
