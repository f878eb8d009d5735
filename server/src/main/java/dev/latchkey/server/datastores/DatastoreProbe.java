package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.egress.GuardedSockets;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Verifies a database's address and login by a real connection, within a time limit, through guarded egress. Thread-safe. */
public final class DatastoreProbe {
    private static final Logger LOG = LoggerFactory.getLogger(DatastoreProbe.class);
    private static final int LONGEST_REASON = 300;

    /** Enough for a team setting up its databases; each is a thread. */
    private static final int PLACES = 16;
    /** In bytes; any driver needs a fraction of it for a login and a statement. */
    private static final int MOST_READ = 1024 * 1024;

    private final AddressGuard guard;
    private final Duration limit;
    private final JdbcDrivers drivers;
    private final ProbePermits places = new ProbePermits(PLACES, PLACES / 2);

    /**
     * @param limit for each host that is tried, and three times that for all of them
     * @param drivers that the operator added
     */
    public DatastoreProbe(AddressGuard guard, Duration limit, JdbcDrivers drivers) {
        this.guard = guard;
        this.limit = limit;
        this.drivers = drivers;
    }

    /**
     * The database's reason for refusing this login; empty if any of its hosts accepts it. The message contains no secret.
     *
     * @param environment whose user asks
     * @throws dev.latchkey.catalogue.keys.HeavyWork.BusyException when too many are being tested
     */
    public Optional<String> refusal(UUID environment, Provider provider, DatastoreAddress address) {
        long begun = System.nanoTime();
        Function<DatastoreAddress.Host, Optional<String>> tried =
                host -> within(environment, address, provider.name() + " at " + host, sockets -> {
                    // First, so that the reason does not depend on a driver.
                    guard.resolve(host.name(), host.port());
                    Attempt attempt = Attempt.of(address, host, sockets);
                    ScopedValue.where(Attempt.CURRENT, attempt)
                            .call(() -> prove(provider.calls().verification(), address, host, attempt));
                });
        List<DatastoreAddress.Host> hosts = new ArrayList<>(address.hosts());
        if (address.cluster()) {
            String cluster = address.hosts().getFirst().name();
            hosts.clear();
            Optional<String> unknown = within(
                    environment,
                    address,
                    "DNS for " + cluster,
                    sockets -> hosts.addAll(MongoCluster.members(cluster, limit)));
            if (unknown.isPresent()) {
                return unknown;
            }
        }
        Optional<String> refusal = Optional.empty();
        for (DatastoreAddress.Host host : hosts) {
            refusal = tried.apply(host);
            if (refusal.isEmpty()
                    || System.nanoTime() - begun > limit.multipliedBy(3).toNanos()) {
                return refusal;
            }
        }
        return refusal;
    }

    /** What is checked of a database. */
    private interface Try {
        void with(GuardedSockets sockets) throws Exception;
    }

    private Optional<String> within(UUID environment, DatastoreAddress address, String what, Try one) {
        // Closing the sockets ends a driver that still waits.
        try (GuardedSockets sockets = new GuardedSockets(guard, MOST_READ)) {
            FutureTask<Boolean> task = places.begin(environment, () -> {
                one.with(sockets);
                return true;
            });
            task.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return Optional.empty();
        } catch (ExecutionException e) {
            return Optional.of(reason(what, address, e.getCause() == null ? e : e.getCause()));
        } catch (TimeoutException e) {
            return Optional.of(what + " did not answer within " + limit.toSeconds()
                    + " seconds. Is the host right, and does its firewall let this server in?");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("The connection could not be checked: the server is stopping.");
        }
    }

    private boolean prove(
            Verification verification, DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt)
            throws Exception {
        switch (address.driver()) {
            case POSTGRESQL, MYSQL, MARIADB, SQLSERVER -> JdbcLogin.prove(address, host, statement(verification));
            case MONGODB -> MongoLogin.prove(address, host, attempt);
            case REDIS -> RedisLogin.prove(address, host, attempt);
            case SMTP -> SmtpLogin.prove(address, host, attempt);
            case IMAP -> ImapLogin.prove(address, host, attempt);
            case LDAP -> LdapLogin.prove(address, host, attempt);
            case SFTP -> SftpLogin.prove(address, host, attempt);
            case AMQP -> AmqpLogin.prove(address, host, attempt);
            case AMQP1 -> Amqp1Login.prove(address, host, attempt);
            case KAFKA -> KafkaLogin.prove(address, host, attempt);
            case ORACLE -> OracleLogin.prove(address, host, attempt, drivers, statement(verification));
        }
        return true;
    }

    private static String statement(Verification verification) {
        return verification instanceof Verification.Sql sql ? sql.statement() : "SELECT 1";
    }

    private static String reason(String at, DatastoreAddress address, Throwable failure) {
        if (failure instanceof Attempt.UnreadableException) {
            return "The connection could not be checked: " + failure.getMessage() + ".";
        }
        if (failure instanceof JdbcDrivers.MissingException) {
            return "The connection could not be checked: " + failure.getMessage() + ".";
        }
        if (failure instanceof UntrustedException) {
            return at + " is not trusted yet, so no login was sent to it: " + failure.getMessage() + ".";
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SSLException) {
                return at + " could not be verified by TLS: " + clean(root(cause), address)
                        + ". Give the authority that signed its certificate (ca), or choose another TLS mode.";
            }
            if (cause instanceof EgressException refused && refused.kind() == EgressException.Kind.FORBIDDEN) {
                // Which setting would allow it is for the operator, who reads it in the log; the reason is for the
                // user.
                LOG.info("{} was not connected: {}.", at, refused.getMessage());
                return "Latchkey was not allowed to connect to this address, and sent no login to it.";
            }
            if (cause instanceof EgressException) {
                return "The connection could not be checked: " + cause.getMessage() + ".";
            }
        }
        if (failure instanceof SQLException sql) {
            String state = sql.getSQLState() == null ? "" : " (SQLSTATE " + sql.getSQLState() + ")";
            return at + " refused the connection" + state + ": " + clean(sql, address) + ".";
        }
        return at + " refused the connection: " + clean(root(failure), address) + ".";
    }

    private static Throwable root(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    /** The password as it is sent: some servers repeat a command that they refuse. */
    private static List<String> secrets(DatastoreAddress address) {
        if (address.password().isEmpty()) {
            return List.of();
        }
        String encoded = Base64.getEncoder().encodeToString(address.password().getBytes(StandardCharsets.UTF_8));
        return List.of(address.password(), encoded, Sasl.plain(address));
    }

    /** One line of printable characters, without the password. */
    private static String clean(Throwable failure, DatastoreAddress address) {
        String line = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
        String words = line;
        for (String secret : secrets(address)) {
            words = words.replace(secret, "[redacted]");
        }
        String printable = words.replaceAll("\\p{Cntrl}", " ").strip().replaceFirst("\\.+$", "");
        return printable.length() > LONGEST_REASON ? printable.substring(0, LONGEST_REASON) + "..." : printable;
    }
}
