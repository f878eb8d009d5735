package dev.latchkey.server.simulation;

import java.time.Duration;

/** What becomes of one request to the vendor. */
sealed interface Fate {
    /** The answer arrives. @param lifetime of the access token, as the answer says */
    record Answered(Duration lifetime) implements Fate {}

    /** The vendor works on it at once; its answer arrives late. */
    record Late(Duration delay, Duration lifetime) implements Fate {}

    /** The vendor works on it; the connection is cut instead of an answer. */
    record Lost() implements Fate {}

    /** The vendor works on it; half of the answer arrives, then the connection is cut. */
    record Half() implements Fate {}

    /** The vendor never gets it: 500, 429. */
    record Refused(int status) implements Fate {}

    /** The vendor never gets it; something in between answers 200 with what is not JSON. */
    record Garbled() implements Fate {}

    /** The vendor never gets it; the connection is cut. */
    record Unreachable() implements Fate {}
}
