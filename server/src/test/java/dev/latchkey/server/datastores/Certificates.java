package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.keys.PrivateKeys;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** An authority, a server's certificate for {@code localhost} and a client's, made by openssl in a folder. */
record Certificates(Path folder) {
    static Certificates in(Path folder) throws IOException, InterruptedException {
        Files.writeString(folder.resolve("server.ext"), "subjectAltName=DNS:localhost\n");
        Files.writeString(folder.resolve("client.ext"), "extendedKeyUsage=clientAuth\n");
        openssl(
                folder,
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=Latchkey test authority",
                "-keyout",
                "ca.key",
                "-out",
                "ca.pem");
        for (String[] one : new String[][] {{"server", "/CN=localhost"}, {"client", "/CN=app"}}) {
            openssl(
                    folder,
                    "req",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:P-256",
                    "-nodes",
                    "-subj",
                    one[1],
                    "-keyout",
                    one[0] + ".key",
                    "-out",
                    one[0] + ".csr");
            openssl(
                    folder,
                    "x509",
                    "-req",
                    "-in",
                    one[0] + ".csr",
                    "-CA",
                    "ca.pem",
                    "-CAkey",
                    "ca.key",
                    "-CAcreateserial",
                    "-days",
                    "2",
                    "-extfile",
                    one[0] + ".ext",
                    "-out",
                    one[0] + ".pem");
            Files.setPosixFilePermissions(
                    folder.resolve(one[0] + ".key"), PosixFilePermissions.fromString("rw-------"));
        }
        return new Certificates(folder);
    }

    private static void openssl(Path folder, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("openssl"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException("openssl failed: " + said);
        }
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    String pem(String name) throws IOException {
        return Files.readString(file(name));
    }

    /** The server's certificate and key, where a server takes a file. */
    Path keyStore(String password) throws IOException, GeneralSecurityException {
        Path file = folder.resolve("server.p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            store(password).store(out, password.toCharArray());
        }
        return file;
    }

    /** The server's side of TLS, where a server runs in this process. */
    SSLContext serverTls() throws IOException, GeneralSecurityException {
        String password = "in-memory";
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store(password), password.toCharArray());
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(keys.getKeyManagers(), null, null);
        return tls;
    }

    private KeyStore store(String password) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream certificate = Files.newInputStream(file("server.pem"))) {
            store.setKeyEntry(
                    "server", PrivateKeys.parse(pem("server.key")), password.toCharArray(), new Certificate[] {
                        CertificateFactory.getInstance("X.509").generateCertificate(certificate)
                    });
        }
        return store;
    }
}
