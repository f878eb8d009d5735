package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The mechanism PLAIN (RFC 4616), which the protocols that have SASL share. */
final class Sasl {
    private Sasl() {}

    static byte[] plainBytes(DatastoreAddress address) {
        return ("\0" + address.username() + "\0" + address.password()).getBytes(StandardCharsets.UTF_8);
    }

    /** In Base64, as protocols of lines carry it. */
    static String plain(DatastoreAddress address) {
        return Base64.getEncoder().encodeToString(plainBytes(address));
    }
}
