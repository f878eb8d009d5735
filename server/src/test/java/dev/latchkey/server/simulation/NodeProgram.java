package dev.latchkey.server.simulation;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * How a node's JVM is started: the test's class path packed into jars, since only classes in jars can come from the JVM's cache of
 * loaded and linked classes. With it a killed node is back in about a second.
 */
final class NodeProgram {
    private static final List<String> FLAGS = List.of(
            "-XX:+UseSerialGC",
            "-Xmx192m",
            // Short lives: the second compiler would only take the processor from the others.
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    private final Path folder;
    private final String classPath;
    private final Path cache;

    NodeProgram(Path folder) throws IOException {
        this.folder = folder;
        this.cache = folder.resolve("classes.aot");
        List<String> entries = new ArrayList<>();
        entries.add(withoutShippedDefinitions(folder.resolve("catalogue.jar")).toString());
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path)) {
                entries.add(packed(path, folder.resolve("classes" + entries.size() + ".jar"))
                        .toString());
            } else if (Files.exists(path)) {
                entries.add(entry);
            }
        }
        this.classPath = String.join(File.pathSeparator, entries);
    }

    /** Before the catalogue on the class path: to read hundreds of definitions would be most of a node's start. */
    private static Path withoutShippedDefinitions(Path jar) throws IOException {
        try (OutputStream out = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("providers/index"));
            zip.closeEntry();
        }
        return jar;
    }

    private static Path packed(Path classes, Path jar) throws IOException {
        try (OutputStream out = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(out);
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(one -> !one.equals(classes)).toList()) {
                String name = classes.relativize(file).toString().replace(File.separatorChar, '/');
                boolean isFolder = Files.isDirectory(file);
                // Flyway looks for its folder, so folders are entries, too.
                zip.putNextEntry(new ZipEntry(isFolder ? name + "/" : name));
                if (!isFolder) {
                    Files.copy(file, zip);
                }
                zip.closeEntry();
            }
        }
        return jar;
    }

    /** A run that starts and stops, whose loaded classes become the cache. */
    void train(Map<String, String> environment) throws IOException, InterruptedException {
        Process process = start(List.of("-XX:AOTCacheOutput=" + cache), environment, folder.resolve("training.log"));
        process.getOutputStream().write("stop\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        process.getOutputStream().flush();
        if (!process.waitFor(180, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException("a node does not start; see " + folder.resolve("training.log"));
        }
    }

    /** @param log where what it prints goes */
    Process start(Map<String, String> environment, Path log) throws IOException {
        List<String> cached =
                Files.exists(cache) ? List.of("-XX:AOTCache=" + cache, "-Xlog:aot=off", "-Xlog:aot*=off") : List.of();
        return start(cached, environment, log);
    }

    private Process start(List<String> more, Map<String, String> environment, Path log) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(FLAGS);
        command.addAll(more);
        command.addAll(List.of("-cp", classPath, NodeMain.class.getName()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().keySet().removeIf(name -> name.startsWith("LATCHKEY_"));
        builder.environment().putAll(environment);
        return builder.start();
    }
}
