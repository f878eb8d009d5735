package dev.latchkey.connectors;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreDriver;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.client.Connection;
import dev.latchkey.client.Connector;
import dev.latchkey.client.LocalConnectors;
import dev.latchkey.client.ProxyAnswer;
import dev.latchkey.client.ProxyRequest;
import dev.latchkey.client.Verified;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** The catalogue, loaded on first use. Thread-safe. */
public final class CatalogueConnectors implements LocalConnectors {
    /** Loaded once. */
    private static final class Shipped {
        static final Catalogue CATALOGUE = Catalogue.load();
    }

    private final Supplier<Catalogue> catalogue;
    private final VendorCalls vendors;

    /** With the definitions that are shipped. */
    public CatalogueConnectors() {
        this(() -> Shipped.CATALOGUE, UnaryOperator.identity());
    }

    /** @param vendors from a vendor's address to the one that is called: the same, but in tests */
    CatalogueConnectors(Supplier<Catalogue> catalogue, UnaryOperator<URI> vendors) {
        this.catalogue = catalogue;
        this.vendors = new VendorCalls(
                HttpClient.newBuilder()
                        // A redirect would carry the credential elsewhere.
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .connectTimeout(Duration.ofSeconds(10))
                        .build(),
                vendors);
    }

    /** With definitions of your own beside them, from YAML files of a folder. */
    public static CatalogueConnectors withOwn(Path folder) {
        Catalogue own = Catalogue.load(folder);
        return new CatalogueConnectors(() -> own, UnaryOperator.identity());
    }

    @Override
    public List<Connector> all() {
        return catalogue.get().all().stream().map(ConnectorJson::of).toList();
    }

    @Override
    public Optional<Connector> find(String id) {
        return catalogue.get().find(id).map(ConnectorJson::of);
    }

    @Override
    public Verified connect(Connector connector, String connectionId, Map<String, String> values, Duration timeout) {
        Provider provider = provider(connector.id());
        AuthFacts facts = provider.auth().facts();
        Map<String, String> accepted = Accepted.values(
                provider,
                facts.datastore().map(driver -> expanded(driver, values)).orElse(values));
        if (facts.datastore().isPresent()) {
            DatastoreAddress address = DatastoreAddress.of(facts.datastore().get(), accepted);
            Verified.Proof proof = new DatastoreCheck(timeout).check(provider, address);
            return new Verified(LocalConnection.ofDatastore(provider, connectionId, address, accepted), proof);
        }
        boolean tried = facts.keyField().isPresent() || facts.basic().isPresent();
        Verified.Proof proof =
                tried ? vendors.verify(provider, Accepted.forTemplates(accepted), timeout) : Verified.Proof.UNCHECKED;
        return new Verified(LocalConnection.of(provider, connectionId, accepted), proof);
    }

    @Override
    public ProxyAnswer call(Connection connection, ProxyRequest request, Duration timeout) {
        Provider provider = provider(connection.provider());
        return vendors.call(provider, LocalConnection.values(provider, connection), request, timeout);
    }

    private Provider provider(String id) {
        return catalogue
                .get()
                .find(id)
                .orElseThrow(() -> new IllegalArgumentException("there is no connector '" + id + "'"));
    }

    /** Java's own name for it, beside that of the API. */
    private static Map<String, String> expanded(DatastoreDriver driver, Map<String, String> given) {
        Map<String, String> renamed = new LinkedHashMap<>(given);
        Optional.ofNullable(renamed.remove("connectionString"))
                .ifPresent(text -> renamed.put(DatastoreAddress.CONNECTION_STRING, text));
        return DatastoreAddress.expand(driver, renamed);
    }
}
