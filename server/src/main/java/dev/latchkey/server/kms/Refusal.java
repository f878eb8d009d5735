package dev.latchkey.server.kms;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.secrets.KeyAddress;
import java.util.regex.Pattern;

/** Why a key management service did not wrap or unwrap the master key, as one sentence for the operator. */
enum Refusal {
    /** The identity is known and may not. */
    DENIED,
    /** There is no such identity, or its secret is wrong. */
    UNKNOWN_IDENTITY,
    MISSING,
    /** Disabled, or about to be deleted. */
    DISABLED,
    /** Another key wrapped it, or somebody altered it. */
    FOREIGN,
    /** It does not answer, or not now. */
    AWAY,
    /** Anything else that it said. */
    OTHER;

    private static final Pattern CODE = Pattern.compile("[A-Za-z0-9_ .:,'/-]{1,200}");

    /** @param code the service's own word for it; shown if it is plain text */
    ConfigurationException of(KeyAddress address, String code) {
        return new ConfigurationException(sentence(address, CODE.matcher(code).matches() ? " (" + code + ")" : ""));
    }

    private String sentence(KeyAddress address, String code) {
        String key = "the key " + address.name();
        String service = address.service();
        return switch (this) {
            case DENIED ->
                service + " denies this server the use of " + key + code + ": allow it to " + needed(address)
                        + ", as docs/keys.md shows.";
            case UNKNOWN_IDENTITY ->
                service + " does not accept the identity with which this server asked for " + key + code
                        + ": correct LATCHKEY_ENCRYPTION_KMS_CREDENTIALS, or what this machine's platform provides.";
            case MISSING ->
                service + " has no " + key.substring(4) + code
                        + ": correct LATCHKEY_ENCRYPTION_KMS; if it was deleted, restore it there, because without it the stored credentials cannot be read.";
            case DISABLED ->
                service + " says that " + key + " is disabled, or about to be deleted" + code
                        + ": enable it, or cancel its deletion, because without it the stored credentials cannot be read.";
            case FOREIGN ->
                service + " cannot unwrap this database's master key with " + key + code
                        + ": another key or a version that is no longer enabled wrapped it, so name that key, or enable its old versions.";
            case AWAY ->
                service + " does not answer, which keeps " + key + code
                        + ": check the network and the service, then start again; servers that run are not affected.";
            case OTHER ->
                service + " did not do what was asked of " + key + code + ": see docs/keys.md for what it needs.";
        };
    }

    private static String needed(KeyAddress address) {
        return switch (address) {
            case KeyAddress.Aws _ -> "kms:Encrypt and kms:Decrypt";
            case KeyAddress.Google _ -> "roles/cloudkms.cryptoKeyEncrypterDecrypter";
            case KeyAddress.Azure _ ->
                "keys/read, keys/wrap and keys/unwrap (Key Vault Crypto Service Encryption User)";
            case KeyAddress.Transit transit ->
                "update " + transit.mount() + "/encrypt/" + transit.key() + " and " + transit.mount() + "/decrypt/"
                        + transit.key();
            case KeyAddress.Token _ -> "log in with the PIN in LATCHKEY_ENCRYPTION_KMS_CREDENTIALS";
        };
    }
}
