package dev.latchkey.server.simulation;

import dev.latchkey.server.Application;
import dev.latchkey.server.configuration.Configuration;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * The product in a process of its own, with a clock that standard input moves: {@code clock SECONDS} says how far it is from the
 * real time. It ends with its input, so that no node outlives the simulation.
 */
public final class NodeMain {
    private NodeMain() {}

    public static void main(String[] arguments) throws IOException {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        AtomicReference<Duration> offset = new AtomicReference<>(Duration.ZERO);
        InstantSource clock = () -> Instant.now().plus(Objects.requireNonNull(offset.get()));
        Application application = Application.start(Configuration.fromEnvironment(System.getenv()), clock);
        System.out.println("ready " + application.port());

        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null && !line.equals("stop"); line = input.readLine()) {
            if (line.startsWith("clock ")) {
                offset.set(Duration.ofSeconds(Long.parseLong(line.substring("clock ".length()))));
                System.out.println("clock set");
            }
        }
        application.close();
        System.exit(0);
    }
}
