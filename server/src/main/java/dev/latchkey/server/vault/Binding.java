package dev.latchkey.server.vault;

import java.util.UUID;

/** The place a ciphertext belongs to: its associated data, so that a ciphertext moved elsewhere does not decrypt. */
public record Binding(UUID environment, String table, UUID row, String column) {
    byte[] associatedData() {
        return (environment + "/" + table + "/" + row + "/" + column).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
