package dev.latchkey.client;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The catalogue, and how connectors that need no server are connected: implemented by the artifact {@code
 * dev.latchkey:latchkey-connectors}, which {@link Latchkey} finds on the class path. Thread-safe.
 */
public interface LocalConnectors {
    /**
     * Every connector, in order of id.
     *
     * <pre>{@code
     * long count = latchkey.connectors().size();
     * }</pre>
     */
    List<Connector> all();

    /**
     * One of them.
     *
     * <pre>{@code
     * Optional<Connector> github = latchkey.connectors().stream().filter(it -> it.id().equals("github")).findFirst();
     * }</pre>
     */
    Optional<Connector> find(String id);

    /**
     * Checks the values and verifies the credential where the definition says how; keeps nothing.
     *
     * <pre>{@code
     * Verified verified = latchkey.connect("stripe-api-key", "billing", Map.of("apiKey", key));
     * }</pre>
     *
     * @throws LatchkeyException.CredentialRefused when the provider or the database refuses, or does not respond
     * @throws IllegalArgumentException when a value is missing or malformed; never repeats a value
     */
    Verified connect(Connector connector, String connectionId, Map<String, String> values, Duration timeout);

    /**
     * Calls the provider's API with the connection's credential, from this process.
     *
     * <pre>{@code
     * try (ProxyAnswer answer = latchkey.call("stripe-api-key", "billing", ProxyRequest.get("/v1/balance"))) {
     *     System.out.println(answer.status());
     * }
     * }</pre>
     *
     * @throws LatchkeyException.Unreachable when the provider does not respond
     * @throws IllegalArgumentException when the provider is no HTTP API, or its calls are signed by the server alone
     */
    ProxyAnswer call(Connection connection, ProxyRequest request, Duration timeout);
}
