package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Pick;
import dev.latchkey.server.connect.AccountChoice.Option;
import dev.latchkey.server.connect.ListedAccounts.Listed;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Storable;
import dev.latchkey.server.tokens.AnswerValues;
import dev.latchkey.server.tokens.ApiCall;
import dev.latchkey.server.tokens.Success;
import dev.latchkey.server.tokens.ValuesOf;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The calls that learn what the API needs once a credential exists: tenant, site, cloud. Thread-safe. */
public final class AfterConnectSteps {
    /** The most accounts that are read of a list. */
    static final int MOST_ACCOUNTS = 1_000;

    private final ApiCall api;
    private final ListPages pages;

    public AfterConnectSteps(ApiCall api) {
        this.api = api;
        this.pages = new ListPages(api);
    }

    /**
     * How far the steps have come.
     *
     * @param next index of the step to run next
     * @param inherited what an earlier authorization learned: it is no reason to skip a step
     * @param problems of steps that are not optional, as messages; the credential is valid nevertheless
     * @param forget fields that are no longer needed
     * @param unconfirmed fields by which the person chose among accounts, if the vendor did not confirm that the choice is one of theirs
     * @param picked fields that the vendor has just returned
     */
    public record Progress(
            int next,
            Set<String> inherited,
            List<String> problems,
            List<String> forget,
            List<String> unconfirmed,
            Set<String> picked) {
        static Progress begun(Set<String> inherited) {
            return new Progress(0, Set.copyOf(inherited), List.of(), List.of(), List.of(), Set.of());
        }
    }

    /** What the steps have led to. */
    sealed interface Outcome {
        record Done(ObjectNode config, Progress progress) implements Outcome {}

        /** The user has to say which account is meant; {@link #chosen} continues. */
        record Asks(ObjectNode config, Progress progress, List<Option> options, boolean formerGone)
                implements Outcome {}
    }

    /**
     * @param config of the connection so far
     * @throws FlowRefusedException {@code no_account_granted} and {@code account_not_granted} where the vendor lists no account, or not
     *     the one that was named
     */
    Outcome run(NewConnections.Granted granted, ObjectNode config, Progress from) {
        return new Run(granted, config.deepCopy(), from).from(from.next());
    }

    /** Continues with the chosen account. */
    Outcome chosen(NewConnections.Granted granted, AccountChoice choice, Option option) {
        Progress from = choice.progress();
        Run run = new Run(granted, choice.grant().config().deepCopy(), from);
        run.learned(granted.provider().calls().afterConnect().get(from.next()), option);
        return run.from(from.next() + 1);
    }

    /** How one step ended. */
    private sealed interface End {
        record Learned() implements End {}

        record Account(Option option) implements End {}

        record Failed(String problem) implements End {}

        record Several(List<Option> options, boolean formerGone) implements End {}
    }

    private final class Run {
        private final Provider provider;
        private final NewConnections.Granted granted;
        private final ObjectNode config;
        private final Set<String> inherited;
        private final List<String> problems;
        private final List<String> forget;
        private final List<String> unconfirmed;
        private final Set<String> picked;

        Run(NewConnections.Granted granted, ObjectNode config, Progress from) {
            this.provider = granted.provider();
            this.granted = granted;
            this.config = config;
            this.inherited = from.inherited();
            this.problems = new ArrayList<>(from.problems());
            this.forget = new ArrayList<>(from.forget());
            this.unconfirmed = new ArrayList<>(from.unconfirmed());
            this.picked = new HashSet<>(from.picked());
        }

        Outcome from(int first) {
            List<AfterConnect> steps = provider.calls().afterConnect();
            for (int i = first; i < steps.size(); i++) {
                AfterConnect step = steps.get(i);
                if (isNeedless(step)) {
                    continue;
                }
                switch (end(step)) {
                    case End.Learned _ -> learned(step);
                    case End.Account account -> learned(step, account.option());
                    case End.Failed failed -> failed(step, failed.problem());
                    case End.Several several -> {
                        return new Outcome.Asks(config, progress(i), several.options(), several.formerGone());
                    }
                }
            }
            return new Outcome.Done(config, progress(steps.size()));
        }

        private Progress progress(int next) {
            return new Progress(
                    next,
                    inherited,
                    List.copyOf(problems),
                    List.copyOf(forget),
                    List.copyOf(unconfirmed),
                    Set.copyOf(picked));
        }

        /** A typed value makes a step needless, unless the step is what confirms it. */
        private boolean isNeedless(AfterConnect step) {
            return step.unless()
                    .filter(name -> config.has(name) && !inherited.contains(name))
                    .filter(name -> step.find().isEmpty()
                            || !step.identity(provider.account()).contains(name))
                    .isPresent();
        }

        private End end(AfterConnect step) {
            ValuesOf values =
                    new ValuesOf(granted.integration(), config, granted.secrets(), Optional.of(granted.credentials()));
            try {
                if (step.call().isEmpty()) {
                    return place(step, Optional.empty(), values);
                }
                Call call = step.call().get();
                return step.find().isPresent()
                        ? listed(step, call, step.find().get(), values)
                        : called(step, call, values);
            } catch (EgressException | IllegalArgumentException e) {
                return new End.Failed(String.valueOf(e.getMessage()));
            }
        }

        private void learned(AfterConnect step) {
            picked.addAll(step.pick().keySet());
            step.forget().forEach(config::remove);
            forget.addAll(step.forget());
        }

        void learned(AfterConnect step, Option option) {
            option.outdated().forEach(config::remove);
            option.values().forEach(config::put);
            learned(step);
            if (!option.values().keySet().containsAll(step.pick().keySet()) && !step.optional()) {
                problems.add(lacking());
            }
        }

        private void failed(AfterConnect step, String problem) {
            step.pick().keySet().stream()
                    .filter(name -> provider.listed().contains(name)
                            || Optional.ofNullable(provider.fields().get(name))
                                    .filter(Field::isAsked)
                                    .isPresent())
                    .forEach(unconfirmed::add);
            if (!step.optional()) {
                problems.add(problem);
            }
        }

        private End called(AfterConnect step, Call call, ValuesOf values) {
            Egress.Response answer = api.send(provider, granted.integration(), call, values);
            if (!Success.of(answer, call.okWhen())) {
                return answered(answer);
            }
            Optional<JsonNode> body = parsed(answer);
            return step.pick().isEmpty()
                    ? new End.Learned()
                    : place(step, body, values.with(AnswerValues.of(answer, body)));
        }

        private End.Failed answered(Egress.Response answer) {
            return new End.Failed(provider.name() + " answered " + answer.status());
        }

        /** Values that are present are kept; missing ones are reported as a problem. */
        private End place(AfterConnect step, Optional<JsonNode> source, ValuesOf values) {
            Map<String, String> found = picks(step, source, values);
            found.forEach(config::put);
            return found.size() == step.pick().size() ? new End.Learned() : new End.Failed(lacking());
        }

        private String lacking() {
            return "the response of " + provider.name() + " lacks an expected value";
        }

        private End listed(AfterConnect step, Call call, AfterConnect.Find find, ValuesOf values) {
            Set<String> identity = step.identity(provider.account());
            ListedAccounts accounts = new ListedAccounts(find, identity, values, inherited);
            List<Listed> found = new ArrayList<>();
            Set<JsonNode> seen = new HashSet<>();
            Set<List<String>> known = new HashSet<>();
            AtomicBoolean isList = new AtomicBoolean(true);
            Optional<Egress.Response> failed =
                    pages.read(new ListPages.Of(provider, granted.integration(), call, find.in()), values, page -> {
                        Optional<JsonNode> list =
                                page.body().flatMap(find.in()::in).filter(ArrayNode.class::isInstance);
                        boolean more = false;
                        isList.compareAndSet(true, list.isPresent());
                        for (JsonNode element :
                                list.map(JsonNode::values).map(List::copyOf).orElse(List.of())) {
                            Map<String, String> picks = picks(
                                    step,
                                    Optional.of(element),
                                    values.with(AnswerValues.of(page.response(), Optional.of(element))));
                            more |= seen.add(element);
                            if (accounts.counts(element)
                                    && identity.stream().anyMatch(picks::containsKey)
                                    && known.add(told(identity, picks))) {
                                found.add(new Listed(element, picks));
                            }
                        }
                        return more && seen.size() < MOST_ACCOUNTS;
                    });
            return failed.isPresent()
                    ? answered(failed.get())
                    : isList.get() ? decided(step, find, accounts, found) : new End.Failed(lacking());
        }

        private static List<String> told(Set<String> identity, Map<String, String> picks) {
            return identity.stream()
                    .map(name -> picks.getOrDefault(name, "").toLowerCase(Locale.ROOT))
                    .toList();
        }

        private End decided(AfterConnect step, AfterConnect.Find find, ListedAccounts accounts, List<Listed> found) {
            return switch (accounts.among(found)) {
                case ListedAccounts.Decision.Taken taken ->
                    new End.Account(option(step, find, accounts, taken.account()));
                case ListedAccounts.Decision.Several several ->
                    new End.Several(
                            several.accounts().stream()
                                    .limit(MOST_ACCOUNTS)
                                    .map(account -> option(step, find, accounts, account))
                                    .toList(),
                            several.formerGone());
                case ListedAccounts.Decision.None _ when step.optional() -> new End.Failed(lacking());
                case ListedAccounts.Decision.None _ ->
                    throw new FlowRefusedException(
                            "no_account_granted",
                            provider.name() + " granted access to no account that can be connected."
                                    + " Connect again as a user who has one, and allow access to it.");
                case ListedAccounts.Decision.NotGranted not ->
                    throw new FlowRefusedException(
                            "account_not_granted",
                            provider.name() + " did not grant access to '" + PlainName.of(not.wanted())
                                    + "'. Connect again as a user who may use it, and choose it there.");
            };
        }

        private Option option(AfterConnect step, AfterConnect.Find find, ListedAccounts accounts, Listed account) {
            String named = PlainName.of(step.identity(provider.account()).stream()
                    .map(name -> account.values().getOrDefault(name, ""))
                    .reduce((one, other) -> one + " " + other)
                    .orElse(""));
            String title = find.choose()
                    .flatMap(it -> it.title().textIn(account.element()))
                    .map(PlainName::of)
                    .filter(text -> !text.isEmpty())
                    .orElse(named);
            String detail = find.choose()
                    .flatMap(AfterConnect.Choose::detail)
                    .flatMap(it -> it.textIn(account.element()))
                    .map(PlainName::of)
                    .filter(text -> !text.isEmpty())
                    .orElse(named);
            return new Option(title, detail, account.values(), accounts.outdatedBy(account));
        }
    }

    private static Map<String, String> picks(AfterConnect step, Optional<JsonNode> source, ValuesOf values) {
        Map<String, String> found = new LinkedHashMap<>();
        step.pick().forEach((name, pick) -> {
            Optional<String> value = switch (pick) {
                case Pick.At at -> source.flatMap(node -> at.path().textIn(node));
                case Pick.Filled filled -> filled.template().expand(values);
            };
            value.ifPresent(text -> found.put(name, text));
        });
        return found;
    }

    private static Optional<JsonNode> parsed(Egress.Response answer) {
        try {
            return Optional.of(Storable.of(Json.MAPPER.readTree(answer.body())));
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }
}
