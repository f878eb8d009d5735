package dev.latchkey.server.storage;

import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** An embedded PostgreSQL of a test's own, that the test may stop as an operator or a failing machine would; its supervisor starts it again. */
public final class RestartablePostgres implements AutoCloseable {
    /** PostgreSQL's own words for how it stops, and the signal that asks for it. */
    public enum Mode {
        /** Transactions are rolled back, the log is flushed. */
        FAST("INT"),
        /** As if the power failed: the next start recovers from the log. */
        IMMEDIATE("QUIT");

        private final String signal;

        Mode(String signal) {
            this.signal = signal;
        }
    }

    private final EmbeddedPostgres server;
    private final Path folder;

    public RestartablePostgres(Path folder) throws IOException {
        this(folder, List.of());
    }

    /** @param settings of PostgreSQL's: {@code name=value} */
    public RestartablePostgres(Path folder, List<String> settings) throws IOException {
        this.folder = folder;
        LentPrograms.to(folder);
        server = EmbeddedPostgres.start(folder, new SecureRandom(), settings);
    }

    public DatabaseAddress address() {
        return server.address();
    }

    public int port() {
        return Integer.parseInt(server.address().jdbcUrl().replaceFirst(".*:(\\d+)/.*", "$1"));
    }

    /** All of it stalls, as on a machine that is paused, until {@link #resume}. */
    public void pause() throws IOException, InterruptedException {
        // First the one that could start more.
        signal("STOP", Stream.of(server.pid()));
        signal("STOP", children());
    }

    public void resume() throws IOException, InterruptedException {
        signal("CONT", Stream.concat(children(), Stream.of(server.pid())));
    }

    private Stream<Long> children() {
        return ProcessHandle.of(server.pid()).stream()
                .flatMap(ProcessHandle::descendants)
                .map(ProcessHandle::pid);
    }

    private static void signal(String name, Stream<Long> pids) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("kill", "-" + name));
        pids.map(String::valueOf).forEach(command::add);
        // A child may have ended by now: the others get it nevertheless.
        boolean unused =
                new ProcessBuilder(command).redirectErrorStream(true).start().waitFor(10, TimeUnit.SECONDS);
    }

    /** What a standby has that this server's log had reached until now: started later, it lacks all that came after. */
    public Standby standby(Path folder) throws IOException {
        return Standby.of(server, folder);
    }

    /**
     * The machine is lost, and a standby takes over under the same address, which lacks what was confirmed in the last moments.
     *
     * @param lag how much it lacks
     */
    public void failOver(Duration lag) throws IOException, InterruptedException {
        Standby standby = standby(folder.resolve("standby-" + System.nanoTime()));
        Awaiting.pass(lag);
        standby.replace();
        restart(Mode.IMMEDIATE);
    }

    /** Returns when it has been asked to stop; it is back within seconds. */
    public void restart(Mode mode) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + mode.signal, Long.toString(server.pid())).start();
        if (!kill.waitFor(10, TimeUnit.SECONDS)) {
            throw new IOException("kill does not end");
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
