package dev.latchkey.server.telemetry;

import java.util.Map;
import java.util.Optional;

/**
 * A piece of work within a trace: begun, described, ended once. It says what was done for whom and how it ended; paths, queries, headers,
 * bodies and messages stay out, since any of them may hold a secret (security.md C8). Thread-safe.
 */
public sealed interface Span permits Span.None, RecordedSpan {
    Span NONE = new None();

    enum Kind {
        /** A request to this server. */
        SERVER,
        /** A request to another. */
        CLIENT,
        INTERNAL,
        /** A message that waited until it was sent. */
        CONSUMER
    }

    /** What a span may say, and nothing else. */
    enum Fact {
        METHOD("http.request.method"),
        /** The pattern of a path. */
        ROUTE("http.route"),
        STATUS("http.response.status_code"),
        HOST("server.address"),
        PORT("server.port"),
        REQUEST_ID("latchkey.request_id"),
        PROVIDER("latchkey.provider"),
        /** Of the integration. */
        INTEGRATION("latchkey.integration"),
        /** This server's own id of it. */
        CONNECTION("latchkey.connection"),
        /** A word of a fixed list. */
        OUTCOME("latchkey.outcome"),
        /** An event's type. */
        EVENT("latchkey.event"),
        /** An event's id. */
        EVENT_ID("latchkey.event_id"),
        /** How many results share a transaction. */
        BATCH("latchkey.batch");

        private final String attribute;

        Fact(String attribute) {
            this.attribute = attribute;
        }

        /** Its name in OpenTelemetry. */
        public String attribute() {
            return attribute;
        }
    }

    /** A part of this work. */
    Span child(Kind kind, String name);

    /** @param name of few values: it is what traces are grouped by */
    void rename(String name);

    void put(Fact fact, String value);

    void put(Fact fact, long value);

    /** @param type of few values: a status, an exception's class */
    void failed(String type);

    void end();

    /** The headers that continue the trace elsewhere (W3C Trace Context); none without a trace. */
    Map<String, String> context();

    /** {@code traceparent} of these. */
    default Optional<String> traceparent() {
        return Optional.ofNullable(context().get("traceparent"));
    }

    /** Its trace and itself, in hexadecimal; empty where there is none. */
    default Optional<Ids> ids() {
        return Optional.empty();
    }

    record Ids(String trace, String span) {}

    /** Not part of a trace. */
    record None() implements Span {
        @Override
        public Span child(Kind kind, String name) {
            return this;
        }

        @Override
        public void rename(String name) {}

        @Override
        public void put(Fact fact, String value) {}

        @Override
        public void put(Fact fact, long value) {}

        @Override
        public void failed(String type) {}

        @Override
        public void end() {}

        @Override
        public Map<String, String> context() {
            return Map.of();
        }
    }
}
