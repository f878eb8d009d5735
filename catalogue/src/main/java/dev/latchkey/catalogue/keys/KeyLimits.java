package dev.latchkey.catalogue.keys;

import java.math.BigInteger;
import java.security.Key;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Set;

/**
 * Limits on the work that computing with a key may cost (security.md D13). The JDK takes an RSA key's numbers as they are: a private
 * exponent of millions of bits means hours of work, and an untrusted party may choose it. No message repeats a key.
 */
public final class KeyLimits {
    private static final int SHORTEST_RSA = 2048;
    private static final int LONGEST_RSA = 8192;
    /** Common keys use 65537 or less; the cost of verifying a signature grows with it. */
    private static final int LONGEST_PUBLIC_EXPONENT = 33;
    /** P-256, P-384, P-521 (RFC 7518 section 3.4): the JDK supports no other curves, and none by explicit parameters. */
    private static final Set<Integer> EC_FIELDS = Set.of(256, 384, 521);

    private KeyLimits() {}

    /** @throws IllegalArgumentException saying which limit it breaks */
    static void check(Key key) {
        if (key instanceof RSAPrivateCrtKey rsa) {
            check(rsa);
        } else if (key instanceof ECPrivateKey ec) {
            check(ec);
        } else if (!(key instanceof EdECPrivateKey)) {
            // The length of the latter is part of its algorithm (RFC 8032 section 5.1.5).
            throw new IllegalArgumentException(
                    "the private key lacks its primes (RFC 8017 section 3.2): export it whole, or make a new one");
        }
    }

    private static void check(RSAPrivateCrtKey key) {
        BigInteger modulus = key.getModulus();
        require(
                modulus.bitLength() >= SHORTEST_RSA && modulus.bitLength() <= LONGEST_RSA,
                "the RSA key must have " + SHORTEST_RSA + " to " + LONGEST_RSA + " bits");
        require(isSane(key.getPublicExponent()), "the RSA key's public exponent is none that is in use");
        BigInteger p = key.getPrimeP();
        BigInteger q = key.getPrimeQ();
        require(
                isWithin(key.getPrivateExponent(), modulus)
                        && isWithin(p, modulus)
                        && isWithin(q, modulus)
                        && p.multiply(q).equals(modulus)
                        && isWithin(key.getPrimeExponentP(), p)
                        && isWithin(key.getPrimeExponentQ(), q)
                        && isWithin(key.getCrtCoefficient(), p),
                "the RSA key is damaged: its numbers do not belong together");
    }

    private static void check(ECPrivateKey key) {
        require(
                EC_FIELDS.contains(key.getParams().getCurve().getField().getFieldSize())
                        && isWithin(key.getS(), key.getParams().getOrder()),
                "the EC key must be one of P-256, P-384 or P-521");
    }

    /** For another party's key that verifies a signature. @throws IllegalArgumentException when that would be expensive */
    public static RSAPublicKey check(RSAPublicKey key) {
        require(
                key.getModulus().bitLength() <= LONGEST_RSA && isSane(key.getPublicExponent()),
                "the RSA key must have at most " + LONGEST_RSA + " bits and a public exponent that is in use");
        return key;
    }

    private static boolean isSane(BigInteger exponent) {
        return exponent.testBit(0)
                && exponent.compareTo(BigInteger.TWO) > 0
                && exponent.bitLength() <= LONGEST_PUBLIC_EXPONENT;
    }

    private static boolean isWithin(BigInteger number, BigInteger bound) {
        return number.signum() > 0 && number.compareTo(bound) < 0;
    }

    private static void require(boolean fulfilled, String otherwise) {
        if (!fulfilled) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
