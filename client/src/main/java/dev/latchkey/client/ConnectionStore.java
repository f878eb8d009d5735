package dev.latchkey.client;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where connections are kept that were made without a server ({@link Latchkey#connect}): in memory, in an encrypted file, or wherever
 * your product keeps secrets. Implementations are thread-safe. {@link Connection#json} is what to store, {@code new
 * Connection(Json.parse(text))} reads it again; it has the credential, so encrypt it.
 *
 * <pre>{@code
 * Latchkey own = Latchkey.of(Settings.standard().withStore(ConnectionStore.inMemory()));
 * }</pre>
 */
public interface ConnectionStore {
    /**
     * One connection.
     *
     * <pre>{@code
     * Optional<Connection> found = ConnectionStore.inMemory().find("postgres", "reports");
     * }</pre>
     */
    Optional<Connection> find(String integration, String connectionId);

    /**
     * All of them, in any order.
     *
     * <pre>{@code
     * List<Connection> all = ConnectionStore.inMemory().list();
     * }</pre>
     */
    List<Connection> list();

    /**
     * Stores one, in place of an earlier one of the same integration and id.
     *
     * <pre>{@code
     * ConnectionStore.inMemory().put(latchkey.getConnection("postgres", "reports"));
     * }</pre>
     */
    void put(Connection connection);

    /**
     * Removes one.
     *
     * <pre>{@code
     * boolean was = ConnectionStore.inMemory().remove("postgres", "reports");
     * }</pre>
     *
     * @return whether it was there
     */
    boolean remove(String integration, String connectionId);

    /**
     * In this process, until it ends.
     *
     * <pre>{@code
     * ConnectionStore store = ConnectionStore.inMemory();
     * }</pre>
     */
    static ConnectionStore inMemory() {
        return new MemoryStore();
    }

    /**
     * In a file that is encrypted with AES-256-GCM and replaced as a whole at each change. Of one process: a second one that writes it,
     * too, loses the first one's changes.
     *
     * <pre>{@code
     * byte[] masterKey = new byte[32]; // from your secret store
     * ConnectionStore store = ConnectionStore.inFile(java.nio.file.Path.of("connections.bin"), masterKey);
     * }</pre>
     *
     * @param key 32 random bytes
     * @throws IllegalArgumentException when the key has another length
     * @throws IllegalStateException when the file cannot be read, or was written with another key
     */
    static ConnectionStore inFile(Path file, byte[] key) {
        return new FileStore(file, key);
    }
}
