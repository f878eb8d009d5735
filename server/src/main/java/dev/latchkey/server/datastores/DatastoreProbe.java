package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.DatastoreAddress;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.catalogue.Verification;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.egress.GuardedSockets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Proves a database's address and login by a real connection, within a time, through the guarded way out. Thread-safe. */
public final class DatastoreProbe {
    private static final int LONGEST_REASON = 300;

    private final AddressGuard guard;
    private final Duration limit;

    /** @param limit for each host that is tried */
    public DatastoreProbe(AddressGuard guard, Duration limit) {
        this.guard = guard;
        this.limit = limit;
    }

    /**
     * Why the database does not let this login in, in its own words; empty when it does, at any one of its hosts. No secret is in
     * the words.
     */
    public Optional<String> refusal(Provider provider, DatastoreAddress address) {
        List<DatastoreAddress.Host> hosts;
        try {
            hosts = address.cluster()
                    ? MongoLogin.members(address.hosts().getFirst().name())
                    : address.hosts();
        } catch (RefusedException e) {
            return Optional.of("The connection could not be checked: " + e.getMessage() + ".");
        }
        Optional<String> refusal = Optional.empty();
        for (DatastoreAddress.Host host : hosts) {
            refusal = refusal(provider, address, host);
            if (refusal.isEmpty()) {
                return refusal;
            }
        }
        return refusal;
    }

    private Optional<String> refusal(Provider provider, DatastoreAddress address, DatastoreAddress.Host host) {
        try (GuardedSockets sockets = new GuardedSockets(guard)) {
            // Before anything else, so that the reason is not what a driver makes of it.
            guard.resolve(host.name(), host.port());
            Attempt attempt = Attempt.of(address, host, sockets);
            FutureTask<Boolean> task = new FutureTask<>(() -> ScopedValue.where(Attempt.CURRENT, attempt)
                    .call(() -> prove(provider.verification(), address, host, attempt)));
            Thread.ofVirtual().name("datastore-probe").start(task);
            // Closing the sockets on the way out ends a driver that still waits.
            task.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return Optional.empty();
        } catch (ExecutionException e) {
            return Optional.of(reason(provider, address, host, e.getCause() == null ? e : e.getCause()));
        } catch (TimeoutException e) {
            return Optional.of(provider.name() + " at " + host + " did not answer within " + limit.toSeconds()
                    + " seconds. Is the host right, and does its firewall let this server in?");
        } catch (EgressException e) {
            return Optional.of("The connection could not be checked: " + e.getMessage() + ".");
        } catch (IllegalArgumentException e) {
            return Optional.of("The connection could not be checked: " + e.getMessage() + ".");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of("The connection could not be checked: the server stops.");
        }
    }

    private boolean prove(
            Verification verification, DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt)
            throws Exception {
        switch (address.driver()) {
            case POSTGRESQL, MYSQL, MARIADB, SQLSERVER ->
                JdbcLogin.prove(
                        address, host, verification instanceof Verification.Sql sql ? sql.statement() : "SELECT 1");
            case MONGODB -> MongoLogin.prove(address, host, attempt, guard, limit.dividedBy(2));
            case REDIS -> RedisLogin.prove(address, host, attempt);
        }
        return true;
    }

    private static String reason(
            Provider provider, DatastoreAddress address, DatastoreAddress.Host host, Throwable failure) {
        String at = provider.name() + " at " + host;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SSLException) {
                return at + " could not be verified by TLS: " + clean(root(cause), address)
                        + ". Give the authority that signed its certificate (ca), or choose another TLS mode.";
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

    /** One line of printable characters, without the password. */
    private static String clean(Throwable failure, DatastoreAddress address) {
        String line = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
        String words = address.password().isEmpty() ? line : line.replace(address.password(), "[redacted]");
        String printable = words.replaceAll("\\p{Cntrl}", " ").strip().replaceFirst("\\.+$", "");
        return printable.length() > LONGEST_REASON ? printable.substring(0, LONGEST_REASON) + "..." : printable;
    }
}
