package dev.latchkey.server.journeys;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A script of src/test/npm, run by node with the packages that {@code npm ci} put there. */
final class NpmProcess implements AutoCloseable {
    static final Path FOLDER = Path.of("src/test/npm").toAbsolutePath();
    private final Process process;
    private final BufferedReader output;

    private NpmProcess(Process process) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    static NpmProcess start(String script, Map<String, String> environment) throws IOException {
        if (!Files.isDirectory(FOLDER.resolve("node_modules"))) {
            throw new IllegalStateException("the npm packages are not installed: run `npm ci` in " + FOLDER);
        }
        ProcessBuilder builder =
                new ProcessBuilder("node", script).directory(FOLDER.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return new NpmProcess(builder.start());
    }

    /** Runs the script with the text as its standard input. @return all that it printed */
    static String run(String script, String input) throws IOException, InterruptedException {
        try (NpmProcess run = start(script, Map.of())) {
            try (var writer = run.process.outputWriter(StandardCharsets.UTF_8)) {
                writer.write(input);
            }
            return run.awaitEnd();
        }
    }

    /** Reads until a line begins with the prefix, and returns the rest of it. */
    String awaitLine(String prefix) throws IOException {
        StringBuilder seen = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.startsWith(prefix)) {
                // What follows must not fill the pipe and stop the process.
                Thread.ofVirtual().start(() -> output.lines().forEach(ignored -> {}));
                return line.substring(prefix.length());
            }
            seen.append(line).append('\n');
        }
        throw new IllegalStateException("the script ended before it printed '" + prefix + "':\n" + seen);
    }

    /** All that it printed, once it ended well. */
    String awaitEnd() throws IOException, InterruptedException {
        String printed = output.readAllAsString();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new AssertionError("the script failed:\n" + printed);
        }
        return printed;
    }

    @Override
    public void close() {
        process.destroy();
    }
}
