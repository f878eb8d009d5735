package dev.latchkey.catalogue.keys;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Private keys as people paste them: PEM of PKCS #8 (RFC 5958), PKCS #1 (RFC 8017) or SEC 1 (RFC 5915), with its line breaks lost or
 * written as backslash and n, or base64 of all that, even twice. Code that computes with another party's key gets it from here, within
 * {@link KeyLimits}. No message repeats any part of it.
 */
public final class PrivateKeys {
    /** In characters: an RSA key of 8192 bits has some 6,400, and base64 of it a third more. */
    public static final int LONGEST = 16 * 1024;

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END [A-Z0-9 ]+-----", Pattern.DOTALL);
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "Ed25519", "RSASSA-PSS");
    private static final byte[] RSA = Der.sequence(Der.oid(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1), Der.NULL);
    private static final byte[] EC = Der.oid(0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1);
    private static final byte[] P256 = Der.oid(0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7);

    private PrivateKeys() {}

    /** The use of a key. */
    @FunctionalInterface
    public interface Use<T> {
        T with(PrivateKey key) throws GeneralSecurityException;
    }

    /** @throws IllegalArgumentException saying what is wrong, without the key */
    public static PrivateKey parse(String text) {
        if (text.length() > LONGEST) {
            throw new IllegalArgumentException("the private key is longer than " + LONGEST / 1024 + " KiB");
        }
        PrivateKey key = parse(text.strip().replace("\\n", "\n"), 0);
        KeyLimits.check(key);
        return key;
    }

    /**
     * Signs, or does other CPU-bound work, without blocking other requests ({@link HeavyWork}).
     *
     * @throws IllegalArgumentException as {@link #parse}
     * @throws GeneralSecurityException as the use does
     * @throws HeavyWork.BusyException when too many do so
     */
    public static <T> T use(String text, Use<T> use) throws GeneralSecurityException {
        return HeavyWork.signing().run(() -> use.with(parse(text)));
    }

    /**
     * Signs a text with a key that was entered.
     *
     * @param signature of the algorithm, with its parameters
     * @throws IllegalArgumentException as {@link #parse}
     * @throws GeneralSecurityException when the key is not one for the algorithm
     * @throws HeavyWork.BusyException when too many do so
     */
    public static byte[] sign(String key, Signature signature, byte[] text) throws GeneralSecurityException {
        return use(key, own -> {
            signature.initSign(own);
            signature.update(text);
            return signature.sign();
        });
    }

    private static PrivateKey parse(String text, int depth) {
        Matcher pem = PEM.matcher(text);
        if (pem.find()) {
            String kind = pem.group(1);
            byte[] der = decoded(pem.group(2));
            return switch (kind) {
                case "PRIVATE KEY" -> key(der);
                case "RSA PRIVATE KEY" -> key(Der.sequence(Der.ZERO, RSA, Der.octets(der)));
                case "EC PRIVATE KEY" ->
                    key(Der.sequence(Der.ZERO, Der.sequence(EC, curve(der).orElse(P256)), Der.octets(der)));
                case "ENCRYPTED PRIVATE KEY" ->
                    throw new IllegalArgumentException("the private key is locked by a password; give it unlocked");
                default ->
                    throw new IllegalArgumentException("this is a " + kind.toLowerCase() + ", not a private key");
            };
        }
        byte[] bytes = decoded(text);
        String inner = new String(bytes, StandardCharsets.UTF_8);
        return depth < 2 && (inner.contains("-----BEGIN") || inner.matches("[A-Za-z0-9+/=\\s]+"))
                ? parse(inner.strip(), depth + 1)
                : key(bytes);
    }

    private static byte[] decoded(String base64) {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the private key is not PEM");
        }
    }

    private static PrivateKey key(byte[] pkcs8) {
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (GeneralSecurityException e) {
                // Of another algorithm, perhaps.
            }
        }
        throw new IllegalArgumentException("the private key is not PEM of an RSA, EC or Ed25519 key");
    }

    /** The curve that a SEC 1 key names: {@code SEQUENCE { INTEGER 1, OCTET STRING, [0] { OID } ... }}. */
    private static Optional<byte[]> curve(byte[] sec1) {
        try {
            ByteBuffer fields = Der.content(ByteBuffer.wrap(sec1), Der.SEQUENCE);
            Der.content(fields, Der.INTEGER);
            Der.content(fields, Der.OCTETS);
            if (!fields.hasRemaining() || fields.get(fields.position()) != Der.PARAMETERS) {
                return Optional.empty();
            }
            ByteBuffer parameters = Der.content(fields, Der.PARAMETERS);
            byte[] oid = new byte[parameters.remaining()];
            parameters.get(oid);
            return Optional.of(oid);
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("the private key is cut, or not one of an elliptic curve");
        }
    }

    /** Of an RSA key. @throws IllegalArgumentException for another */
    public static PublicKey publicKey(PrivateKey key) {
        if (!(key instanceof RSAPrivateCrtKey rsa)) {
            throw new IllegalArgumentException("an RSA private key is needed here");
        }
        try {
            return KeyFactory.getInstance("RSA")
                    .generatePublic(new RSAPublicKeySpec(rsa.getModulus(), rsa.getPublicExponent()));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has RSA", e);
        }
    }

    /** The few forms of DER (X.690) that wrap a key. */
    private static final class Der {
        static final byte INTEGER = 2;
        static final byte OCTETS = 4;
        static final byte SEQUENCE = 0x30;
        /** Of SEC 1's structure: tagged [0]. */
        static final byte PARAMETERS = (byte) 0xA0;

        static final byte[] ZERO = {INTEGER, 1, 0};
        static final byte[] NULL = {5, 0};

        static byte[] oid(int... bytes) {
            byte[] content = new byte[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                content[i] = (byte) bytes[i];
            }
            return tagged(6, content);
        }

        static byte[] octets(byte[] content) {
            return tagged(OCTETS, content);
        }

        static byte[] sequence(byte[]... parts) {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            for (byte[] part : parts) {
                content.writeBytes(part);
            }
            return tagged(SEQUENCE, content.toByteArray());
        }

        /** What the next value holds; read on behind it. @throws BufferUnderflowException when it is another, or ends before its end */
        static ByteBuffer content(ByteBuffer in, byte tag) {
            if (in.get() != tag) {
                throw new BufferUnderflowException();
            }
            int length = in.get() & 0xff;
            if (length > 0x82) {
                throw new BufferUnderflowException();
            }
            if (length >= 0x80) {
                int octets = length - 0x80;
                length = 0;
                for (int i = 0; i < octets; i++) {
                    length = length << 8 | in.get() & 0xff;
                }
            }
            if (length > in.remaining()) {
                throw new BufferUnderflowException();
            }
            ByteBuffer content = in.slice(in.position(), length);
            in.position(in.position() + length);
            return content;
        }

        private static byte[] tagged(int tag, byte[] content) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.write(tag);
            if (content.length < 128) {
                out.write(content.length);
            } else {
                out.write(0x82);
                out.write(content.length >> 8);
                out.write(content.length);
            }
            out.writeBytes(content);
            return out.toByteArray();
        }
    }
}
