package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Provider;
import java.net.URI;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** One provider as the lab plays it: finds the endpoint of a request, and responds as that would. Thread-safe. */
final class Vendor {
    private static final Pattern LAB_TOKEN = Pattern.compile("lab_(code|access|refresh|secret)_.*", Pattern.DOTALL);

    private final String stage;
    private final Provider provider;
    private final URI base;
    private final InstantSource clock;
    private final SecureRandom random;
    private final Stage parts;
    private final Playing playing;
    private final Endpoints endpoints;
    private final ResourceApi resources;
    private final NamedErrors named;
    private final Faults faults;
    private final Events events;

    /** @param stage the name that it is played by: a step of its addresses */
    Vendor(String stage, Provider provider, URI base, InstantSource clock, SecureRandom random) {
        this(
                stage,
                provider,
                base,
                clock,
                random,
                new Grants(
                        new LabTokens(provider.id()),
                        clock,
                        random,
                        Parts.of(provider.auth()).rotates()),
                new Faults(),
                new Events());
    }

    private Vendor(
            String stage,
            Provider provider,
            URI base,
            InstantSource clock,
            SecureRandom random,
            Grants grants,
            Faults faults,
            Events events) {
        this.stage = stage;
        this.provider = provider;
        this.base = base;
        this.clock = clock;
        this.random = random;
        this.faults = faults;
        this.events = events;
        this.parts = new Stage(stage, provider, base, grants, clock, random);
        this.playing = Parts.of(provider.auth()).on(parts);
        this.endpoints = new Endpoints(provider, parts.app, playing);
        this.resources = new ResourceApi(parts, playing);
        this.named = new NamedErrors(provider, clock);
    }

    /** The same vendor by another definition. */
    Vendor as(Provider changed) {
        return new Vendor(stage, changed, base, clock, random, parts.grants, faults, events);
    }

    ListedAccounts listed() {
        return parts.listed;
    }

    /** What a person would type into a form, from the account's settings page. */
    LabAccount account() {
        return parts.account;
    }

    /** As its definition has it. */
    Provider defined() {
        return provider;
    }

    Grants grants() {
        return parts.grants;
    }

    Faults faults() {
        return faults;
    }

    Events events() {
        return events;
    }

    /** Why the lab cannot play this provider; empty when it can. */
    static Optional<String> unplayed(Provider provider) {
        return provider.auth().facts().speaksHttp()
                ? Optional.empty()
                : Optional.of("The lab does not play providers of the kind datastore yet.");
    }

    /** Empty: the connection is cut without a response. */
    Optional<Answer> answer(LabRequest request) {
        Endpoint endpoint = endpoints.find(request);
        Optional<Faults.Fault> due = place(endpoint).flatMap(faults::next);
        Optional<Answer> answer = due.map(fault -> faulty(fault, endpoint, request))
                .orElseGet(() -> Optional.of(right(endpoint, request)));
        events.add(new Events.Event(
                clock.instant(),
                request.method(),
                pathWithoutSecrets(endpoint, request),
                endpoint instanceof Endpoint.Token || endpoint instanceof Endpoint.Swap
                        ? TokenEndpoint.knownGrantType(request)
                        : Optional.empty(),
                answer.map(Answer::status).orElse(0),
                answer.map(Answer::outcome)
                        .orElseGet(() -> due.orElseThrow() instanceof Faults.Fault.Lost ? "lost" : "reset")));
        return answer;
    }

    private static Optional<Faults.Place> place(Endpoint endpoint) {
        return switch (endpoint) {
            case Endpoint.Authorization page -> Optional.empty();
            case Endpoint.Handled handled -> handled.place();
            case Endpoint.WrongMethod wrong -> Optional.empty();
            case Endpoint.Token token -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.Swap swap -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.Introspection call -> Optional.of(Faults.Place.API);
            case Endpoint.Revocation call -> Optional.of(Faults.Place.API);
            case Endpoint.Learning call -> Optional.of(Faults.Place.API);
            case Endpoint.Probe call -> Optional.of(Faults.Place.API);
            case Endpoint.Resource resource -> Optional.of(Faults.Place.API);
        };
    }

    private Optional<Answer> faulty(Faults.Fault fault, Endpoint endpoint, LabRequest request) {
        return switch (fault) {
            case Faults.Fault.ServerError error ->
                Optional.of(Answer.error(500, "server_error", "The lab fails on demand."));
            case Faults.Fault.TooManyRequests limited -> Optional.of(tooManyRequests(limited));
            case Faults.Fault.Named it ->
                Optional.of(named.answer(place(endpoint).orElseThrow(), it.index(), it.retryAfter()));
            case Faults.Fault.Slow slow -> {
                Answer answer = right(endpoint, request).after("slow");
                faults.await(slow.delay());
                yield Optional.of(answer);
            }
            case Faults.Fault.Garbage garbage -> Optional.of(Answer.garbage());
            case Faults.Fault.Reset reset -> Optional.empty();
            case Faults.Fault.Lost lost -> {
                Answer unused = right(endpoint, request);
                yield Optional.empty();
            }
        };
    }

    /** In the standard header, and in those that the definition says the vendor uses. */
    private Answer tooManyRequests(Faults.Fault.TooManyRequests limited) {
        return named.waiting(
                Answer.error(429, "too_many_requests", "The lab limits on demand.")
                        .with("retry-after", Long.toString(limited.retryAfter().toSeconds())),
                limited.retryAfter());
    }

    /** Whether the definition has an error of this place. @param on {@code api} or {@code token} */
    boolean names(int index, String on) {
        return !on.isEmpty() && index < named.count(on.equals("api") ? Faults.Place.API : Faults.Place.TOKEN);
    }

    private Answer right(Endpoint endpoint, LabRequest request) {
        return playing.guarded(endpoint, request, () -> unguarded(endpoint, request));
    }

    private Answer unguarded(Endpoint endpoint, LabRequest request) {
        return switch (endpoint) {
            case Endpoint.Authorization page -> playing.page(request);
            case Endpoint.Handled handled -> handled.handler().apply(request);
            case Endpoint.Token token -> playing.token(token, request);
            case Endpoint.Swap swap -> parts.tokens.swap(swap, request);
            case Endpoint.Introspection call -> parts.tokens.introspect(call, request);
            case Endpoint.Revocation call -> parts.tokens.revoke(call, request);
            case Endpoint.Learning call -> resources.learning(call, request);
            case Endpoint.Probe call -> resources.probed(request, call);
            case Endpoint.Resource resource ->
                playing.resource(request, resources.account(request, resource.captured(), 200));
            case Endpoint.WrongMethod wrong ->
                Answer.error(405, "method_not_allowed", "Use " + wrong.allowed() + " here.")
                        .with("allow", wrong.allowed());
        };
    }

    /** Some vendors take a token or a key in the path, where it may be percent-encoded. */
    private static String pathWithoutSecrets(Endpoint endpoint, LabRequest request) {
        List<String> secrets = endpoint.captured().entrySet().stream()
                .filter(value ->
                        value.getKey().startsWith("token.") || value.getKey().startsWith("secret."))
                .map(Map.Entry::getValue)
                .toList();
        return Arrays.stream(request.location().split("/", -1))
                .map(segment -> {
                    String hidden = TemplatePattern.decodePath(segment);
                    for (String secret : secrets) {
                        hidden = hidden.replace(secret, "***");
                    }
                    return LAB_TOKEN.matcher(hidden).replaceAll("***");
                })
                .collect(Collectors.joining("/"));
    }
}
