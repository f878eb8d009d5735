package dev.latchkey.server.telemetry;

import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/** Names one request in its response and in the lines of the log. It is no secret, and proves nothing. */
public final class RequestId {
    /** Of requests and responses. */
    public static final String HEADER = "X-Request-Id";

    /** It is repeated in the log and in a header: no spaces, no control characters, and not of any length. */
    private static final Pattern WELL_FORMED = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:+/=@-]{0,127}");

    private RequestId() {}

    /** The caller's, if it is well-formed; otherwise a new one. */
    public static String of(Optional<String> callers) {
        return callers.map(String::strip)
                .filter(id -> WELL_FORMED.matcher(id).matches())
                .orElseGet(RequestId::random);
    }

    /** A version 4 UUID of numbers that are cheap, since it need not be hard to guess. */
    public static String random() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(
                        random.nextLong() & 0xffffffff_ffff0fffL | 0x4000L,
                        random.nextLong() & 0x3fffffff_ffffffffL | 0x80000000_00000000L)
                .toString();
    }
}
