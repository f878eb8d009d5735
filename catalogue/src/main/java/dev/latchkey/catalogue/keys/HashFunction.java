package dev.latchkey.catalogue.keys;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The hash functions that vendors and we ourselves use, alone and as an HMAC (RFC 2104). MD5 and SHA-1 are here for vendors that
 * prescribe them. Thread-safe.
 */
public enum HashFunction {
    MD5("MD5"),
    SHA_1("SHA-1"),
    SHA_256("SHA-256"),
    SHA_384("SHA-384"),
    SHA_512("SHA-512");

    private final String standardName;

    HashFunction(String standardName) {
        this.standardName = standardName;
    }

    /** By a definition's word such as {@code sha256}; empty for any other. */
    public static Optional<HashFunction> named(String word) {
        return Arrays.stream(values())
                .filter(function -> function.standardName
                        .replace("-", "")
                        .toLowerCase(Locale.ROOT)
                        .equals(word))
                .findFirst();
    }

    /** As the JDK calls its HMAC, and the key derivations with it: {@code HmacSHA256}. */
    public String hmacName() {
        return "Hmac" + standardName.replace("-", "");
    }

    /** The bits of a digest. */
    public int bits() {
        return switch (this) {
            case MD5 -> 128;
            case SHA_1 -> 160;
            case SHA_256 -> 256;
            case SHA_384 -> 384;
            case SHA_512 -> 512;
        };
    }

    /** Of the UTF-8 of a text. */
    public byte[] digest(String text) {
        return digest(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Of the parts, one after the other. */
    public byte[] digest(byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance(standardName);
            for (byte[] part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has " + standardName, e);
        }
    }

    /** As {@link #hmac(byte[], byte[]...)}, with key and text in UTF-8. */
    public byte[] hmac(String key, String text) {
        return hmac(key.getBytes(StandardCharsets.UTF_8), text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The HMAC of the parts, one after the other.
     *
     * @throws IllegalArgumentException when the key is empty, with which anybody could compute the same
     */
    public byte[] hmac(byte[] key, byte[]... parts) {
        return keyed(key).of(parts);
    }

    /**
     * An HMAC under one key, for many texts.
     *
     * @throws IllegalArgumentException when the key is empty, with which anybody could compute the same
     */
    public Keyed keyed(byte[] key) {
        if (key.length == 0) {
            throw new IllegalArgumentException("the key of an HMAC must not be empty");
        }
        try {
            Mac mac = Mac.getInstance(hmacName());
            mac.init(new SecretKeySpec(key, hmacName()));
            return new Keyed(mac);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has " + hmacName(), e);
        }
    }

    /** Thread-safe: each use has a copy of its own, which is cheaper than the search for a provider. */
    public static final class Keyed {
        private final Mac mac;

        private Keyed(Mac mac) {
            this.mac = mac;
        }

        /** The HMAC of the parts, one after the other. */
        public byte[] of(byte[]... parts) {
            try {
                Mac copy = (Mac) mac.clone();
                for (byte[] part : parts) {
                    copy.update(part);
                }
                return copy.doFinal();
            } catch (CloneNotSupportedException e) {
                throw new AssertionError("the JDK's HMACs can be copied", e);
            }
        }
    }
}
