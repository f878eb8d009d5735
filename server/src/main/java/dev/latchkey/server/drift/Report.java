package dev.latchkey.server.drift;

import dev.latchkey.server.drift.Result.Trace;
import dev.latchkey.server.json.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The result of one check. */
public record Report(Instant at, List<Result> results) {
    public static final Report NONE = new Report(Instant.EPOCH, List.of());

    /** Those that a person should look at. */
    public List<Result> looks() {
        return results.stream()
                .filter(result -> result.verdict() instanceof Verdict.Look)
                .toList();
    }

    public long alive() {
        return results.stream()
                .filter(result -> result.verdict() instanceof Verdict.Alive)
                .count();
    }

    public long skipped() {
        return results.stream()
                .filter(result -> result.verdict() instanceof Verdict.Skipped)
                .count();
    }

    /** What was noted of an address. */
    Optional<Trace> trace(String address) {
        return results.stream()
                .filter(result ->
                        result.address().equals(address) && !result.trace().equals(Trace.NONE))
                .map(Result::trace)
                .findFirst();
    }

    public ObjectNode json() {
        ObjectNode json = Json.MAPPER.createObjectNode().put("checked_at", at.toString());
        json.put("alive", alive()).put("look", looks().size()).put("skipped", skipped());
        ArrayNode all = json.putArray("results");
        for (Result result : results) {
            ObjectNode one = all.addObject()
                    .put("provider", result.provider())
                    .put("endpoint", result.what())
                    .put("address", result.address());
            switch (result.verdict()) {
                case Verdict.Alive _ -> one.put("state", "alive");
                case Verdict.Skipped skipped -> one.put("state", "skipped").put("why", skipped.why());
                case Verdict.Look look -> {
                    ArrayNode findings = one.put("state", "look").putArray("findings");
                    look.findings()
                            .forEach(finding -> findings.addObject()
                                    .put("kind", finding.kind())
                                    .put("words", finding.words()));
                }
            }
            result.trace().redirect().ifPresent(host -> one.put("redirects_to", host));
            result.trace().authority().ifPresent(name -> one.put("certificate_authority", name));
            result.trace().end().ifPresent(end -> one.put("certificate_ends", end.toString()));
        }
        return json;
    }

    /**
     * What an earlier check wrote, as far as a later one compares with it.
     *
     * @throws IllegalArgumentException when it is no report
     */
    public static Report read(String text) {
        try {
            JsonNode json = Json.MAPPER.readTree(text);
            if (!json.path("results").isArray()) {
                throw new IllegalArgumentException("it has no results");
            }
            Map<String, Result> results = new HashMap<>();
            json.path("results")
                    .forEach(one -> results.put(
                            one.path("address").asString(""),
                            new Result(
                                    one.path("provider").asString(""),
                                    one.path("endpoint").asString(""),
                                    one.path("address").asString(""),
                                    new Verdict.Alive(),
                                    new Trace(
                                            text(one, "redirects_to"),
                                            text(one, "certificate_authority"),
                                            text(one, "certificate_ends").map(Instant::parse)))));
            return new Report(Instant.parse(json.path("checked_at").asString("")), List.copyOf(results.values()));
        } catch (JacksonException | DateTimeException e) {
            throw new IllegalArgumentException("it is no report of this command");
        }
    }

    private static Optional<String> text(JsonNode one, String name) {
        return Optional.of(one.path(name).asString("")).filter(value -> !value.isEmpty());
    }
}
