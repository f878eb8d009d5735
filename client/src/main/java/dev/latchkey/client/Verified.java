package dev.latchkey.client;

/** A connection that was made of values that are known already, and how far they have been verified. */
public record Verified(Connection connection, Proof proof) {
    /** More may be added: a {@code switch} needs a {@code default}. */
    public enum Proof {
        /** The provider's API accepted the credential. */
        ACCEPTED,
        /** The database ran a statement for this user. */
        QUERIED,
        /** Something listens at the address (over TLS where the connector says so); the password was not tried. */
        REACHED,
        /** The definition names no way to check it. */
        UNCHECKED,
        /** The server checked it, as its definition says. */
        BY_SERVER
    }
}
