package dev.latchkey.server.kms;

import dev.latchkey.server.storage.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Master keys that key management services have wrapped, by the name of the service's key. */
record WrappedKeys(Database database) {
    Optional<byte[]> of(String service) {
        return database.withHandle(
                handle -> handle.createQuery("SELECT wrapped FROM wrapped_master_keys WHERE service_key = :service")
                        .bind("service", service)
                        .mapTo(byte[].class)
                        .findOne());
    }

    /** @return whether there was none */
    boolean add(String service, byte[] wrapped) {
        return database.withHandle(handle -> handle.createUpdate(
                                "INSERT INTO wrapped_master_keys (service_key, wrapped) VALUES (:service, :wrapped) ON CONFLICT DO NOTHING")
                        .bind("service", service)
                        .bind("wrapped", wrapped)
                        .execute())
                == 1;
    }

    /** The same master key, wrapped again. */
    void replace(String service, byte[] old, byte[] wrapped) {
        database.withHandle(handle -> handle.createUpdate(
                        "UPDATE wrapped_master_keys SET wrapped = :wrapped, wrapped_at = now() WHERE service_key = :service AND wrapped = :old")
                .bind("service", service)
                .bind("old", old)
                .bind("wrapped", wrapped)
                .execute());
    }

    /** @param database whose schema may be older: then there are none */
    static Map<String, byte[]> all(Connection database) throws SQLException {
        Map<String, byte[]> found = new TreeMap<>();
        try (Statement statement = database.createStatement()) {
            try (ResultSet there = statement.executeQuery("SELECT to_regclass('wrapped_master_keys') IS NOT NULL")) {
                there.next();
                if (!there.getBoolean(1)) {
                    return found;
                }
            }
            try (ResultSet row = statement.executeQuery("SELECT service_key, wrapped FROM wrapped_master_keys")) {
                while (row.next()) {
                    found.put(row.getString(1), row.getBytes(2));
                }
            }
        }
        return found;
    }

    @Override
    public String toString() {
        return "WrappedKeys";
    }
}
