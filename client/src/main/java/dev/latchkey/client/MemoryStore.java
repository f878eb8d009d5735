package dev.latchkey.client;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Connections in this process. */
final class MemoryStore implements ConnectionStore {
    record Key(String integration, String connectionId) {}

    private final Map<Key, Connection> connections = new ConcurrentHashMap<>();

    @Override
    public Optional<Connection> find(String integration, String connectionId) {
        return Optional.ofNullable(connections.get(new Key(integration, connectionId)));
    }

    @Override
    public List<Connection> list() {
        return List.copyOf(connections.values());
    }

    @Override
    public void put(Connection connection) {
        connections.put(new Key(connection.integration(), connection.connectionId()), connection);
    }

    @Override
    public boolean remove(String integration, String connectionId) {
        return connections.remove(new Key(integration, connectionId)) != null;
    }
}
