package dev.latchkey.server.egress;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.config.RequestConfig;

/**
 * How long a call may take. @param bytes of a response that is read at once @param config the same as the client's configuration:
 * created once, since a request should be cheap
 */
public record Limits(Duration firstByte, Duration whole, int bytes, RequestConfig config) {
    private static final int MIB = 1024 * 1024;

    /** A small request to a vendor: its response is read at once. */
    public static final Limits CALL = of(Duration.ofSeconds(30), Duration.ofSeconds(60));

    /** A request to a token endpoint: giving it up loses the response, and with it the only valid refresh token. */
    public static final Limits TOKENS = of(Duration.ofSeconds(60), Duration.ofSeconds(75), 4 * MIB);

    /** A call on behalf of a caller, with bodies of any size. */
    public static final Limits STREAM = of(Duration.ofMinutes(2), Duration.ofHours(1));

    /**
     * @param firstByte from the request's end to the head of the response, and between any two reads after it
     * @param whole from its beginning to the end of the response's body; enforced by the holder of the {@link Cancellation}
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
