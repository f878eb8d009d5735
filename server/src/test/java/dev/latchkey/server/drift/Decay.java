package dev.latchkey.server.drift;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How a vendor decays in one way.
 *
 * @param path where the server answers otherwise than a healthy one; empty: nowhere
 * @param earlier what the last report noted of every address
 * @param days that its certificate is valid for, with TLS; 0: without TLS
 */
record Decay(String path, Answer answer, Optional<Result.Trace> earlier, int days, boolean trusted) {
    interface Answer {
        void to(HttpExchange exchange) throws IOException;
    }

    static Decay at(String path, Answer answer) {
        return new Decay(path, answer, Optional.empty(), 0, true);
    }

    static Decay answering(String path, int status, String type, String body, String... header) {
        return at(path, exchange -> {
            if (header.length > 0) {
                exchange.getResponseHeaders().set(header[0], header[1]);
            }
            Vendor.send(exchange, status, type, body);
        });
    }

    static Decay certificate(int days, boolean trusted, Optional<Result.Trace> earlier) {
        return new Decay("", exchange -> {}, earlier, days, trusted);
    }

    /** Changes one member of the healthy metadata. */
    static Decay metadata(String member, UnaryOperator<String> change) {
        return at(Vendor.METADATA, exchange -> {
            Map<String, String> members = Vendor.metadata(exchange);
            members.compute(member, (_, value) -> change.apply(String.valueOf(value)));
            Vendor.send(exchange, 200, "application/json", Vendor.json(members));
        });
    }

    static Result.Trace earlier(@Nullable String redirect, @Nullable String authority) {
        return new Result.Trace(
                Optional.ofNullable(redirect), Optional.ofNullable(authority), Optional.<Instant>empty());
    }
}
