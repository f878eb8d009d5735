package dev.latchkey.server.datastores;

import com.ongres.saslprep.SASLprep;
import dev.latchkey.catalogue.keys.HashFunction;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * The client's side of SCRAM (RFC 5802, RFC 7677) as MongoDB and Kafka speak it. The server chooses how many rounds of hashing the client
 * computes; its own drivers set no limit.
 */
final class Scram {
    /** The rounds that any database may ask for. MongoDB's own default is 15,000, PostgreSQL's 4,096. */
    static final int MOST_ROUNDS = 100_000;

    private static final int LEAST_ROUNDS = 4_096;

    /** @param password as it is hashed */
    record Login(HashFunction hash, String username, String password) {
        static Login sha256(String username, String password) throws RefusedException {
            try {
                return new Login(HashFunction.SHA_256, username, new SASLprep().prepareStored(password));
            } catch (IllegalArgumentException e) {
                throw new RefusedException("the password has characters that SCRAM-SHA-256 does not allow (RFC 4013)");
            }
        }

        /** MongoDB hashes the password before SCRAM-SHA-1 does. */
        static Login sha1(String username, String password) {
            byte[] digest = HashFunction.MD5.digest(username + ":mongo:" + password);
            return new Login(HashFunction.SHA_1, username, HexFormat.of().formatHex(digest));
        }

        @Override
        public String toString() {
            return "Login[" + hash + "]";
        }
    }

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Login login;
    private final String nonce;
    private String authMessage = "";
    private byte[] salted = new byte[0];

    Scram(Login login, String nonce) {
        this.login = login;
        this.nonce = nonce;
    }

    /** The client's, for one login. */
    static String nonce() {
        byte[] bits = new byte[24];
        RANDOM.nextBytes(bits);
        return Base64.getEncoder().encodeToString(bits);
    }

    private String clientFirstBare() {
        return "n=" + login.username().replace("=", "=3D").replace(",", "=2C") + ",r=" + nonce;
    }

    String clientFirst() {
        return "n,," + clientFirstBare();
    }

    /** @throws RefusedException when the server does not speak SCRAM, or asks for too much work */
    String clientFinal(String serverFirst) throws RefusedException {
        Map<String, String> said = attributes(serverFirst);
        String both = said.getOrDefault("r", "");
        int rounds = rounds(said.getOrDefault("i", ""));
        if (!both.startsWith(nonce) || both.length() == nonce.length() || !said.containsKey("s")) {
            throw new RefusedException("it does not speak SCRAM (RFC 5802)");
        }
        String withoutProof = "c=biws,r=" + both;
        authMessage = clientFirstBare() + "," + serverFirst + "," + withoutProof;
        salted = salted(decoded(said.getOrDefault("s", "")), rounds);
        byte[] clientKey = hmac(salted, "Client Key");
        byte[] signature = hmac(login.hash().digest(clientKey), authMessage);
        byte[] proof = new byte[clientKey.length];
        for (int i = 0; i < proof.length; i++) {
            proof[i] = (byte) (clientKey[i] ^ signature[i]);
        }
        return withoutProof + ",p=" + Base64.getEncoder().encodeToString(proof);
    }

    /** The server must also prove that it knows the password. @throws RefusedException when it does not */
    void verify(String serverFinal) throws RefusedException {
        Map<String, String> said = attributes(serverFinal);
        if (said.containsKey("e")) {
            throw new RefusedException(said.getOrDefault("e", ""));
        }
        byte[] expected = hmac(hmac(salted, "Server Key"), authMessage);
        if (!MessageDigest.isEqual(expected, decoded(said.getOrDefault("v", "")))) {
            throw new RefusedException("it does not prove that it knows this login");
        }
    }

    private static int rounds(String text) throws RefusedException {
        int rounds = text.matches("\\d{1,9}") ? Integer.parseInt(text) : Integer.MAX_VALUE;
        if (rounds < LEAST_ROUNDS || rounds > MOST_ROUNDS) {
            throw new RefusedException("it asks for " + (text.matches("\\d{1,12}") ? text : "no readable number of")
                    + " rounds of hashing; " + LEAST_ROUNDS + " to " + MOST_ROUNDS + " are computed");
        }
        return rounds;
    }

    private static Map<String, String> attributes(String message) {
        Map<String, String> found = new HashMap<>();
        for (String part : message.split(",")) {
            if (part.length() > 1 && part.charAt(1) == '=') {
                found.putIfAbsent(part.substring(0, 1), part.substring(2));
            }
        }
        return found;
    }

    private static byte[] decoded(String base64) throws RefusedException {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new RefusedException("it does not speak SCRAM (RFC 5802)");
        }
    }

    private byte[] salted(byte[] salt, int rounds) throws RefusedException {
        String name = "PBKDF2With" + login.hash().hmacName();
        // An empty password cannot be a key of the JDK's; no server has a login with one.
        if (salt.length == 0 || login.password().isEmpty()) {
            throw new RefusedException("it asks for a password");
        }
        PBEKeySpec spec = new PBEKeySpec(
                login.password().toCharArray(), salt, rounds, login.hash().bits());
        try {
            return SecretKeyFactory.getInstance(name).generateSecret(spec).getEncoded();
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has " + name, e);
        } finally {
            spec.clearPassword();
        }
    }

    private byte[] hmac(byte[] key, String text) {
        return login.hash().hmac(key, text.getBytes(StandardCharsets.UTF_8));
    }
}
