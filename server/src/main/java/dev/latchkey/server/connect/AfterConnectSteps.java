package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Pick;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Storable;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.AnswerValues;
import dev.latchkey.server.tokens.ApiCall;
import dev.latchkey.server.tokens.Success;
import dev.latchkey.server.tokens.ValuesOf;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiPredicate;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The calls that learn what the API needs once a credential exists: tenant, site, cloud. Thread-safe. */
public final class AfterConnectSteps {
    private final ApiCall api;

    public AfterConnectSteps(ApiCall api) {
        this.api = api;
    }

    /**
     * @param problems of steps that are not optional, as messages; the credential is valid nevertheless
     * @param forget fields that are no longer needed
     * @param picked fields that the vendor has just returned
     * @param unconfirmed fields by which the person chose among accounts, if the vendor did not confirm that the choice is one of theirs
     */
    public record Learned(
            ObjectNode config,
            List<String> problems,
            List<String> forget,
            List<String> unconfirmed,
            Set<String> picked) {}

    /** @param inherited what an earlier authorization learned: it is no reason to skip a step */
    public Learned run(
            Provider provider,
            Integration integration,
            Credentials credentials,
            ObjectNode config,
            Map<String, Secret> secrets,
            Set<String> inherited) {
        ObjectNode learned = config.deepCopy();
        List<String> problems = new ArrayList<>();
        List<String> forget = new ArrayList<>();
        List<String> unconfirmed = new ArrayList<>();
        Set<String> picked = new HashSet<>();
        for (AfterConnect step : provider.calls().afterConnect()) {
            if (step.unless()
                    .filter(name -> learned.has(name) && !inherited.contains(name))
                    .isPresent()) {
                continue;
            }
            ValuesOf values = new ValuesOf(integration, learned, secrets, Optional.of(credentials));
            Optional<String> problem;
            try {
                problem = step.call().isPresent()
                        ? called(provider, integration, step, step.call().get(), values, learned)
                        : pick(step, Optional.empty(), values, learned, provider);
            } catch (EgressException | IllegalArgumentException e) {
                problem = Optional.of(String.valueOf(e.getMessage()));
            }
            if (problem.isEmpty()) {
                picked.addAll(step.pick().keySet());
                step.forget().forEach(learned::remove);
                forget.addAll(step.forget());
            } else {
                step.pick().keySet().stream()
                        .filter(name -> Optional.ofNullable(provider.fields().get(name))
                                .filter(Field::isAsked)
                                .isPresent())
                        .forEach(unconfirmed::add);
                if (!step.optional()) {
                    problems.add(problem.get());
                }
            }
        }
        return new Learned(learned, problems, forget, unconfirmed, picked);
    }

    private Optional<String> called(
            Provider provider,
            Integration integration,
            AfterConnect step,
            Call call,
            ValuesOf values,
            ObjectNode learned) {
        Egress.Response answer = api.send(provider, integration, call, values);
        if (!Success.of(answer, call.okWhen())) {
            return Optional.of(provider.name() + " answered " + answer.status());
        }
        Optional<JsonNode> body = parsed(answer);
        Optional<JsonNode> source =
                step.find().isPresent() ? body.flatMap(node -> find(step.find().get(), node, values)) : body;
        return step.pick().isEmpty()
                ? Optional.empty()
                : pick(step, source, values.with(AnswerValues.of(answer, source)), learned, provider);
    }

    private static Optional<JsonNode> parsed(Egress.Response answer) {
        try {
            return Optional.of(Storable.of(Json.MAPPER.readTree(answer.body())));
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    /** Values that are present are kept; missing ones are reported as a problem. */
    private static Optional<String> pick(
            AfterConnect step, Optional<JsonNode> source, ValuesOf values, ObjectNode config, Provider provider) {
        boolean all = true;
        for (Map.Entry<String, Pick> entry : step.pick().entrySet()) {
            Optional<String> value = switch (entry.getValue()) {
                case Pick.At at -> source.flatMap(node -> at.path().textIn(node));
                case Pick.Filled filled -> filled.template().expand(values);
            };
            value.ifPresent(text -> config.put(entry.getKey(), text));
            all &= value.isPresent();
        }
        return all ? Optional.empty() : Optional.of("the response of " + provider.name() + " lacks an expected value");
    }

    /** The first element that satisfies the earliest rule. */
    static Optional<JsonNode> find(AfterConnect.Find find, JsonNode body, ValuesOf values) {
        List<JsonNode> list =
                find.in().in(body).map(JsonNode::values).map(List::copyOf).orElse(List.<JsonNode>of()).stream()
                        .filter(element -> find.where()
                                .filter(rule -> !satisfies(rule, element, 1, values))
                                .isEmpty())
                        .toList();
        for (AfterConnect.Rule rule : find.firstOf()) {
            for (JsonNode element : list) {
                if (satisfies(rule, element, list.size(), values)) {
                    return Optional.of(element);
                }
            }
        }
        return Optional.empty();
    }

    private static boolean satisfies(AfterConnect.Rule rule, JsonNode element, int elements, ValuesOf values) {
        return switch (rule) {
            case AfterConnect.Rule.Any any -> true;
            case AfterConnect.Rule.Only only -> elements == 1;
            case AfterConnect.Rule.Compare compare -> {
                Optional<String> found = compare.path().textIn(element);
                Optional<String> wanted = compare.with().expand(values).map(text -> text.toLowerCase(Locale.ROOT));
                yield switch (compare.how()) {
                    case EQUAL -> holds(found, wanted, String::equals);
                    case CONTAINS -> holds(found, wanted, String::contains);
                    case LABEL -> holds(found.flatMap(AfterConnectSteps::firstLabel), wanted, String::equals);
                };
            }
        };
    }

    private static boolean holds(
            Optional<String> found, Optional<String> wanted, BiPredicate<String, String> comparison) {
        return found.isPresent()
                && wanted.isPresent()
                && comparison.test(found.get().toLowerCase(Locale.ROOT), wanted.get());
    }

    private static Optional<String> firstLabel(String url) {
        try {
            return Optional.ofNullable(URI.create(url).getHost()).map(host -> host.split("\\.", 2)[0]);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
