package dev.latchkey.server.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** PostgreSQL's programs, unpacked once for the servers of all tests: that takes longer than a server's start. */
public final class LentPrograms {
    private LentPrograms() {}

    /** @param postgres the folder of a server that was never started; made when missing */
    public static void to(Path postgres) throws IOException {
        Path shared = Path.of("target", "postgres-for-tests").toAbsolutePath();
        Files.createDirectories(postgres);
        Files.createSymbolicLink(
                postgres.resolve("binaries"), PostgresBinaries.unpack(Files.createDirectories(shared)));
    }
}
