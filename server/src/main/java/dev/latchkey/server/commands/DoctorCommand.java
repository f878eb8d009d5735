package dev.latchkey.server.commands;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.kms.MasterKeys;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.vault.Vault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;

/** {@code latchkey doctor}: checks this shell's settings as startup would, and says what to correct. */
@Command(
        name = "doctor",
        description = "Check settings, database, encryption key, clock, callback URL, definitions and egress.",
        mixinStandardHelpOptions = true)
final class DoctorCommand implements java.util.concurrent.Callable<Integer> {
    private static final Duration TOLERATED_SKEW = Duration.ofSeconds(60);
    private static final int OLDEST_POSTGRES = 15;
    private static final List<String> VENDORS = List.of("github.com", "slack.com", "oauth2.googleapis.com");
    private static final Pattern PLACE = Pattern.compile("([A-Za-z0-9.-]{1,253})(?::([0-9]{1,5}))?");
    private static final int PATIENCE_MILLIS = 3_000;

    @Mixin
    private Output output = new Output();

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Parameters(
            paramLabel = "HOST[:PORT]",
            arity = "0..*",
            description =
                    "Hosts to test egress with; otherwise github.com, slack.com and oauth2.googleapis.com, port 443.")
    private List<String> hosts = List.of();

    /** A check and its result. */
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
            configuration = Configuration.fromEnvironment(LatchkeyCommand.variables(spec));
        } catch (ConfigurationException e) {
            return List.of(Finding.bad("settings", String.valueOf(e.getMessage())));
        }
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.good("settings", "The LATCHKEY_ variables are in order."));
        MasterKeys keys = new MasterKeys(configuration, LatchkeyCommand.variables(spec), new SecureRandom());
        findings.add(key(configuration, keys));
        findings.addAll(database(configuration, keys));
        findings.add(DefinitionsCheck.of(catalogue(configuration)));
        findings.add(callback(configuration));
        findings.add(server(configuration));
        List<String> proxy = configuration.egress().forwardProxy().stream()
                .map(it -> it.host() + ":" + it.port())
                .toList();
        findings.add(wayOut(!hosts.isEmpty() ? hosts : proxy.isEmpty() ? VENDORS : proxy));
        return findings;
    }

    private static Finding key(Configuration configuration, MasterKeys keys) {
        Optional<String> service = keys.service();
        if (service.isPresent()) {
            return attempt("encryption key", () -> {
                keys.tryService();
                return Finding.good("encryption key", "The key " + service.get() + " wraps and unwraps.");
            });
        }
        Path file = keys.file();
        if (configuration.storage().encryptionKey().isEmpty() && !Files.exists(file)) {
            return Finding.note("encryption key", "There is none yet; the first start creates " + file + ".");
        }
        return attempt("encryption key", () -> {
            keys.unwrapped(() -> true);
            return configuration.storage().encryptionKey().isPresent()
                    ? Finding.good(
                            "encryption key",
                            "LATCHKEY_ENCRYPTION_KEY holds 32 bytes. Keep a copy apart from the database.")
                    : Finding.note(
                            "encryption key",
                            "It is in " + file
                                    + ". In production set LATCHKEY_ENCRYPTION_KEY, the same on every node.");
        });
    }

    private static List<Finding> database(Configuration configuration, MasterKeys keys) {
        if (configuration.storage().databaseUrl().isEmpty()) {
            return List.of(Finding.note(
                    "database",
                    "The embedded PostgreSQL, in " + configuration.storage().dataDirectory()
                            + ". For several nodes set LATCHKEY_DATABASE_URL."));
        }
        DatabaseAddress address;
        try {
            address = DatabaseAddress.parse(
                    configuration.storage().databaseUrl().get().reveal());
        } catch (ConfigurationException e) {
            return List.of(Finding.bad("database", String.valueOf(e.getMessage())));
        }
        try (Connection connection = address.connect(Map.of());
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT clock_timestamp(), current_setting('server_version_num')::int / 10000, has_database_privilege(current_database(), 'CREATE')")) {
            row.next();
            Instant theirs = row.getObject(1, OffsetDateTime.class).toInstant();
            int version = row.getInt(2);
            List<Finding> findings = new ArrayList<>(List.of(
                    version < OLDEST_POSTGRES
                            ? Finding.bad("database", "PostgreSQL " + version + " is too old: 15 or newer is needed.")
                            : row.getBoolean(3)
                                    ? Finding.good("database", "PostgreSQL " + version + " answers at " + address + ".")
                                    : Finding.bad(
                                            "database",
                                            "The user " + address.user()
                                                    + " may not create tables: GRANT CREATE ON DATABASE to it."),
                    clock(Duration.between(theirs, Instant.now())),
                    opens(connection, keys)));
            findings.addAll(EarlierConnections.of(connection, catalogue(configuration)));
            return findings;
        } catch (SQLException e) {
            return List.of(Finding.bad(
                    "database",
                    "PostgreSQL at " + address + " cannot be used (SQLSTATE " + e.getSQLState()
                            + "): is it running, and are user and password correct?"));
        }
    }

    /** Whether the key is this database's. */
    private static Finding opens(Connection connection, MasterKeys keys) throws SQLException {
        Vault.Opening opening;
        try {
            opening = Vault.opening(connection, keys::look);
        } catch (ConfigurationException e) {
            return refused("data keys", e);
        }
        return switch (opening) {
            case NO_TABLE -> Finding.note("data keys", "No data has been encrypted with a key yet.");
            case NO_DATA_KEY -> Finding.note("data keys", "The first start creates one.");
            case OPENS -> Finding.good("data keys", "The encryption key decrypts them.");
            case REFUSED ->
                Finding.bad(
                        "data keys",
                        "The encryption key is not the one that this database was written with: set LATCHKEY_ENCRYPTION_KEY or LATCHKEY_ENCRYPTION_KMS to that, or LATCHKEY_ENCRYPTION_KEY_PREVIOUS while it is being replaced.");
        };
    }

    private static Finding clock(Duration ahead) {
        Duration skew = ahead.abs();
        return skew.compareTo(TOLERATED_SKEW) > 0
                ? Finding.bad(
                        "clock",
                        "This machine's clock is " + skew.toSeconds() + " s "
                                + (ahead.isNegative() ? "behind" : "ahead of")
                                + " the database's: enable NTP, here or there.")
                : Finding.good("clock", "It agrees with the database's.");
    }

    private static Catalogue catalogue(Configuration configuration) {
        return configuration.added().providers().map(Catalogue::loadReadable).orElseGet(Catalogue::load);
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
            return Finding.bad("callback URL", url.getHost() + " has no address in this machine's DNS.");
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
            if (answer.body().contains("\"result\":\"ok\"")) {
                return Finding.good("server", "Latchkey answers at " + address + ".");
            }
            if (answer.body().contains("\"result\":\"degraded\"")) {
                return Finding.bad(
                        "server",
                        "Latchkey answers at " + address + ". "
                                + Json.MAPPER
                                        .readTree(answer.body())
                                        .path("problems")
                                        .valueStream()
                                        .map(problem -> problem.path("message").asString(""))
                                        .collect(Collectors.joining(" ")));
            }
            return Finding.bad(
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

    /** Behind a firewall, names that do not resolve and ports that do not respond fail first. */
    private static Finding wayOut(List<String> hosts) {
        List<String> problems =
                hosts.stream().flatMap(host -> unreachable(host).stream()).toList();
        return problems.isEmpty()
                ? Finding.good("way out", String.join(", ", hosts) + " can be reached.")
                : Finding.note(
                        "way out",
                        String.join("; ", problems) + ": check DNS and the firewall"
                                + " (where only a proxy reaches the internet, set LATCHKEY_EGRESS_PROXY). The provider lab works offline.");
    }

    private static Optional<String> unreachable(String host) {
        Matcher place = PLACE.matcher(host);
        if (!place.matches()) {
            return Optional.of(host + " is not a host or host:port");
        }
        int port = Optional.ofNullable(place.group(2)).map(Integer::parseInt).orElse(443);
        InetSocketAddress address = new InetSocketAddress(String.valueOf(place.group(1)), port);
        if (address.isUnresolved()) {
            return Optional.of(place.group(1) + " has no address in this machine's DNS");
        }
        try (Socket socket = new Socket()) {
            socket.connect(address, PATIENCE_MILLIS);
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(place.group(1) + " does not answer on port " + port);
        }
    }

    private static Finding attempt(String what, Supplier<Finding> look) {
        try {
            return look.get();
        } catch (ConfigurationException e) {
            return refused(what, e);
        }
    }

    private static Finding refused(String what, ConfigurationException failure) {
        return Finding.bad(what, Optional.ofNullable(failure.getMessage()).orElse("It cannot be used."));
    }
}
