package dev.latchkey.catalogue.model;

import java.net.URI;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntPredicate;

/**
 * What a definition may name beside public hosts by https, which follows from who wrote it.
 *
 * @param thisMachine whether addresses of this machine may be named, by http
 * @param ports which ports the API block may name
 * @param hosts why a fixed address ({@code https://host} or {@code https://host:port}) may not be named; empty: it may
 */
public record Reach(boolean thisMachine, IntPredicate ports, Function<URI, Optional<String>> hosts) {
    /** What ships, or was let in before: whoever calls it is held by the way out in any case. */
    public static final Reach PUBLIC = new Reach(false, port -> true, address -> Optional.empty());

    /** From the folder of whoever runs the server. */
    public static final Reach OPERATOR = new Reach(true, port -> true, address -> Optional.empty());
}
