package dev.latchkey.server.datastores;

import com.mongodb.ConnectionString;
import com.mongodb.MongoClientSettings;
import com.mongodb.MongoCommandException;
import com.mongodb.MongoCredential;
import com.mongodb.MongoException;
import com.mongodb.ServerAddress;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoClients;
import com.mongodb.connection.ClusterConnectionMode;
import com.mongodb.event.ServerHeartbeatFailedEvent;
import com.mongodb.event.ServerMonitorListener;
import dev.latchkey.catalogue.DatastoreAddress;
import dev.latchkey.catalogue.DatastoreTls;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.egress.EgressException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.bson.Document;

/** MongoDB by its own driver, directly to one host, whose name our guard resolves: no member that a server names is gone to. */
final class MongoLogin {
    private MongoLogin() {}

    static void prove(
            DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt, AddressGuard guard, Duration limit)
            throws RefusedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        long millis = limit.toMillis();
        MongoClientSettings.Builder settings = MongoClientSettings.builder()
                .applicationName("Latchkey")
                .inetAddressResolver(name -> {
                    try {
                        return List.of(guard.resolve(name, host.port()));
                    } catch (EgressException e) {
                        failure.set(e);
                        throw new UnknownHostException(String.valueOf(e.getMessage()));
                    }
                })
                .applyToClusterSettings(cluster -> cluster.mode(ClusterConnectionMode.SINGLE)
                        .hosts(List.of(new ServerAddress(host.name(), host.port())))
                        .serverSelectionTimeout(millis, TimeUnit.MILLISECONDS))
                .applyToSocketSettings(socket -> socket.connectTimeout((int) millis, TimeUnit.MILLISECONDS)
                        .readTimeout((int) millis, TimeUnit.MILLISECONDS))
                .applyToServerSettings(server -> server.addServerMonitorListener(new ServerMonitorListener() {
                    @Override
                    public void serverHeartbeatFailed(ServerHeartbeatFailedEvent event) {
                        failure.compareAndSet(null, event.getThrowable());
                    }
                }))
                .applyToSslSettings(tls -> tls.enabled(address.tls() != DatastoreTls.DISABLE)
                        // The trust manager checks the host.
                        .invalidHostNameAllowed(true)
                        .context(attempt.tls()));
        if (!address.username().isEmpty()) {
            settings.credential(credential(address));
        }
        try (MongoClient client = MongoClients.create(settings.build())) {
            client.getDatabase(address.database().isEmpty() ? "admin" : address.database())
                    .runCommand(new Document("ping", 1));
        } catch (MongoException e) {
            throw new RefusedException(words(e, failure.get()));
        }
    }

    /** The mechanism that the string names, or what the server offers. */
    private static MongoCredential credential(DatastoreAddress address) {
        String source = address.options()
                .getOrDefault("authSource", address.database().isEmpty() ? "admin" : address.database());
        char[] password = address.password().toCharArray();
        return switch (address.options().getOrDefault("authMechanism", "")) {
            case "MONGODB-X509" -> MongoCredential.createMongoX509Credential(address.username());
            case "PLAIN" -> MongoCredential.createPlainCredential(address.username(), source, password);
            case "SCRAM-SHA-1" -> MongoCredential.createScramSha1Credential(address.username(), source, password);
            case "SCRAM-SHA-256" -> MongoCredential.createScramSha256Credential(address.username(), source, password);
            default -> MongoCredential.createCredential(address.username(), source, password);
        };
    }

    private static String words(MongoException e, @org.jspecify.annotations.Nullable Throwable heartbeat) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof MongoCommandException command) {
                return command.getErrorMessage() + " (" + command.getErrorCodeName() + ", " + command.getErrorCode()
                        + ")";
            }
        }
        Throwable last = heartbeat == null ? e : heartbeat;
        while (last.getCause() != null) {
            last = last.getCause();
        }
        return String.valueOf(last.getMessage());
    }

    /** The hosts that a cluster's name stands for, as DNS lists them. */
    static List<DatastoreAddress.Host> members(String cluster) throws RefusedException {
        try {
            return new ConnectionString("mongodb+srv://" + cluster + "/")
                    .getHosts().stream()
                            .map(ServerAddress::new)
                            .map(one -> new DatastoreAddress.Host(one.getHost(), one.getPort()))
                            .toList();
        } catch (MongoException | IllegalArgumentException e) {
            throw new RefusedException("DNS lists no members of the cluster " + cluster);
        }
    }
}
