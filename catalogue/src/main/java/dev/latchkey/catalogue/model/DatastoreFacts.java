package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreDriver;
import java.util.List;
import java.util.Optional;

/** Of a database, or of another server with a protocol of its own. A connection string is no web address, so it has none. */
record DatastoreFacts(Auth.Datastore auth) implements TypedFacts {
    @Override
    public String mode() {
        return "DATASTORE";
    }

    @Override
    public String words() {
        return "connection string";
    }

    @Override
    public String label() {
        return "Database";
    }

    @Override
    public boolean needsServer() {
        return false;
    }

    @Override
    public boolean holdsStaticSecret() {
        return true;
    }

    @Override
    public List<String> setupSteps() {
        return List.of(
                Sentences.CREATE,
                "Each user enters a connection string, or its parts.",
                "Servers at private addresses are reached only if LATCHKEY_EGRESS_ALLOW names them.");
    }

    @Override
    public List<String> notes() {
        return List.of("As fields or as one connection string; users prove themselves by "
                + String.join(", ", auth.mechanisms()) + ".");
    }

    @Override
    public List<String> usedFields() {
        return DatastoreAddress.FIELDS;
    }

    @Override
    public List<String> breaks(Auth before) {
        return ((Auth.Datastore) before).driver() == auth.driver()
                ? List.of()
                : List.of("they are of another kind of database");
    }

    @Override
    public Optional<DatastoreDriver> datastore() {
        return Optional.of(auth.driver());
    }

    @Override
    public boolean speaksHttp() {
        return false;
    }
}
