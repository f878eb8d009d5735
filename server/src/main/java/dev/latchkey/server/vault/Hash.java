package dev.latchkey.server.vault;

import dev.latchkey.catalogue.keys.HashFunction;

/** SHA-256 of high-entropy values (API keys, session tokens, states): the only stored form of them. */
public final class Hash {
    private Hash() {}

    public static byte[] of(String value) {
        return HashFunction.SHA_256.digest(value);
    }
}
