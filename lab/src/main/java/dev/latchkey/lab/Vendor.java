package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
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
    private final Provider defined;
    private final Provider provider;
    private final URI base;
    private final InstantSource clock;
    private final SecureRandom random;
    private final Endpoints endpoints;
    private final Grants grants;
    private final AuthorizationEndpoint authorization;
    private final TokenEndpoint tokens;
    private final ResourceApi resources;
    private final OAuth1Vendor oauth1;
    private final ExchangeVendor exchange;
    private final InstallationVendor installations;
    private final RoleVendor roles;
    private final ProofVendor proofs;
    private final LabAccount account;
    private final Possession possession;
    private final DeviceVendor devices;
    private final Optional<McpVendor> mcp;
    private final Faults faults;
    private final Events events;

    /** @param stage the name that it is played by: a step of its addresses */
    Vendor(String stage, Provider defined, URI base, InstantSource clock, SecureRandom random) {
        this(
                stage,
                defined,
                base,
                clock,
                random,
                new Grants(new LabTokens(defined.id()), clock, random, rotates(defined)),
                new Faults(),
                new Events());
    }

    private Vendor(
            String stage,
            Provider defined,
            URI base,
            InstantSource clock,
            SecureRandom random,
            Grants grants,
            Faults faults,
            Events events) {
        // An MCP server whose endpoints are known is a vendor like any other.
        Provider provider =
                defined.auth() instanceof Auth.Mcp server && server.known().isPresent()
                        ? defined.with(server.known().get())
                        : defined;
        this.stage = stage;
        this.defined = defined;
        this.provider = provider;
        this.base = base;
        this.clock = clock;
        this.random = random;
        this.grants = grants;
        this.faults = faults;
        this.events = events;
        LabApp app = LabApp.of(provider.id());
        this.possession = new Possession(provider.id(), grants, clock);
        this.endpoints = new Endpoints(provider, app);
        SentValues sent = new SentValues(provider, app);
        this.authorization = new AuthorizationEndpoint(provider, app, base, grants, clock);
        ConsentPage page = new ConsentPage(provider, app, new Page(base));
        this.devices = new DeviceVendor(stage, provider, base, page, clock);
        this.tokens = new TokenEndpoint(provider, app, grants, sent, devices, clock);
        this.account = new LabAccount(provider);
        this.oauth1 = new OAuth1Vendor(provider, app, grants, page, account, clock);
        this.exchange = new ExchangeVendor(provider, app, grants, sent, account, clock);
        this.installations = new InstallationVendor(provider, grants, page, base, clock);
        this.proofs = new ProofVendor(provider, grants, sent);
        this.roles = new RoleVendor(provider, app, account, grants, clock);
        this.mcp = provider.auth() instanceof Auth.Mcp server
                ? Optional.of(new McpVendor(provider, server, base, grants, devices, clock, random))
                : Optional.empty();
        this.resources = new ResourceApi(provider, grants, sent, account, oauth1, roles, clock);
    }

    /** A definition that keeps the first refresh token describes a vendor without rotation. */
    private static boolean rotates(Provider provider) {
        return !(provider.auth() instanceof Auth.OAuth2Code code && code.token().keepRefresh());
    }

    /** The same vendor by another definition. */
    Vendor as(Provider changed) {
        return new Vendor(stage, changed, base, clock, random, grants, faults, events);
    }

    /** What a person would type into a form, from the account's settings page. */
    LabAccount account() {
        return account;
    }

    /** As its definition has it. */
    Provider defined() {
        return defined;
    }

    Grants grants() {
        return grants;
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
                        ? tokens.knownGrantType(request)
                        : Optional.empty(),
                answer.map(Answer::status).orElse(0),
                answer.map(Answer::outcome)
                        .orElseGet(() -> due.orElseThrow() instanceof Faults.Fault.Lost ? "lost" : "reset")));
        return answer;
    }

    private static Optional<Faults.Place> place(Endpoint endpoint) {
        return switch (endpoint) {
            case Endpoint.Authorization page -> Optional.empty();
            case Endpoint.Pushed call -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.ResourceMetadata call -> Optional.of(Faults.Place.API);
            case Endpoint.ServerMetadata call -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.Registration call -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.TokenRevocation call -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.DeviceAuthorization call -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.DevicePage page -> Optional.empty();
            case Endpoint.WrongMethod wrong -> Optional.empty();
            case Endpoint.Token token -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.Swap swap -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.RequestToken call -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.AccessToken call -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.Step call -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.ExchangeRefresh call -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.InstallationToken call -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.AssumeRole call -> Optional.of(Faults.Place.TOKEN);
            case Endpoint.Introspection call -> Optional.of(Faults.Place.API);
            case Endpoint.Revocation call -> Optional.of(Faults.Place.API);
            case Endpoint.Learning call -> Optional.of(Faults.Place.API);
            case Endpoint.Probe call -> Optional.of(Faults.Place.API);
            case Endpoint.Proof call -> Optional.of(Faults.Place.API);
            case Endpoint.Resource resource -> Optional.of(Faults.Place.API);
        };
    }

    private Optional<Answer> faulty(Faults.Fault fault, Endpoint endpoint, LabRequest request) {
        return switch (fault) {
            case Faults.Fault.ServerError error ->
                Optional.of(Answer.error(500, "server_error", "The lab fails on demand."));
            case Faults.Fault.TooManyRequests limited -> Optional.of(tooManyRequests(limited));
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
        String seconds = Long.toString(limited.retryAfter().toSeconds());
        String at = Long.toString(clock.instant().plus(limited.retryAfter()).getEpochSecond());
        Answer answer = Answer.error(429, "too_many_requests", "The lab limits on demand.")
                .with("retry-after", seconds);
        for (String header : provider.api().retry().after()) {
            answer = answer.with(header, seconds);
        }
        for (String header : provider.api().retry().at()) {
            answer = answer.with(header, at);
        }
        return answer;
    }

    private Answer right(Endpoint endpoint, LabRequest request) {
        if (!(provider.auth() instanceof Auth.OAuth2Code code && code.dpop())) {
            return unbound(endpoint, request);
        }
        return switch (endpoint) {
            case Endpoint.Token token -> possession.bind(request, () -> unbound(endpoint, request));
            case Endpoint.Learning call -> possession.refusal(request).orElseGet(() -> unbound(endpoint, request));
            case Endpoint.Probe call -> possession.refusal(request).orElseGet(() -> unbound(endpoint, request));
            case Endpoint.Resource call -> possession.refusal(request).orElseGet(() -> unbound(endpoint, request));
            default -> unbound(endpoint, request);
        };
    }

    private Answer pushed(Endpoint.Pushed endpoint, LabRequest request) {
        Auth.OAuth2Code code = (Auth.OAuth2Code) provider.auth();
        return tokens.unauthenticated(code, endpoint.call(), request)
                .orElseGet(() -> authorization.push(code, request));
    }

    private McpVendor discovered() {
        return mcp.orElseThrow(() -> new IllegalStateException("only an MCP server is discovered"));
    }

    private Answer unbound(Endpoint endpoint, LabRequest request) {
        return switch (endpoint) {
            case Endpoint.Pushed call -> pushed(call, request);
            case Endpoint.DeviceAuthorization call ->
                tokens.unauthenticated((Auth.OAuth2Code) provider.auth(), call.call(), request)
                        .orElseGet(() -> devices.begin(request));
            case Endpoint.DevicePage page -> devices.page(request);
            case Endpoint.Authorization page ->
                switch (provider.auth()) {
                    case Auth.OAuth1 it -> oauth1.page(request);
                    case Auth.AppInstallation it -> installations.page(request);
                    case Auth.PluginInstall it -> installations.plugin(request);
                    case Auth.Mcp it -> discovered().authorize(request);
                    case Auth.OAuth2Code _, Auth.OAuth2Client _, Auth.Exchange _, Auth.AwsRole _, Auth.Entered _ ->
                        authorization.answer(request);
                };
            case Endpoint.RequestToken call -> oauth1.requestToken(request);
            case Endpoint.AccessToken call -> oauth1.accessToken(request);
            case Endpoint.Step step -> exchange.step(step, request);
            case Endpoint.ExchangeRefresh call -> exchange.refresh(call.call(), call.captured(), request);
            case Endpoint.InstallationToken call -> installations.token(call, request);
            case Endpoint.AssumeRole call -> roles.assume(request);
            case Endpoint.ResourceMetadata call -> discovered().protectedResource(request);
            case Endpoint.ServerMetadata call -> discovered().authorizationServer(request);
            case Endpoint.Registration call -> discovered().register(request);
            case Endpoint.TokenRevocation call -> discovered().revoke(request);
            case Endpoint.Token token ->
                mcp.map(it -> it.token(request)).orElseGet(() -> tokens.answer(token, request));
            case Endpoint.Swap swap -> tokens.swap(swap, request);
            case Endpoint.Introspection call -> tokens.introspect(call, request);
            case Endpoint.Revocation call -> tokens.revoke(call, request);
            case Endpoint.Learning call -> resources.learning(call, request);
            case Endpoint.Probe call -> resources.probed(request, call);
            case Endpoint.Proof call -> proofs.answer(call, request);
            case Endpoint.Resource resource -> {
                Answer account = resources.account(request, resource.captured(), 200);
                yield mcp.map(it -> it.resource(request, account)).orElse(account);
            }
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
