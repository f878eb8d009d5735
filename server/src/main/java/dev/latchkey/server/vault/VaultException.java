package dev.latchkey.server.vault;

/** A secret could not be encrypted or decrypted. Carries no secret. */
public final class VaultException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public VaultException(String message) {
        super(message);
    }

    public VaultException(String message, Throwable cause) {
        super(message, cause);
    }
}
