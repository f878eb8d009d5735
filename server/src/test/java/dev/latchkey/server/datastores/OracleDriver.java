package dev.latchkey.server.datastores;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Oracle's driver as an operator has it: a file in a folder of its own. */
final class OracleDriver {
    /** For all tests of this process: each loads the driver once. */
    static final JdbcDrivers DRIVERS = new JdbcDrivers(Optional.of(folder()));

    private OracleDriver() {}

    static Path folder() {
        Path jar = Stream.of(System.getProperty("java.class.path").split(java.io.File.pathSeparator))
                .filter(entry -> entry.matches(".*ojdbc11-[^/\\\\]*\\.jar"))
                .findFirst()
                .map(Path::of)
                .orElseThrow();
        try {
            Path folder = Files.createTempDirectory("drivers");
            Path copy = folder.resolve("ojdbc11.jar");
            Files.copy(jar, copy);
            copy.toFile().deleteOnExit();
            folder.toFile().deleteOnExit();
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
