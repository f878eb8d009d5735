package dev.latchkey.server.drift;

import java.util.List;

/** The result of looking at one endpoint. */
public sealed interface Verdict {
    /** It answers as it should. */
    record Alive() implements Verdict {}

    record Look(List<Finding> findings) implements Verdict {}

    /** The address needs a value that only a connection or an integration has. */
    record Skipped(String why) implements Verdict {}
}
