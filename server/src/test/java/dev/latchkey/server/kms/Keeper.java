package dev.latchkey.server.kms;

import java.util.Map;
import java.util.Optional;

/** A key management service as the tests see it: a stand-in that checks the protocol, or the real thing. */
interface Keeper extends AutoCloseable {
    /** {@code LATCHKEY_ENCRYPTION_KMS}. */
    String address();

    /** {@code LATCHKEY_ENCRYPTION_KMS_CREDENTIALS}. */
    String credentials();

    /** A new version of its key, where it has versions; the old ones are disabled by {@link #disableOlder}. */
    boolean rotate();

    void disableOlder();

    /**
     * From now on it refuses for this reason.
     *
     * @return credentials that bring it about, or the usual ones; empty if this service never refuses so
     */
    Optional<String> refuse(Refusal why);

    @Override
    void close();

    static Keeper of(Class<?> kind) {
        return Map.<String, java.util.function.Supplier<Keeper>>of(
                        "Aws", AwsKeeper::new,
                        "Google", GoogleKeeper::new,
                        "Azure", AzureKeeper::new,
                        "Transit", VaultKeeper::new,
                        "Token", SoftHsmKeeper::new)
                .getOrDefault(kind.getSimpleName(), () -> {
                    throw new AssertionError("nothing plays " + kind);
                })
                .get();
    }
}
