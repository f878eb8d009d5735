package dev.latchkey.server.kms;

import dev.latchkey.server.configuration.ConfigurationException;

/** One key of a key management service, which wraps and unwraps the master key. For one thread; used at startup and by the doctor only. */
sealed interface KeyService permits AwsKms, GoogleKms, AzureKeyVault, VaultTransit, Pkcs11Token {
    /**
     * By the newest version of the service's key.
     *
     * @return what {@link #unwrap} takes, and nobody else can read
     * @throws ConfigurationException when the service refuses, or does not answer; says what to do
     */
    byte[] wrap(byte[] key);

    /**
     * By whichever version wrapped it.
     *
     * @throws ConfigurationException when the service refuses, or does not answer, or another key wrapped it; says what to do
     */
    byte[] unwrap(byte[] wrapped);
}
