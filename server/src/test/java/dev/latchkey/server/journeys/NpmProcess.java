package dev.latchkey.server.journeys;

import dev.latchkey.server.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** A script of src/test/npm, run by node with the packages that {@code npm ci} put there. */
public final class NpmProcess implements AutoCloseable {
    public static final Path FOLDER = Path.of("src/test/npm").toAbsolutePath();
    private final Process process;
    private final BufferedReader output;

    private NpmProcess(Process process) {
        this.process = process;
        this.output = process.inputReader(StandardCharsets.UTF_8);
    }

    public static NpmProcess start(String script, Map<String, String> environment) throws IOException {
        install();
        ProcessBuilder builder =
                new ProcessBuilder("node", script).directory(FOLDER.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        return new NpmProcess(builder.start());
    }

    /** The packages of package.json, by {@code npm ci} where one is missing since it was added. */
    public static synchronized void install() throws IOException {
        JsonNode wanted = Json.MAPPER.readTree(Files.readString(FOLDER.resolve("package.json")));
        boolean whole = wanted.path("dependencies").properties().stream()
                .allMatch(entry ->
                        Files.isDirectory(FOLDER.resolve("node_modules").resolve(entry.getKey())));
        if (!whole) {
            Process npm = new ProcessBuilder("npm", "ci", "--no-fund", "--no-audit", "--loglevel=error")
                    .directory(FOLDER.toFile())
                    .redirectErrorStream(true)
                    .start();
            // With pipes of its own: npm makes what it inherits non-blocking, and Surefire reads its commands there.
            String said = npm.inputReader(StandardCharsets.UTF_8).readAllAsString();
            try {
                if (npm.waitFor() != 0) {
                    throw new IllegalStateException(
                            "the npm packages are not installed: run `npm ci` in " + FOLDER + ".\n" + said);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }
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
    public String awaitLine(String prefix) throws IOException {
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
    public String awaitEnd() throws IOException, InterruptedException {
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
