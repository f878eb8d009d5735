package dev.latchkey.server.secrets;

/** A text that must not be shown: prints as {@code [redacted]}, compares in constant time. */
public final class Secret {
    private final String value;

    public Secret(String value) {
        this.value = value;
    }

    /** The clear text: only for the call that needs it. */
    public String reveal() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && java.security.MessageDigest.isEqual(bytes(value), bytes(secret.value));
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return "[redacted]";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
