package dev.latchkey.server.connect;

import dev.latchkey.catalogue.AfterConnect;
import dev.latchkey.catalogue.JsonPath;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.oauth.ApiCall;
import dev.latchkey.server.oauth.ValuesOf;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.vault.Secret;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The calls that learn what the API needs once a credential is there: tenant, site, cloud. Thread-safe. */
public final class AfterConnectSteps {
    private final ApiCall api;

    public AfterConnectSteps(ApiCall api) {
        this.api = api;
    }

    /** @param problems of steps that are not optional, in words; the credential is good all the same */
    public record Learned(ObjectNode config, List<String> problems) {}

    public Learned run(
            Provider provider,
            Integration integration,
            Credentials credentials,
            ObjectNode config,
            Map<String, Secret> secrets) {
        ObjectNode learned = config.deepCopy();
        List<String> problems = new ArrayList<>();
        for (AfterConnect step : provider.afterConnect()) {
            if (step.unless().filter(learned::has).isPresent()) {
                continue;
            }
            try {
                ValuesOf values = new ValuesOf(integration, learned, secrets, Optional.of(credentials));
                Egress.Answer answer = api.send(provider, integration, step.call(), values);
                if (answer.status() >= 300) {
                    problem(step, problems, provider.name() + " answered " + answer.status());
                } else if (!pick(step, answer, learned)) {
                    problem(step, problems, "the answer of " + provider.name() + " has not what is looked for");
                }
            } catch (EgressException | IllegalArgumentException e) {
                problem(step, problems, String.valueOf(e.getMessage()));
            }
        }
        return new Learned(learned, problems);
    }

    private static void problem(AfterConnect step, List<String> problems, String text) {
        if (!step.optional()) {
            problems.add(text);
        }
    }

    private static boolean pick(AfterConnect step, Egress.Answer answer, ObjectNode config) {
        JsonNode body;
        try {
            body = Json.MAPPER.readTree(answer.body());
        } catch (JacksonException e) {
            return false;
        }
        Optional<JsonNode> source = step.find().isPresent() ? find(step.find().get(), body, config) : Optional.of(body);
        boolean all = source.isPresent();
        for (Map.Entry<String, JsonPath> entry : step.pick().entrySet()) {
            Optional<String> value = source.flatMap(node -> entry.getValue().textIn(node));
            value.ifPresent(text -> config.put(entry.getKey(), text));
            all &= value.isPresent();
        }
        return all;
    }

    /** The first element that satisfies the earliest rule. */
    private static Optional<JsonNode> find(AfterConnect.Find find, JsonNode body, JsonNode config) {
        Optional<JsonNode> list = find.in().in(body);
        for (AfterConnect.Rule rule : find.firstOf()) {
            for (JsonNode element : list.map(JsonNode::values).orElse(List.of())) {
                if (satisfies(rule, element, config)) {
                    return Optional.of(element);
                }
            }
        }
        return Optional.empty();
    }

    private static boolean satisfies(AfterConnect.Rule rule, JsonNode element, JsonNode config) {
        return switch (rule) {
            case AfterConnect.Rule.Any any -> true;
            case AfterConnect.Rule.TextEquals equals ->
                compare(equals.path().textIn(element), config, equals.field(), String::equals);
            case AfterConnect.Rule.Contains contains ->
                compare(contains.path().textIn(element), config, contains.field(), String::contains);
            case AfterConnect.Rule.LabelEquals label ->
                compare(
                        label.path().textIn(element).flatMap(AfterConnectSteps::firstLabel),
                        config,
                        label.field(),
                        String::equals);
        };
    }

    private static boolean compare(
            Optional<String> found,
            JsonNode config,
            String field,
            java.util.function.BiPredicate<String, String> comparison) {
        Optional<String> wanted = JsonPath.parse(field).textIn(config);
        return found.isPresent()
                && wanted.isPresent()
                && comparison.test(
                        found.get().toLowerCase(Locale.ROOT), wanted.get().toLowerCase(Locale.ROOT));
    }

    private static Optional<String> firstLabel(String url) {
        try {
            return Optional.ofNullable(URI.create(url).getHost()).map(host -> host.split("\\.", 2)[0]);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
