package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConnectionStoreTest {
    @TempDir
    private Path folder;

    private static Connection connection(String id, String key) {
        return new Connection(Json.of(Map.of(
                "connection_id", id,
                "provider_config_key", "stripe-api-key",
                "provider", "stripe-api-key",
                "credentials", Credentials.apiKey(key).json(),
                "created_at", "2030-01-01T00:00:00Z",
                "updated_at", "2030-01-01T00:00:00Z")));
    }

    @Test
    void aFileKeepsConnectionsEncryptedForTheNextProcess() throws Exception {
        Path file = folder.resolve("below/connections.bin");
        byte[] key = new byte[32];
        key[3] = 7;
        ConnectionStore store = ConnectionStore.inFile(file, key);
        store.put(connection("a", "hunter1"));
        store.put(connection("b", "hunter2"));
        store.put(connection("a", "hunter3"));
        assertThat(store.remove("stripe-api-key", "b")).isTrue();
        assertThat(store.remove("stripe-api-key", "b")).isFalse();

        ConnectionStore next = ConnectionStore.inFile(file, key);

        assertThat(next.list()).containsExactly(connection("a", "hunter3"));
        assertThat(next.find("stripe-api-key", "a").orElseThrow().credentials().asToken())
                .contains("hunter3");
        assertThat(Files.readString(file, ISO_8859_1)).doesNotContain("hunter").doesNotContain("stripe");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        try (var files = Files.list(file.getParent())) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aFileIsRefusedWithAnotherKeyOrWhereItWasChanged() throws Exception {
        Path file = folder.resolve("connections.bin");
        ConnectionStore.inFile(file, new byte[32]).put(connection("a", "hunter1"));
        byte[] other = new byte[32];
        other[0] = 1;

        assertThatThrownBy(() -> ConnectionStore.inFile(file, other))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("another key");
        byte[] sealed = Files.readAllBytes(file);
        sealed[sealed.length - 1] ^= 1;
        Files.write(file, sealed);
        assertThatThrownBy(() -> ConnectionStore.inFile(file, new byte[32])).isInstanceOf(IllegalStateException.class);
        Files.write(file, new byte[5]);
        assertThatThrownBy(() -> ConnectionStore.inFile(file, new byte[32])).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ConnectionStore.inFile(file, new byte[16]))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
