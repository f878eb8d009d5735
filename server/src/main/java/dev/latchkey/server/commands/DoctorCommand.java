package dev.latchkey.server.commands;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.CatalogueException;
import dev.latchkey.server.operations.Configuration;
import dev.latchkey.server.operations.ConfigurationException;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.vault.MasterKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.node.ArrayNode;

/** {@code latchkey doctor}: looks at the settings of this shell as a start would, and says what to mend. */
@Command(
        name = "doctor",
        description = "Check settings, database, encryption key, clock, callback URL, definitions and the way out.",
        mixinStandardHelpOptions = true)
final class DoctorCommand implements java.util.concurrent.Callable<Integer> {
    private static final Duration TOLERATED_SKEW = Duration.ofSeconds(60);
    private static final int OLDEST_POSTGRES = 15;

    @Mixin
    private Output output = new Output();

    private final Map<String, String> environment;

    DoctorCommand() {
        this(System.getenv());
    }

    DoctorCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    /** What was looked at, and what was found. */
    record Finding(State state, String what, String words) {
        enum State {
            GOOD,
            /** It runs, but not as in production. */
            NOTE,
            BAD
        }

        static Finding good(String what, String words) {
            return new Finding(State.GOOD, what, words);
        }

        static Finding note(String what, String words) {
            return new Finding(State.NOTE, what, words);
        }

        static Finding bad(String what, String words) {
            return new Finding(State.BAD, what, words);
        }
    }

    @Override
    public Integer call() {
        List<Finding> findings = findings();
        if (output.isJson()) {
            ArrayNode list = Json.MAPPER.createArrayNode();
            findings.forEach(one -> list.addObject()
                    .put("state", one.state().name().toLowerCase(java.util.Locale.ROOT))
                    .put("what", one.what())
                    .put("words", one.words()));
            output.show(list);
        } else {
            findings.forEach(one -> output.out()
                    .printf(
                            "%s %-14s %s%n",
                            switch (one.state()) {
                                case GOOD -> "ok  ";
                                case NOTE -> "note";
                                case BAD -> "BAD ";
                            },
                            one.what(),
                            one.words()));
        }
        return findings.stream().anyMatch(one -> one.state() == Finding.State.BAD) ? 1 : 0;
    }

    private List<Finding> findings() {
        Configuration configuration;
        try {
            configuration = Configuration.fromEnvironment(environment);
        } catch (ConfigurationException e) {
            return List.of(Finding.bad("settings", String.valueOf(e.getMessage())));
        }
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.good("settings", "The LATCHKEY_ variables are in order."));
        findings.add(key(configuration));
        findings.addAll(database(configuration));
        findings.add(definitions(configuration));
        findings.add(callback(configuration));
        findings.add(server(configuration));
        findings.add(wayOut());
        return findings;
    }

    private static Finding key(Configuration configuration) {
        Path file = configuration.dataDirectory().resolve("encryption.key");
        if (configuration.encryptionKey().isEmpty() && !Files.exists(file)) {
            return Finding.note("encryption key", "There is none yet; the first start makes " + file + ".");
        }
        return attempt("encryption key", () -> {
            MasterKey.load(configuration.encryptionKey(), file, new SecureRandom());
            return configuration.encryptionKey().isPresent()
                    ? Finding.good(
                            "encryption key",
                            "LATCHKEY_ENCRYPTION_KEY holds 32 bytes. Keep a copy apart from the database.")
                    : Finding.note(
                            "encryption key",
                            "It is in " + file
                                    + ". In production set LATCHKEY_ENCRYPTION_KEY, the same on every node.");
        });
    }

    private static List<Finding> database(Configuration configuration) {
        if (configuration.databaseUrl().isEmpty()) {
            return List.of(Finding.note(
                    "database",
                    "The embedded PostgreSQL, in " + configuration.dataDirectory()
                            + ". For several nodes set LATCHKEY_DATABASE_URL."));
        }
        DatabaseAddress address;
        try {
            address = DatabaseAddress.parse(configuration.databaseUrl().get().reveal());
        } catch (ConfigurationException e) {
            return List.of(Finding.bad("database", String.valueOf(e.getMessage())));
        }
        try (Connection connection = DriverManager.getConnection(
                        address.jdbcUrl(), address.user(), address.password().reveal());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT clock_timestamp(), current_setting('server_version_num')::int / 10000, has_database_privilege(current_database(), 'CREATE')")) {
            row.next();
            Instant theirs = row.getObject(1, OffsetDateTime.class).toInstant();
            int version = row.getInt(2);
            return List.of(
                    version < OLDEST_POSTGRES
                            ? Finding.bad("database", "PostgreSQL " + version + " is too old: 15 or newer is needed.")
                            : row.getBoolean(3)
                                    ? Finding.good("database", "PostgreSQL " + version + " answers at " + address + ".")
                                    : Finding.bad(
                                            "database",
                                            "The user " + address.user()
                                                    + " may not create tables: GRANT CREATE ON DATABASE to it."),
                    clock(Duration.between(theirs, Instant.now())));
        } catch (SQLException e) {
            return List.of(Finding.bad(
                    "database",
                    "PostgreSQL at " + address + " cannot be used (SQLSTATE " + e.getSQLState()
                            + "): is it there, are user and password right?"));
        }
    }

    private static Finding clock(Duration ahead) {
        Duration skew = ahead.abs();
        return skew.compareTo(TOLERATED_SKEW) > 0
                ? Finding.bad(
                        "clock",
                        "This machine's clock is " + skew.toSeconds() + " s "
                                + (ahead.isNegative() ? "behind" : "ahead of")
                                + " the database's: switch NTP on, here or there.")
                : Finding.good("clock", "It agrees with the database's.");
    }

    private static Finding definitions(Configuration configuration) {
        try {
            int count = configuration
                    .providersDirectory()
                    .map(Catalogue::load)
                    .orElseGet(Catalogue::load)
                    .all()
                    .size();
            return Finding.good("definitions", count + " are in order.");
        } catch (CatalogueException e) {
            return Finding.bad(
                    "definitions",
                    e.problems().size() + " problems, the first: "
                            + e.problems().getFirst() + " (latchkey providers check tells all)");
        }
    }

    private static Finding callback(Configuration configuration) {
        URI url = configuration.publicUrl();
        String callback = url + "/oauth/callback";
        boolean local = "localhost".equals(url.getHost())
                || String.valueOf(url.getHost()).startsWith("127.");
        if ("http".equals(url.getScheme()) && !local) {
            return Finding.bad(
                    "callback URL",
                    "Vendors refuse " + callback + ": LATCHKEY_PUBLIC_URL must be https for any host but localhost.");
        }
        if (local) {
            return Finding.note("callback URL", callback + ": browsers on other machines cannot reach it.");
        }
        try {
            InetAddress.getAllByName(url.getHost());
            return Finding.good("callback URL", callback + ": register it at every vendor.");
        } catch (UnknownHostException e) {
            return Finding.bad("callback URL", url.getHost() + " has no address in the DNS that this machine asks.");
        }
    }

    private static Finding server(Configuration configuration) {
        String address = "http://127.0.0.1:" + configuration.port();
        try (HttpClient http =
                HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build()) {
            HttpResponse<String> answer = http.send(
                    HttpRequest.newBuilder(URI.create(address + "/health"))
                            .timeout(Duration.ofSeconds(5))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return answer.body().contains("\"result\":\"ok\"")
                    ? Finding.good("server", "Latchkey answers at " + address + ".")
                    : Finding.bad(
                            "server",
                            "Something that is not Latchkey listens on port " + configuration.port()
                                    + ": set LATCHKEY_PORT to another.");
        } catch (IOException e) {
            return Finding.note("server", "Nothing listens at " + address + " now.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Finding.note("server", "Interrupted.");
        }
    }

    /** Vendors' names only: that they resolve is the first thing that fails behind a closed network. */
    private static Finding wayOut() {
        List<String> unknown = List.of("github.com", "slack.com", "oauth2.googleapis.com").stream()
                .filter(host -> {
                    try {
                        return InetAddress.getAllByName(host).length == 0;
                    } catch (UnknownHostException e) {
                        return true;
                    }
                })
                .toList();
        return unknown.isEmpty()
                ? Finding.good("way out", "Vendors' names resolve.")
                : Finding.note(
                        "way out",
                        String.join(", ", unknown)
                                + " cannot be resolved: DNS or the firewall; the provider lab works without.");
    }

    private static Finding attempt(String what, Supplier<Finding> look) {
        try {
            return look.get();
        } catch (ConfigurationException e) {
            return Finding.bad(what, Optional.ofNullable(e.getMessage()).orElse("It cannot be used."));
        }
    }
}
