package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.bson.BsonBinary;
import org.bson.BsonBoolean;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonString;
import org.bson.BsonValue;

/**
 * MongoDB: hello, a login, ping in its own protocol, directly to one host. Its drivers compute as many rounds of hashing as a server
 * requests, and continue after the caller has given up.
 */
final class MongoLogin {
    /** CommandNotFound: servers before 4.4 know only the older name of the greeting. */
    private static final int NO_SUCH_COMMAND = 59;

    private MongoLogin() {}

    /** @throws RefusedException with the server's message */
    static void prove(DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt) throws IOException {
        try (Peer peer = new Peer(address, host, attempt, "MongoDB")) {
            talk(address, new MongoWire(peer));
        }
    }

    private static void talk(DatastoreAddress address, MongoWire wire) throws IOException {
        String source = source(address);
        Map<String, BsonValue> hello = hello(wire, address, source);
        if (!address.username().isEmpty() || isByCertificate(address)) {
            login(wire, address, source, mechanism(address, hello));
        }
        ok(wire.run(command("ping", new BsonInt32(1), address.database().isEmpty() ? "admin" : address.database())));
    }

    /** Then the certificate identifies the user, and a name is optional. */
    private static boolean isByCertificate(DatastoreAddress address) {
        return address.options().getOrDefault("authMechanism", "").equals("MONGODB-X509");
    }

    /** Where the login is kept. */
    private static String source(DatastoreAddress address) {
        String preset = address.database().isEmpty() ? "admin" : address.database();
        return switch (address.options().getOrDefault("authMechanism", "")) {
            case "MONGODB-X509" -> "$external";
            case "PLAIN" -> address.options().getOrDefault("authSource", "$external");
            default -> address.options().getOrDefault("authSource", preset);
        };
    }

    private static Map<String, BsonValue> hello(MongoWire wire, DatastoreAddress address, String source)
            throws IOException {
        Map<String, BsonValue> answer = wire.run(greeting("hello", address, source));
        if (answer.get("code") instanceof BsonInt32 code && code.getValue() == NO_SUCH_COMMAND) {
            answer = wire.run(greeting("isMaster", address, source));
        }
        return ok(answer);
    }

    private static BsonDocument greeting(String name, DatastoreAddress address, String source) {
        BsonDocument system = new BsonDocument("type", new BsonString("unknown"));
        BsonDocument client = new BsonDocument("application", new BsonDocument("name", new BsonString("Latchkey")))
                .append(
                        "driver",
                        new BsonDocument("name", new BsonString("latchkey")).append("version", new BsonString("1")))
                .append("os", system);
        BsonDocument greeting = command(name, new BsonInt32(1), "admin").append("client", client);
        return address.username().isEmpty()
                ? greeting
                : greeting.append("saslSupportedMechs", new BsonString(source + "." + address.username()));
    }

    /** The one that the string names, or the better of those that the server offers for the login. */
    private static String mechanism(DatastoreAddress address, Map<String, BsonValue> hello) {
        String named = address.options().getOrDefault("authMechanism", "");
        if (!named.isEmpty()) {
            return named;
        }
        return hello.get("saslSupportedMechs") instanceof org.bson.BsonArray offered
                        && offered.contains(new BsonString("SCRAM-SHA-256"))
                ? "SCRAM-SHA-256"
                : "SCRAM-SHA-1";
    }

    private static void login(MongoWire wire, DatastoreAddress address, String source, String mechanism)
            throws IOException {
        switch (mechanism) {
            case "SCRAM-SHA-256" ->
                scram(wire, source, mechanism, Scram.Login.sha256(address.username(), address.password()));
            case "SCRAM-SHA-1" ->
                scram(wire, source, mechanism, Scram.Login.sha1(address.username(), address.password()));
            case "PLAIN" ->
                ok(wire.run(command("saslStart", new BsonInt32(1), source)
                        .append("mechanism", new BsonString(mechanism))
                        .append("payload", payload("\0" + address.username() + "\0" + address.password()))));
            case "MONGODB-X509" -> {
                BsonDocument command = command("authenticate", new BsonInt32(1), source)
                        .append("mechanism", new BsonString(mechanism));
                ok(wire.run(
                        address.username().isEmpty()
                                ? command
                                : command.append("user", new BsonString(address.username()))));
            }
            default ->
                throw new RefusedException("authMechanism must be SCRAM-SHA-256, SCRAM-SHA-1, PLAIN or MONGODB-X509");
        }
    }

    private static void scram(MongoWire wire, String source, String mechanism, Scram.Login login) throws IOException {
        Scram scram = new Scram(login, Scram.nonce());
        Map<String, BsonValue> first = ok(wire.run(command("saslStart", new BsonInt32(1), source)
                .append("mechanism", new BsonString(mechanism))
                .append("payload", payload(scram.clientFirst()))
                .append("options", new BsonDocument("skipEmptyExchange", BsonBoolean.TRUE))));
        BsonValue conversation = first.getOrDefault("conversationId", new BsonInt32(1));
        Map<String, BsonValue> last = ok(wire.run(next(source, conversation, payload(scram.clientFinal(text(first))))));
        scram.verify(text(last));
        // Older servers end with one more, empty exchange.
        if (!BsonBoolean.TRUE.equals(last.get("done"))) {
            last = ok(wire.run(next(source, conversation, payload(""))));
            if (!BsonBoolean.TRUE.equals(last.get("done"))) {
                throw MongoWire.notMongo();
            }
        }
    }

    private static BsonDocument next(String source, BsonValue conversation, BsonBinary payload) {
        return command("saslContinue", new BsonInt32(1), source)
                .append("conversationId", conversation)
                .append("payload", payload);
    }

    private static BsonDocument command(String name, BsonValue value, String database) {
        return new BsonDocument(name, value).append("$db", new BsonString(database));
    }

    private static BsonBinary payload(String text) {
        return new BsonBinary(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(Map<String, BsonValue> answer) throws RefusedException {
        if (answer.get("payload") instanceof BsonBinary payload) {
            return new String(payload.getData(), StandardCharsets.UTF_8);
        }
        throw MongoWire.notMongo();
    }

    /** @throws RefusedException with the server's message when the command failed */
    private static Map<String, BsonValue> ok(Map<String, BsonValue> answer) throws RefusedException {
        BsonValue ok = answer.get("ok");
        if (ok != null && (ok.isNumber() ? ok.asNumber().intValue() == 1 : BsonBoolean.TRUE.equals(ok))) {
            return answer;
        }
        if (answer.get("errmsg") instanceof BsonString message) {
            String name = answer.get("codeName") instanceof BsonString code ? " (" + code.getValue() + ")" : "";
            throw new RefusedException(message.getValue() + name);
        }
        throw MongoWire.notMongo();
    }
}
