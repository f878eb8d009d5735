package dev.latchkey.catalogue.model;

import java.util.List;

/** How a static secret is verified at connect time. */
public sealed interface Verification {
    /** A call whose response is as declared proves the credential. {@code statuses} empty = any 2xx. */
    record Probe(List<Call> calls, List<Integer> statuses) implements Verification {}

    record Sql(String statement) implements Verification {}

    /** A database's own command: {@code PING}. */
    record Command(String command) implements Verification {}

    record None() implements Verification {}
}
