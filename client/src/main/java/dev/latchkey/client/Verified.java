package dev.latchkey.client;

/** How far a connection that this client made by itself has been verified. */
public record Verified(Connection connection, Proof proof) {
    public enum Proof {
        /** The provider's API accepted the credential. */
        ACCEPTED,
        /** The database ran a statement for this user. */
        QUERIED,
        /** Something listens at the address (over TLS where the connector says so); the password was not tried. */
        REACHED,
        /** The definition names no way to check it. */
        UNCHECKED
    }
}
