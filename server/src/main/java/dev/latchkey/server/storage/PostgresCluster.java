package dev.latchkey.server.storage;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.secrets.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** The files of an embedded PostgreSQL: its programs, its cluster, and the password of its user. */
final class PostgresCluster {
    static final String USER = "latchkey";

    private final Path folder;
    private final Path files;
    private final Path binaries;
    private final Secret password;

    private PostgresCluster(Path folder, Secret password) throws IOException {
        this.folder = folder;
        this.files = folder.resolve("cluster");
        this.binaries = PostgresBinaries.unpack(folder);
        this.password = password;
    }

    /** Creates it if there is none. */
    static PostgresCluster in(Path folder, SecureRandom random) throws IOException {
        PostgresCluster cluster = new PostgresCluster(folder, password(folder, random));
        cluster.create();
        return cluster;
    }

    Path files() {
        return files;
    }

    /** One of PostgreSQL's own. */
    Path program(String name) {
        return binaries.resolve("bin").resolve(name);
    }

    Secret password() {
        return password;
    }

    private void create() throws IOException {
        if (Files.exists(files.resolve("PG_VERSION"))) {
            return;
        }
        Path making = Files.createTempDirectory(folder, "making");
        Path passwordFile = folder.resolve("password");
        run(List.of(
                program("initdb").toString(),
                "--pgdata=" + making,
                "--auth=scram-sha-256",
                "--username=" + USER,
                // The password is 192 random bits, which key stretching does not make harder to guess; each connection
                // would pay for it.
                "--set=scram_iterations=1",
                "--pwfile=" + passwordFile,
                "--encoding=UTF8",
                "--locale=C.UTF-8"));
        Files.move(making, files, StandardCopyOption.ATOMIC_MOVE);
    }

    /** @throws ConfigurationException when another version of PostgreSQL wrote it */
    void checkVersion() throws IOException {
        String ours =
                run(List.of(program("postgres").toString(), "--version")).replaceAll("(?s)^.*?(\\d+)\\..*$", "$1");
        String theirs = Files.readString(files.resolve("PG_VERSION")).strip();
        if (!ours.equals(theirs)) {
            throw new ConfigurationException("The data directory " + folder.getParent() + " was written by PostgreSQL "
                    + theirs + ", this Latchkey has " + ours
                    + ": start the Latchkey that wrote it and export, or set LATCHKEY_DATA_DIR to another folder.");
        }
    }

    /** PostgreSQL refuses to run as root: there it gets a user namespace in which it is another user. */
    static List<String> asNormalUser() {
        return "root".equals(System.getProperty("user.name"))
                ? List.of("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
                : List.of();
    }

    private String run(List<String> program) throws IOException {
        List<String> command = new ArrayList<>(asNormalUser());
        command.addAll(program);
        Process running = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed;
        try {
            printed = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (running.waitFor() != 0) {
                throw new ConfigurationException("PostgreSQL could not be set up in " + folder + ": "
                        + printed.strip().lines().reduce("", (a, b) -> b) + ".");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        return printed;
    }

    private static Secret password(Path folder, SecureRandom random) throws IOException {
        Path file = folder.resolve("password");
        if (!Files.exists(file)) {
            byte[] bytes = new byte[24];
            random.nextBytes(bytes);
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, HexFormat.of().formatHex(bytes));
        }
        return new Secret(Files.readString(file).strip());
    }
}
