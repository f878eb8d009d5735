package dev.latchkey.server.egress;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.config.RequestConfig;

/** How long a call may take. @param bytes of an answer that is read at once @param config the same in the client's words: made once, since a request should cost little */
public record Limits(Duration firstByte, Duration whole, int bytes, RequestConfig config) {
    private static final int MIB = 1024 * 1024;

    /** A small question to a vendor: its answer is read at once. */
    public static final Limits CALL = of(Duration.ofSeconds(30), Duration.ofSeconds(60));

    /** A request to a token endpoint: who gives it up loses the response, and with it the only good refresh token. */
    public static final Limits TOKENS = of(Duration.ofSeconds(60), Duration.ofSeconds(75), 4 * MIB);

    /** A call that somebody else asked for, with bodies of any size. */
    public static final Limits STREAM = of(Duration.ofMinutes(2), Duration.ofHours(1));

    /**
     * @param firstByte from the request's end to the head of the answer, and between any two reads after it
     * @param whole from its begin to the end of the answer's body; kept by who holds the {@link Cancellation}
     */
    public static Limits of(Duration firstByte, Duration whole) {
        return of(firstByte, whole, MIB);
    }

    private static Limits of(Duration firstByte, Duration whole, int bytes) {
        return new Limits(
                firstByte,
                whole,
                bytes,
                RequestConfig.custom()
                        .setConnectionRequestTimeout(10, TimeUnit.SECONDS)
                        .setResponseTimeout(firstByte.toMillis(), TimeUnit.MILLISECONDS)
                        .setRedirectsEnabled(false)
                        .setProtocolUpgradeEnabled(false)
                        .build());
    }
}
