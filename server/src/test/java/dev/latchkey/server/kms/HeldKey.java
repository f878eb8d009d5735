package dev.latchkey.server.kms;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** The versions of a key, as a service holds them. A ciphertext begins with its version. */
final class HeldKey {
    private final SecureRandom random = new SecureRandom();
    private final Map<Integer, byte[]> versions = new TreeMap<>();
    private int newest;

    HeldKey() {
        rotate();
    }

    void rotate() {
        byte[] version = new byte[32];
        random.nextBytes(version);
        versions.put(++newest, version);
    }

    void disableOlder() {
        versions.keySet().removeIf(version -> version < newest);
    }

    /** The same name, another key. */
    void replace() {
        versions.clear();
        newest = 0;
        rotate();
    }

    int newest() {
        return newest;
    }

    byte[] encrypt(byte[] clear, String boundTo) throws GeneralSecurityException {
        byte[] nonce = new byte[12];
        random.nextBytes(nonce);
        byte[] sealed = cipher(Cipher.ENCRYPT_MODE, newest, nonce, boundTo).doFinal(clear);
        byte[] whole = new byte[13 + sealed.length];
        whole[0] = (byte) newest;
        System.arraycopy(nonce, 0, whole, 1, 12);
        System.arraycopy(sealed, 0, whole, 13, sealed.length);
        return whole;
    }

    byte[] decrypt(byte[] whole, String boundTo) throws GeneralSecurityException {
        return cipher(Cipher.DECRYPT_MODE, whole[0], Arrays.copyOfRange(whole, 1, 13), boundTo)
                .doFinal(whole, 13, whole.length - 13);
    }

    private Cipher cipher(int mode, int version, byte[] nonce, String boundTo) throws GeneralSecurityException {
        byte[] key = versions.get(version);
        if (key == null) {
            throw new GeneralSecurityException("version " + version + " is disabled");
        }
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, nonce));
        cipher.updateAAD(boundTo.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }
}
