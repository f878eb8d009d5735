package dev.latchkey.server.datastores;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.RawBsonDocument;

/**
 * A MongoDB as far as its login goes: hello (or isMaster alone, as before 4.4), SCRAM with the server's side of the proof (RFC 5802
 * section 3), ping for who is in.
 */
final class ScriptedMongo implements HostileServer.Script {
    private static final int ROUNDS = 15_000;
    private static final byte[] SALT = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final String username;
    private final String password;
    private final String mechanism;
    private final boolean old;

    /** @param old knows isMaster alone, and ends by an exchange of nothing */
    ScriptedMongo(String username, String password, String mechanism, boolean old) {
        this.username = username;
        this.password = password;
        this.mechanism = mechanism;
        this.old = old;
    }

    @Override
    public void talk(DataInputStream in, OutputStream out) throws Exception {
        boolean loggedIn = false;
        String clientFirst = "";
        String serverFirst = "";
        while (true) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            int request = HostileServer.readMongo(in, body);
            // Before it the flags and the kind of section.
            BsonDocument command = new RawBsonDocument(Arrays.copyOfRange(body.toByteArray(), 5, body.size()));
            switch (command.getFirstKey()) {
                case "hello", "isMaster" -> {
                    boolean known = !old || command.getFirstKey().equals("isMaster");
                    out.write(HostileServer.mongo(
                            request,
                            known
                                    ? HostileServer.bson("ok", 1, "maxWireVersion", 21)
                                    : HostileServer.bson("ok", 0, "code", 59, "errmsg", "no such command: 'hello'")));
                }
                case "saslStart" -> {
                    String first = payload(command);
                    if (!command.getString("mechanism").getValue().equals(mechanism)
                            || !command.getString("$db").getValue().equals("shop")) {
                        out.write(HostileServer.mongo(
                                request, HostileServer.bson("ok", 0, "errmsg", "Unsupported mechanism")));
                        return;
                    }
                    clientFirst = first.substring(3);
                    serverFirst = "r=" + first.substring(first.indexOf("r=") + 2) + "srv,s="
                            + Base64.getEncoder().encodeToString(SALT) + ",i=" + ROUNDS;
                    out.write(HostileServer.mongo(
                            request,
                            HostileServer.bson(
                                    "ok",
                                    1,
                                    "conversationId",
                                    7,
                                    "done",
                                    false,
                                    "payload",
                                    serverFirst.getBytes(StandardCharsets.UTF_8))));
                }
                case "saslContinue" -> {
                    String last = payload(command);
                    boolean right = last.isEmpty()
                            ? loggedIn
                            : clientFirst.startsWith("n=" + username + ",") && proves(clientFirst, serverFirst, last);
                    if (!right) {
                        out.write(HostileServer.mongo(
                                request,
                                HostileServer.bson(
                                        "ok",
                                        0,
                                        "code",
                                        18,
                                        "codeName",
                                        "AuthenticationFailed",
                                        "errmsg",
                                        "Authentication failed.")));
                        return;
                    }
                    loggedIn = true;
                    String proof = last.isEmpty() ? "" : "v=" + signature(clientFirst, serverFirst, last);
                    out.write(HostileServer.mongo(
                            request,
                            HostileServer.bson(
                                    "ok",
                                    1,
                                    "conversationId",
                                    7,
                                    "done",
                                    !old || last.isEmpty(),
                                    "payload",
                                    proof.getBytes(StandardCharsets.UTF_8))));
                }
                case "ping" ->
                    out.write(HostileServer.mongo(
                            request,
                            loggedIn
                                    ? HostileServer.bson("ok", 1)
                                    : HostileServer.bson("ok", 0, "errmsg", "requires authentication")));
                default -> throw new IOException("no such command");
            }
        }
    }

    private static String payload(BsonDocument command) {
        BsonBinary payload = command.getBinary("payload");
        return new String(payload.getData(), StandardCharsets.UTF_8);
    }

    private String hash() {
        return mechanism.substring("SCRAM-".length());
    }

    private byte[] salted() throws Exception {
        String hashed = hash().equals("SHA-1")
                ? HexFormat.of()
                        .formatHex(MessageDigest.getInstance("MD5")
                                .digest((username + ":mongo:" + password).getBytes(StandardCharsets.UTF_8)))
                : password;
        return SecretKeyFactory.getInstance("PBKDF2WithHmac" + hash().replace("-", ""))
                .generateSecret(new PBEKeySpec(hashed.toCharArray(), SALT, ROUNDS, hash().equals("SHA-1") ? 160 : 256))
                .getEncoded();
    }

    private byte[] hmac(byte[] key, String text) throws Exception {
        String name = "Hmac" + hash().replace("-", "");
        Mac mac = Mac.getInstance(name);
        mac.init(new SecretKeySpec(key, name));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String authMessage(String clientFirst, String serverFirst, String clientFinal) {
        return clientFirst + "," + serverFirst + "," + clientFinal.substring(0, clientFinal.indexOf(",p="));
    }

    /** The server knows the stored key alone: the hash of what the proof gives, masked by the signature, must be it. */
    private boolean proves(String clientFirst, String serverFirst, String clientFinal) throws Exception {
        byte[] stored = MessageDigest.getInstance(hash()).digest(hmac(salted(), "Client Key"));
        byte[] signature = hmac(stored, authMessage(clientFirst, serverFirst, clientFinal));
        byte[] proof = Base64.getDecoder().decode(clientFinal.substring(clientFinal.indexOf(",p=") + 3));
        for (int i = 0; i < proof.length; i++) {
            proof[i] ^= signature[i];
        }
        return MessageDigest.isEqual(MessageDigest.getInstance(hash()).digest(proof), stored);
    }

    private String signature(String clientFirst, String serverFirst, String clientFinal) throws Exception {
        return Base64.getEncoder()
                .encodeToString(hmac(hmac(salted(), "Server Key"), authMessage(clientFirst, serverFirst, clientFinal)));
    }
}
