package dev.latchkey.server.commands;

import com.google.crypto.tink.subtle.AesGcmHkdfStreaming;
import dev.latchkey.server.json.Json;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.function.Consumer;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import tools.jackson.databind.node.ObjectNode;

/**
 * A file encrypted with a passphrase: a line of JSON for each item, by AES-256-GCM in segments (Tink's AES-GCM-HKDF streaming),
 * the key by PBKDF2-HMAC-SHA256. A truncated or altered file is refused.
 */
final class SealedFile {
    private static final byte[] MAGIC = "latchkey export 1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int ITERATIONS = 600_000;
    private static final int SALT = 16;
    private static final int SEGMENT = 1024 * 1024;

    private SealedFile() {}

    /** @param source gives each item to the writer it is handed */
    static void write(Path file, char[] passphrase, Consumer<Consumer<Item>> source)
            throws IOException, GeneralSecurityException {
        byte[] salt = new byte[SALT];
        new SecureRandom().nextBytes(salt);
        if (Files.exists(file)) {
            throw new FileAlreadyExistsException(file.toString());
        }
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (DataOutputStream plain = new DataOutputStream(Files.newOutputStream(file, StandardOpenOption.WRITE))) {
            plain.write(MAGIC);
            plain.writeInt(ITERATIONS);
            plain.write(salt);
            try (OutputStream sealed = cipher(passphrase, salt, ITERATIONS).newEncryptingStream(plain, MAGIC);
                    BufferedWriter writer =
                            new BufferedWriter(new OutputStreamWriter(sealed, StandardCharsets.UTF_8))) {
                source.accept(item -> line(writer, item));
            }
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            // A sealed half of an account would look complete.
            Files.deleteIfExists(file);
            throw e;
        }
    }

    /** @throws IOException when it is not such a file, the passphrase is wrong, or it was altered */
    static void read(Path file, char[] passphrase, Consumer<Item> sink) throws IOException, GeneralSecurityException {
        try (DataInputStream plain = new DataInputStream(Files.newInputStream(file))) {
            if (!java.util.Arrays.equals(plain.readNBytes(MAGIC.length), MAGIC)) {
                throw new IOException("it was not written by `latchkey export`");
            }
            int iterations = plain.readInt();
            if (iterations < 100_000 || iterations > 10_000_000) {
                throw new IOException("it was altered");
            }
            byte[] salt = plain.readNBytes(SALT);
            try (InputStream opened = cipher(passphrase, salt, iterations).newDecryptingStream(plain, MAGIC);
                    BufferedReader reader = new BufferedReader(new InputStreamReader(opened, StandardCharsets.UTF_8))) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    ObjectNode json = (ObjectNode) Json.MAPPER.readTree(line);
                    ObjectNode body = (ObjectNode) json.get("body");
                    sink.accept(
                            switch (json.path("kind").asString()) {
                                case "provider" -> new Item.Definition(body);
                                case "integration" -> new Item.Integration(body);
                                default -> new Item.Connection(body);
                            });
                }
            }
        }
    }

    private static void line(BufferedWriter writer, Item item) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put(
                "kind",
                switch (item) {
                    case Item.Definition definition -> "provider";
                    case Item.Integration integration -> "integration";
                    case Item.Connection connection -> "connection";
                });
        json.set("body", item.body());
        try {
            writer.write(json.toString());
            writer.newLine();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static AesGcmHkdfStreaming cipher(char[] passphrase, byte[] salt, int iterations)
            throws GeneralSecurityException {
        byte[] key = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                .generateSecret(new PBEKeySpec(passphrase, salt, iterations, 256))
                .getEncoded();
        return new AesGcmHkdfStreaming(key, "HmacSha256", 32, SEGMENT, 0);
    }
}
