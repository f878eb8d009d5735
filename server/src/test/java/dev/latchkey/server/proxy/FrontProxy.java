package dev.latchkey.server.proxy;

import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A proxy of Debian's, before a server or between it and others, in a process of its own with a folder of its own. */
public final class FrontProxy implements AutoCloseable {
    private final Process process;

    private FrontProxy(Path folder, int port, List<String> command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("out.log").toFile());
            builder.environment()
                    .putAll(Map.of("XDG_DATA_HOME", folder.toString(), "XDG_CONFIG_HOME", folder.toString()));
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Awaiting.await()
                .failFast(command.getFirst() + " ended: see " + folder.resolve("out.log"), () -> !process.isAlive())
                .ignoreExceptions()
                .until(() -> {
                    try (Socket socket = new Socket("127.0.0.1", port)) {
                        return socket.isConnected();
                    }
                });
    }

    /** @param http what its block http has, with a server that listens on the port */
    public static FrontProxy nginx(int port, String http) {
        Path folder = folder();
        Path file = write(folder, "nginx.conf", """
                pid %1$s/nginx.pid;
                error_log %1$s/error.log;
                daemon off;
                events {}
                http {
                  access_log off;
                  client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy; fastcgi_temp_path %1$s/f; uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
                %2$s
                }
                """.formatted(folder, http));
        return new FrontProxy(folder, port, List.of(program("nginx"), "-p", folder.toString(), "-c", file.toString()));
    }

    public static FrontProxy haproxy(int port, String configuration) {
        Path folder = folder();
        Path file = write(folder, "haproxy.cfg", configuration);
        return new FrontProxy(folder, port, List.of(program("haproxy"), "-db", "-f", file.toString()));
    }

    public static FrontProxy caddy(int port, String configuration) {
        Path folder = folder();
        Path file = write(folder, "Caddyfile", "{\n\tadmin off\n\tauto_https off\n}\n" + configuration);
        return new FrontProxy(
                folder, port, List.of(program("caddy"), "run", "--adapter", "caddyfile", "--config", file.toString()));
    }

    /** A forward proxy that wants a user and a password. @param log its list of what it is asked for */
    public static FrontProxy tinyproxy(int port, Path log, String user, String password) {
        Path folder = folder();
        Path file = write(folder, "tinyproxy.conf", """
                Port %d
                Listen 127.0.0.1
                Allow 127.0.0.1
                LogFile "%s"
                LogLevel Connect
                BasicAuth %s %s
                """.formatted(port, log, user, password));
        return new FrontProxy(folder, port, List.of(program("tinyproxy"), "-d", "-c", file.toString()));
    }

    /** PgBouncer, whose only user is the database's. @param pool settings: {@code name = value} lines */
    public static FrontProxy pgbouncer(int port, DatabaseAddress database, String pool) {
        Path folder = folder();
        Path users = write(
                folder,
                "users",
                "\"" + database.user() + "\" \"" + database.password().reveal() + "\"\n");
        Path file = write(folder, "pgbouncer.ini", """
                [databases]
                * = host=127.0.0.1 port=%s
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %d
                unix_socket_dir =
                auth_type = scram-sha-256
                auth_file = %s
                %s
                """.formatted(
                        database.jdbcUrl().replaceFirst(".*:(\\d+)/.*", "$1"), port, users, pool));
        List<String> command = new ArrayList<>();
        if ("root".equals(System.getProperty("user.name"))) {
            // It refuses to run as root.
            command.addAll(List.of("unshare", "--user", "--map-user=1000", "--map-group=1000", "--"));
        }
        command.addAll(List.of(program("pgbouncer"), file.toString()));
        return new FrontProxy(folder, port, command);
    }

    private static String program(String name) {
        Path found = Stream.of("/usr/sbin/", "/usr/bin/")
                .map(folder -> Path.of(folder + name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(Path.of(""));
        Assumptions.assumeTrue(!found.toString().isEmpty(), name + " is installed by ./latchkey test");
        return found.toString();
    }

    private static Path folder() {
        try {
            return Files.createTempDirectory("front");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path write(Path folder, String name, String text) {
        try {
            return Files.writeString(folder.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
