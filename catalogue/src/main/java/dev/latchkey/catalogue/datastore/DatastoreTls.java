package dev.latchkey.catalogue.datastore;

import java.util.Locale;
import java.util.Optional;

/** How far a database's connection is protected. The words are libpq's; every driver's own are understood. */
public enum DatastoreTls {
    DISABLE,
    /** Encrypted; the server is not authenticated. */
    REQUIRE,
    /** The certificate comes from a trusted authority. */
    VERIFY_CA,
    /** And is the host's own. */
    VERIFY_FULL;

    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    public static Optional<DatastoreTls> find(String word) {
        return switch (word.toLowerCase(Locale.ROOT).replace('_', '-')) {
            case "disable", "disabled", "false", "no", "optional" -> Optional.of(DISABLE);
            // Modes that may fall back to no encryption are read as the stricter neighbour: a password must not be sent
            // in the clear by accident.
            case "allow", "prefer", "preferred", "require", "required", "trust" -> Optional.of(REQUIRE);
            case "verify-ca" -> Optional.of(VERIFY_CA);
            case "verify-full", "verify-identity", "true", "yes", "mandatory", "strict" -> Optional.of(VERIFY_FULL);
            default -> Optional.empty();
        };
    }
}
