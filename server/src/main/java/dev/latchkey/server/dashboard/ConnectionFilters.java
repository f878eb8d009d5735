package dev.latchkey.server.dashboard;

import dev.latchkey.server.connections.ConnectionSearch;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Ids;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * What a list of connections shows, and in which order, as its address says it. Empty text does not filter.
 *
 * @param integration its key, which may no longer exist: then nothing is found
 */
public record ConnectionFilters(String text, String integration, String state, boolean oldestFirst) {
    /** In the place of an integration that does not exist. */
    private static final UUID NONE = new UUID(0, 0);

    static ConnectionFilters of(Visit visit) {
        return new ConnectionFilters(
                visit.query("search").orElse(""),
                visit.query("integration").orElse(""),
                visit.query("state")
                        .filter(text -> ConnectionSearch.State.of(text).isPresent())
                        .orElse(""),
                visit.query("sort").filter("oldest"::equals).isPresent());
    }

    public boolean any() {
        return !text.isEmpty() || !integration.isEmpty() || !state.isEmpty();
    }

    /** The page that begins behind {@code after}; with {@code before}, the page that ends before it, in reverse order. */
    ConnectionSearch.Query query(List<Integration> all, Optional<UUID> after, Optional<UUID> before, int limit) {
        return new ConnectionSearch.Query(
                Optional.of(text).filter(it -> !it.isEmpty()),
                Optional.of(integration)
                        .filter(it -> !it.isEmpty())
                        .map(key -> all.stream()
                                .filter(one -> one.uniqueKey().equals(key))
                                .map(Integration::id)
                                .findFirst()
                                .orElse(NONE)),
                ConnectionSearch.State.of(state),
                after.or(() -> before),
                oldestFirst == before.isEmpty(),
                limit);
    }

    static Optional<UUID> after(Visit visit) {
        return visit.query("after").flatMap(Ids::parse);
    }

    /** Counts only if the address does not say {@code after}, too. */
    static Optional<UUID> before(Visit visit) {
        return after(visit).isPresent()
                ? Optional.empty()
                : visit.query("before").flatMap(Ids::parse);
    }

    /** For an address. */
    Map<String, String> parameters() {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("search", text);
        parameters.put("integration", integration);
        parameters.put("state", state);
        parameters.put("sort", oldestFirst ? "oldest" : "");
        parameters.values().removeIf(String::isEmpty);
        return parameters;
    }
}
