package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.keys.HashFunction;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Kafka: ApiVersions, a login by SASL, Metadata without topics, by the versions of these requests that every broker since 1.0 knows.
 * The brokers that Metadata lists are not contacted: a server that a stranger names does not choose further addresses.
 */
final class KafkaLogin {
    private static final int METADATA = 3;
    private static final int SASL_HANDSHAKE = 17;
    private static final int API_VERSIONS = 18;
    private static final int SASL_AUTHENTICATE = 36;

    private static final int UNSUPPORTED_SASL_MECHANISM = 33;
    private static final int ILLEGAL_SASL_STATE = 34;

    private static final int LONGEST = 512 * 1024;

    /** The best first, tried in this order unless the address names one. */
    private static final List<String> BY_PASSWORD = List.of("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN");

    private final Peer peer;
    private int requests;

    private KafkaLogin(Peer peer) {
        this.peer = peer;
    }

    /** @throws RefusedException with the broker's message */
    static void prove(DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt) throws IOException {
        String named = address.options().getOrDefault("saslMechanism", "");
        String first = named.isEmpty() ? BY_PASSWORD.getFirst() : named;
        List<String> offered = talk(address, host, attempt, first);
        if (offered.isEmpty()) {
            return;
        }
        // A broker says what it offers only to who asks for something else, and closes the connection then.
        String second = BY_PASSWORD.stream()
                .filter(one -> named.isEmpty() && !one.equals(first) && offered.contains(one))
                .findFirst()
                .orElseThrow(() -> new RefusedException("it takes logins by " + String.join(", ", offered)
                        + ", and not by " + (named.isEmpty() ? String.join(", ", BY_PASSWORD) : named)));
        if (!talk(address, host, attempt, second).isEmpty()) {
            throw new RefusedException("it offers " + second + ", and refuses it");
        }
    }

    /** The mechanisms that the broker offers, if this is none of them; empty when all is well. */
    private static List<String> talk(
            DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt, String mechanism)
            throws IOException {
        try (Peer peer = new Peer(address, host, attempt, "Kafka")) {
            KafkaLogin login = new KafkaLogin(peer);
            login.versions();
            boolean withLogin =
                    !address.username().isEmpty() || !address.password().isEmpty();
            List<String> offered = withLogin ? login.handshake(mechanism) : List.of();
            if (offered.isEmpty()) {
                if (withLogin) {
                    login.authenticate(mechanism, address);
                }
                login.metadata(withLogin);
            }
            return offered;
        } catch (EOFException e) {
            throw new RefusedException("its message ends too early");
        }
    }

    private void versions() throws IOException {
        DataInputStream answer = ask(API_VERSIONS, 0, out -> {});
        refuse(answer.readShort(), "");
        List<Integer> known = new ArrayList<>();
        for (int left = answer.readInt(); left > 0; left--) {
            int key = answer.readShort();
            int least = answer.readShort();
            int most = answer.readShort();
            int used = key == SASL_HANDSHAKE || key == METADATA ? 1 : 0;
            if (least <= used && used <= most) {
                known.add(key);
            }
        }
        if (!known.contains(METADATA)) {
            throw new RefusedException("it does not know Metadata 1, as Kafka 1.0 and newer do");
        }
    }

    private List<String> handshake(String mechanism) throws IOException {
        DataInputStream answer = ask(SASL_HANDSHAKE, 1, out -> text(out, mechanism));
        int error = answer.readShort();
        if (error == ILLEGAL_SASL_STATE) {
            throw new RefusedException(
                    "it takes no login on this port: leave user and password empty, or give the port for SASL");
        }
        List<String> offered = new ArrayList<>();
        for (int left = answer.readInt(); left > 0 && offered.size() < 20; left--) {
            offered.add(text(answer));
        }
        if (error == UNSUPPORTED_SASL_MECHANISM) {
            return offered.isEmpty() ? List.of("no mechanism") : offered;
        }
        refuse(error, "");
        return List.of();
    }

    private void authenticate(String mechanism, DatastoreAddress address) throws IOException {
        switch (mechanism) {
            case "SCRAM-SHA-512" -> scram(HashFunction.SHA_512, address);
            case "SCRAM-SHA-256" -> scram(HashFunction.SHA_256, address);
            case "OAUTHBEARER" -> {
                // RFC 7628 section 3.1. A refusal is JSON in an otherwise successful response (section 3.2.2).
                String refused = pass("n,,\u0001auth=Bearer " + address.password() + "\u0001\u0001");
                if (!refused.isEmpty()) {
                    throw new RefusedException("the token is refused: " + refused);
                }
            }
            default -> pass("\0" + address.username() + "\0" + address.password());
        }
    }

    private void scram(HashFunction hash, DatastoreAddress address) throws IOException {
        // Kafka hashes the password as it is, without SASLprep.
        Scram scram = new Scram(new Scram.Login(hash, address.username(), address.password()), Scram.nonce());
        scram.verify(pass(scram.clientFinal(pass(scram.clientFirst()))));
    }

    private String pass(String message) throws IOException {
        DataInputStream answer = ask(SASL_AUTHENTICATE, 0, out -> {
            byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
            out.writeInt(bytes.length);
            out.write(bytes);
        });
        int error = answer.readShort();
        refuse(error, text(answer));
        int length = answer.readInt();
        if (length > answer.available()) {
            throw peer.wrong();
        }
        return length < 0 ? "" : new String(answer.readNBytes(length), StandardCharsets.UTF_8);
    }

    /** Whoever may connect at all may ask which brokers there are. */
    private void metadata(boolean withLogin) throws IOException {
        try {
            DataInputStream answer = ask(METADATA, 1, out -> out.writeInt(0));
            if (answer.readInt() < 1) {
                throw new RefusedException("it knows of no broker, not even itself");
            }
        } catch (Peer.ClosedException e) {
            throw withLogin
                    ? e
                    : new RefusedException("it closed the connection, as a broker does that wants a login (SASL)");
        }
    }

    private interface Body {
        void to(DataOutputStream out) throws IOException;
    }

    /** What follows the correlation id of the response. */
    private DataInputStream ask(int key, int version, Body body) throws IOException {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(request);
        out.writeShort(key);
        out.writeShort(version);
        out.writeInt(++requests);
        text(out, "latchkey");
        body.to(out);
        ByteArrayOutputStream framed = new ByteArrayOutputStream();
        DataOutputStream frame = new DataOutputStream(framed);
        frame.writeInt(request.size());
        request.writeTo(frame);
        peer.send(framed.toByteArray());

        byte[] length = peer.bytes(4, 4);
        int size = new DataInputStream(new ByteArrayInputStream(length)).readInt();
        DataInputStream answer = new DataInputStream(new ByteArrayInputStream(peer.bytes(size, LONGEST)));
        if (size < 4 || answer.readInt() != requests) {
            throw peer.wrong();
        }
        return answer;
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeShort(bytes.length);
        out.write(bytes);
    }

    /** Empty where it is null. */
    private String text(DataInputStream in) throws IOException {
        int length = in.readShort();
        if (length > in.available()) {
            throw peer.wrong();
        }
        return length < 0 ? "" : new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    /** By the list of error codes in Kafka's protocol guide. */
    private static void refuse(int error, String words) throws RefusedException {
        if (error == 0) {
            return;
        }
        String name = switch (error) {
            case 29 -> "TOPIC_AUTHORIZATION_FAILED";
            case 31 -> "CLUSTER_AUTHORIZATION_FAILED";
            case 35 -> "UNSUPPORTED_VERSION";
            case 58 -> "SASL_AUTHENTICATION_FAILED";
            default -> "error " + error;
        };
        throw new RefusedException(name + (words.isBlank() ? "" : ": " + words));
    }
}
