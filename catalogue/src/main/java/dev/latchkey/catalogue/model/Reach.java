package dev.latchkey.catalogue.model;

import java.net.URI;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntPredicate;

/**
 * What a definition may name in addition to public https hosts, depending on its author.
 *
 * @param thisMachine whether addresses of this machine may be named, by http
 * @param ports which ports the API block may name
 * @param hosts why a fixed address ({@code https://host} or {@code https://host:port}) may not be named; empty: allowed
 */
public record Reach(boolean thisMachine, IntPredicate ports, Function<URI, Optional<String>> hosts) {
    /** A shipped definition, or one accepted earlier: egress rules limit every call in any case. */
    public static final Reach PUBLIC = new Reach(false, port -> true, address -> Optional.empty());

    /** From the server operator's folder. */
    public static final Reach OPERATOR = new Reach(true, port -> true, address -> Optional.empty());
}
