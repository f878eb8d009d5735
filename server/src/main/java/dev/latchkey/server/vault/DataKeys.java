package dev.latchkey.server.vault;

import com.google.crypto.tink.AccessesPartialKey;
import com.google.crypto.tink.Aead;
import com.google.crypto.tink.Configuration;
import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.aead.AeadConfig2026;
import com.google.crypto.tink.aead.AesGcmKey;
import com.google.crypto.tink.aead.AesGcmParameters;
import com.google.crypto.tink.util.SecretBytes;
import java.security.GeneralSecurityException;
import java.util.Map;

/**
 * Keys as Tink holds them: a key knows its parameters, and only a keyset's primitive computes with it, which chooses each nonce.
 *
 * @param current the id of the key that encrypts
 * @param byId every key that decrypts; a ciphertext begins with Tink's prefix, {@code 0x01} and the id of its key
 * @param aead of all of them
 */
record DataKeys(int current, Map<Integer, AesGcmKey> byId, Aead aead) {
    static final int BYTES = 32;

    static DataKeys of(int current, Map<Integer, AesGcmKey> byId) throws GeneralSecurityException {
        KeysetHandle.Builder keyset = KeysetHandle.newBuilder().setConfiguration(configuration());
        byId.forEach((id, key) -> {
            KeysetHandle.Builder.Entry entry = KeysetHandle.importKey(key);
            keyset.addEntry(id == current ? entry.makePrimary() : entry);
        });
        return new DataKeys(current, Map.copyOf(byId), keyset.build().getPrimitive(configuration(), Aead.class));
    }

    static AesGcmKey key(int id, byte[] bytes) throws GeneralSecurityException {
        return key(bytes, AesGcmParameters.Variant.TINK).setIdRequirement(id).build();
    }

    /** A key that is alone, whose ciphertexts name none: a master key's. */
    static Aead alone(byte[] bytes) throws GeneralSecurityException {
        AesGcmKey key = key(bytes, AesGcmParameters.Variant.NO_PREFIX).build();
        return KeysetHandle.newBuilder()
                .setConfiguration(configuration())
                .addEntry(KeysetHandle.importKey(key).withRandomId().makePrimary())
                .build()
                .getPrimitive(configuration(), Aead.class);
    }

    @AccessesPartialKey
    private static AesGcmKey.Builder key(byte[] bytes, AesGcmParameters.Variant variant)
            throws GeneralSecurityException {
        return AesGcmKey.builder()
                .setParameters(AesGcmParameters.builder()
                        .setKeySizeBytes(BYTES)
                        .setIvSizeBytes(12)
                        .setTagSizeBytes(16)
                        .setVariant(variant)
                        .build())
                // Here and nowhere else bytes become a key.
                .setKeyBytes(SecretBytes.copyFrom(bytes, InsecureSecretKeyAccess.get()));
    }

    /** One of its own: nothing that another part of the program registers with Tink changes what this does. */
    private static Configuration configuration() throws GeneralSecurityException {
        return AeadConfig2026.get();
    }

    @Override
    public String toString() {
        return "DataKeys[current=" + current + ", ids=" + byId.keySet() + "]";
    }
}
