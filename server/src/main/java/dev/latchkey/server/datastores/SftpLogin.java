package dev.latchkey.server.datastores;

import com.jcraft.jsch.ChannelSftp;
import com.jcraft.jsch.HostKey;
import com.jcraft.jsch.HostKeyRepository;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.JSchException;
import com.jcraft.jsch.Session;
import com.jcraft.jsch.SftpException;
import com.jcraft.jsch.SocketFactory;
import com.jcraft.jsch.UserInfo;
import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreTls;
import dev.latchkey.catalogue.keys.HashFunction;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** SFTP by JSch, over guarded sockets: the host key is compared before anything secret is sent. The folder is looked up. */
final class SftpLogin {
    /** Without Diffie-Hellman groups of the server's own, which it could choose for the work that they cause. */
    private static final String KEY_EXCHANGE = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
            + "ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group16-sha512,diffie-hellman-group14-sha256";

    private static final String HOST_KEYS =
            "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521," + "rsa-sha2-512,rsa-sha2-256";

    private SftpLogin() {}

    /** @throws IOException with the server's message, or when its host key is not the one that was given */
    static void prove(DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt)
            throws IOException, JSchException, Attempt.UnreadableException {
        JSch client = new JSch();
        identify(client, address);
        SeenKey seen = new SeenKey(
                address.tls() == DatastoreTls.REQUIRE, address.options().getOrDefault("hostKey", ""));
        client.setHostKeyRepository(seen);
        Session session = client.getSession(address.username(), host.name(), host.port());
        session.setSocketFactory(new Guarded(attempt));
        session.setDaemonThread(true);
        session.setPassword(address.password());
        session.setConfig("StrictHostKeyChecking", "yes");
        session.setConfig("kex", KEY_EXCHANGE);
        session.setConfig("server_host_key", seen.algorithms());
        session.setConfig("PreferredAuthentications", "publickey,password,keyboard-interactive");
        try {
            session.connect();
            look(session, address.database());
        } catch (JSchException e) {
            if (!seen.complaint().isEmpty()) {
                throw new UntrustedException(seen.complaint());
            }
            // "Auth fail" or "Auth cancel", which is the same to a person: no method is left.
            String message = String.valueOf(e.getMessage());
            if (message.startsWith("Auth ")) {
                throw new RefusedException("the login is refused" + message.replaceFirst("^Auth \\w+", ""));
            }
            throw e;
        } finally {
            session.disconnect();
        }
    }

    private static void identify(JSch client, DatastoreAddress address) throws Attempt.UnreadableException {
        String key = address.certificates().clientKey();
        if (key.isEmpty()) {
            return;
        }
        try {
            // It reads the key only when it is used; an identity says at once whether it can be.
            client.addIdentity("key", (key.strip() + "\n").getBytes(StandardCharsets.UTF_8), null, null);
            if (!client.getIdentityRepository().getIdentities().getFirst().isEncrypted()) {
                return;
            }
        } catch (JSchException e) {
            // Not the cause: it may repeat what it could not read.
        }
        throw new Attempt.UnreadableException(
                "the private key cannot be read: it must be one of OpenSSH's or PKCS #8, without a passphrase");
    }

    private static void look(Session session, String folder) throws IOException, JSchException {
        ChannelSftp sftp = (ChannelSftp) session.openChannel("sftp");
        sftp.connect();
        if (folder.isEmpty()) {
            return;
        }
        try {
            // A path is a pattern to the client.
            if (!sftp.stat(folder.replaceAll("([*?\\\\])", "\\\\$1")).isDir()) {
                throw new RefusedException("what is at the path is no folder");
            }
        } catch (SftpException e) {
            throw new RefusedException("the folder cannot be opened: " + e.getMessage());
        }
    }

    /** Compares the server's key with the one that was given, as fingerprint or as a line of a {@code known_hosts} file. */
    private static final class SeenKey implements HostKeyRepository {
        private final boolean any;
        private final String given;
        private String complaint = "";

        SeenKey(boolean any, String given) {
            this.any = any;
            this.given = given.strip();
        }

        /** What is wrong with the key that the server showed; empty if nothing is, or none was shown. */
        String complaint() {
            return complaint;
        }

        /** Of a server with keys of several types, the one that was given must be shown. */
        String algorithms() {
            for (String type : HOST_KEYS.split(",")) {
                if ((" " + given).contains(" " + type + " ")) {
                    return type;
                }
            }
            return (" " + given).contains(" ssh-rsa ") ? "rsa-sha2-512,rsa-sha2-256" : HOST_KEYS;
        }

        @Override
        public int check(String host, byte[] key) {
            String base64 = Base64.getEncoder().encodeToString(key);
            String fingerprint =
                    "SHA256:" + Base64.getEncoder().withoutPadding().encodeToString(HashFunction.SHA_256.digest(key));
            if (any || given.equals(fingerprint) || (" " + given + " ").contains(" " + base64 + " ")) {
                return OK;
            }
            complaint = "its host key is " + fingerprint
                    + (given.isEmpty()
                            ? ". Compare it with what the server's operator says, and give it as hostKey"
                            : ", which is not the one that was given as hostKey");
            return given.isEmpty() ? NOT_INCLUDED : CHANGED;
        }

        @Override
        public void add(HostKey key, UserInfo user) {}

        @Override
        public void remove(String host, String type) {}

        @Override
        public void remove(String host, String type, byte[] key) {}

        @Override
        public String getKnownHostsRepositoryID() {
            return "given";
        }

        @Override
        public HostKey[] getHostKey() {
            return new HostKey[0];
        }

        @Override
        public HostKey[] getHostKey(String host, String type) {
            return new HostKey[0];
        }
    }

    private record Guarded(Attempt attempt) implements SocketFactory {
        @Override
        public Socket createSocket(String host, int port) throws IOException {
            Socket socket = attempt.sockets().create();
            socket.connect(InetSocketAddress.createUnresolved(host, port));
            return socket;
        }

        @Override
        public InputStream getInputStream(Socket socket) throws IOException {
            return socket.getInputStream();
        }

        @Override
        public OutputStream getOutputStream(Socket socket) throws IOException {
            return socket.getOutputStream();
        }
    }
}
