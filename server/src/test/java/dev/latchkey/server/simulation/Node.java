package dev.latchkey.server.simulation;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * One node: can be killed, paused and started again on its data directory, its clock can be wrong, and so can what lies between it
 * and the database. Thread-safe.
 */
sealed interface Node permits ProcessNode, ThreadNode {
    /** What a node answered; 0 and nothing when it did not answer. */
    record Answer(int status, Optional<JsonNode> body) {
        static final Answer NONE = new Answer(0, Optional.empty());
    }

    int number();

    /** What lies between it and the database now. */
    DatabaseWire database();

    /** Starts it, unless it runs. */
    void start() throws IOException;

    /**
     * Until it answers requests.
     *
     * @throws IllegalStateException when it does not start, as while its database is away; then it may be started again
     */
    void awaitReady() throws IOException;

    /** Kill -9: it ends without any cleanup. */
    void kill() throws IOException, InterruptedException;

    /** How often it was started. */
    int life();

    /** @return whether it ended although it had served and was not killed */
    boolean endedByItself();

    /** @return whether its last start did not succeed, as while its database is away, and was not killed */
    boolean isDown();

    void pause();

    void resume();

    /** How far its clock is from the real time; known to it soon. */
    void clock(Duration offset);

    /** Also while it is dead or paused: then nothing is answered, at the latest after a minute and a half. */
    Answer send(String method, String path, String body);

    void stop() throws InterruptedException;
}
