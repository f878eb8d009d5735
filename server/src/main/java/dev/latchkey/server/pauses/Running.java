package dev.latchkey.server.pauses;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.integrations.Integration;
import java.util.Optional;

/** Code that returns or uses a connection's credential calls this first. */
public final class Running {
    private Running() {}

    /** @throws dev.latchkey.server.access.PausedException while the connection, or what it is in, is paused */
    public static void require(Environment environment, Optional<Integration> integration, Connection connection) {
        environment.requireRunning();
        integration.ifPresent(Integration::requireRunning);
        connection.requireRunning();
    }
}
