package dev.latchkey.server;

import dev.latchkey.server.commands.LatchkeyCommand;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.configuration.SettingsTable;
import dev.latchkey.server.monitoring.LogOutput;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * With arguments runs that command ({@link LatchkeyCommand}). Without any starts Latchkey in the foreground; SIGTERM and SIGINT stop
 * it. Ends with status 1 and one sentence when it cannot run.
 */
public final class Main {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        if (arguments.length > 0) {
            System.exit(LatchkeyCommand.execute(List.of(arguments)));
        }
        Application application;
        try {
            Configuration configuration = Configuration.fromEnvironment(System.getenv());
            LogOutput.apply(configuration.records());
            SettingsTable.warnings(System.getenv()).forEach(warning -> LOG.warn("{}", warning));
            application = Application.start(configuration);
            if (Boolean.parseBoolean(System.getenv("LATCHKEY_TRAINING"))) {
                // A run whose loaded classes become the AOT cache (see the launcher).
                application.close();
                return;
            }
            announce(application, configuration);
        } catch (ConfigurationException e) {
            System.err.println("latchkey: " + e.getMessage());
            System.exit(1);
            return;
        }
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            application.leave();
            application.close();
            System.out.println("Latchkey has stopped.");
            stopped.countDown();
        }));
        stopped.await();
    }

    private static void announce(Application application, Configuration configuration) {
        System.out.println("Latchkey is running: " + configuration.publicUrl());
        // Behind the # no server and no log sees it.
        application
                .setupToken()
                .ifPresent(token -> System.out.println("Set the dashboard's password: " + configuration.publicUrl()
                        + "/dashboard/setup#" + token.reveal()));
        application
                .newKeys()
                .forEach((environment, key) -> System.out.printf(
                        "Secret key of environment %s, shown only now: %s%n", environment, key.reveal()));
    }
}
