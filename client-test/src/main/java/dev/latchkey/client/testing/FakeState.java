package dev.latchkey.client.testing;

import dev.latchkey.client.EndUser;
import dev.latchkey.client.Failure;
import dev.latchkey.client.Json;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the fake knows. Thread-safe. */
final class FakeState {
    /** A connect session. @param integrations those that it allows; empty: all @param connection that is authorized again, or to be made */
    record Session(
            String token,
            List<String> integrations,
            Optional<String> connection,
            Optional<EndUser> endUser,
            Map<String, String> tags,
            Optional<URI> returnUrl) {}

    private record Key(String integration, String id) {}

    /** A response that a test has set. @param method {@code *}: any */
    record Stub(String integration, String method, String path, FakeStub answers) {
        boolean isFor(String integration, String method, String path) {
            return this.integration.equals(integration)
                    && this.method.equals(method)
                    && this.path.equals(path.replaceFirst("\\?.*", ""));
        }
    }

    private final Map<String, Map<String, @Nullable Object>> integrations = new LinkedHashMap<>();
    private final Map<Key, FakeConnection> connections = new LinkedHashMap<>();
    private final Map<String, Session> sessions = new LinkedHashMap<>();
    private final Map<String, Json> outcomes = new LinkedHashMap<>();
    private final List<Stub> stubs = new ArrayList<>();
    private final List<FakeCall> calls = new ArrayList<>();
    private final List<Failure> failures = new ArrayList<>();
    private @Nullable Failure outage;
    private boolean unreachable;
    private long numbers;

    synchronized void clear() {
        integrations.clear();
        connections.clear();
        sessions.clear();
        outcomes.clear();
        stubs.clear();
        calls.clear();
        failures.clear();
        outage = null;
        unreachable = false;
    }

    synchronized void integration(String key, Map<String, ?> members) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>(integrations.getOrDefault(key, new LinkedHashMap<>()));
        json.putIfAbsent("unique_key", key);
        json.putIfAbsent("created_at", Instant.now());
        json.putIfAbsent("forward_webhooks", true);
        json.putIfAbsent("paused", null);
        json.putAll(members);
        json.putIfAbsent("display_name", json.get("provider"));
        json.put("updated_at", Instant.now());
        // What only the server needs to know.
        json.keySet().removeAll(List.of("credentials", "integration_config", "webhook_secret", "next_client_secret"));
        integrations.put(key, json);
    }

    synchronized boolean removeIntegration(String key) {
        connections.keySet().removeIf(one -> one.integration().equals(key));
        return integrations.remove(key) != null;
    }

    synchronized Optional<Map<String, @Nullable Object>> integration(String key) {
        return Optional.ofNullable(integrations.get(key)).map(LinkedHashMap::new);
    }

    synchronized List<Map<String, @Nullable Object>> integrations() {
        return List.copyOf(integrations.values());
    }

    synchronized String provider(String integration) {
        Map<String, @Nullable Object> json = integrations.get(integration);
        return json == null ? integration : String.valueOf(json.get("provider"));
    }

    synchronized Optional<FakeConnection> find(String integration, String id) {
        return Optional.ofNullable(connections.get(new Key(integration, id)));
    }

    synchronized FakeConnection connection(String integration, String id) {
        return connections.computeIfAbsent(
                new Key(integration, id), key -> new FakeConnection(integration, provider(integration), id, ++numbers));
    }

    synchronized boolean remove(String integration, String id) {
        return connections.remove(new Key(integration, id)) != null;
    }

    synchronized List<FakeConnection> connections() {
        return List.copyOf(connections.values());
    }

    synchronized long nextNumber() {
        return ++numbers;
    }

    synchronized void session(Session session) {
        sessions.put(session.token(), session);
    }

    synchronized Optional<Session> session(String token) {
        return Optional.ofNullable(sessions.get(token));
    }

    synchronized void endSession(String token) {
        sessions.remove(token);
    }

    synchronized void outcome(Session session, Map<String, ?> outcome) {
        outcomes.put(session.token(), Json.of(outcome));
    }

    synchronized Optional<Json> outcome(Session session) {
        return Optional.ofNullable(outcomes.get(session.token()));
    }

    synchronized FakeStub stub(String integration, String method, String path) {
        FakeStub stub = new FakeStub();
        stubs.add(0, new Stub(integration, method, path, stub));
        return stub;
    }

    synchronized Optional<FakeStub> stubbed(String integration, String method, String path) {
        return stubs.stream()
                .filter(one -> one.isFor(integration, method, path))
                .map(Stub::answers)
                .findFirst();
    }

    synchronized void called(FakeCall call) {
        calls.add(call);
    }

    synchronized List<FakeCall> calls() {
        return List.copyOf(calls);
    }

    synchronized void failNext(Failure failure) {
        failures.add(failure);
    }

    synchronized void fail(@Nullable Failure failure) {
        outage = failure;
    }

    synchronized void unreachable(boolean yes) {
        unreachable = yes;
    }

    synchronized boolean isUnreachable() {
        return unreachable;
    }

    synchronized Optional<Failure> nextFailure() {
        return failures.isEmpty() ? Optional.ofNullable(outage) : Optional.of(failures.remove(0));
    }
}
