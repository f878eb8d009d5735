package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.lab.SentValues.Result;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The token endpoint (RFC 6749 section 3.2) and its neighbours, with a vendor's quirks: what its definition sends is required. */
final class TokenEndpoint {
    private static final Set<String> GRANT_TYPES = Set.of(
            "authorization_code", "refresh_token", "client_credentials", "fb_exchange_token", DeviceVendor.GRANT);

    private final Provider provider;
    private final LabApp app;
    private final Grants grants;
    private final SentValues sent;
    private final Belongings belongings;
    private final InstantSource clock;
    private final DeviceVendor devices;

    TokenEndpoint(
            Provider provider, LabApp app, Grants grants, SentValues sent, DeviceVendor devices, InstantSource clock) {
        this.devices = devices;
        this.clock = clock;
        this.provider = provider;
        this.app = app;
        this.grants = grants;
        this.sent = sent;
        this.belongings = new Belongings(provider);
    }

    /** For the list of events: a word that a client made up might be a secret. */
    Optional<String> knownGrantType(LabRequest request) {
        return Optional.ofNullable(request.parameters().get("grant_type"))
                .map(type -> GRANT_TYPES.contains(type) ? type : "other");
    }

    Answer answer(Endpoint.Token endpoint, LabRequest request) {
        if (provider.auth() instanceof Auth.OAuth2Code code
                && code.device().isPresent()
                && DeviceVendor.GRANT.equals(request.parameters().get("grant_type"))) {
            return unauthenticated(code, code.exchange(), request).orElseGet(() -> byDevice(code, request));
        }
        return switch (provider.auth()) {
            case Auth.OAuth2Code code -> code(code, endpoint, request);
            case Auth.AppInstallation app
            when app.user().or(app::prover).isPresent() ->
                code(app.user().or(app::prover).get(), endpoint, request);
            case Auth.OAuth2Client client -> client(client, endpoint.exchange().orElseThrow(), request);
            default -> throw new IllegalStateException("only OAuth 2.0 has a token endpoint");
        };
    }

    private Answer code(Auth.OAuth2Code code, Endpoint.Token endpoint, LabRequest request) {
        String grant = request.parameters().getOrDefault("grant_type", "");
        String codeGrant = TokenRequest.constant(code.exchange(), "grant_type").orElse("authorization_code");
        String refreshGrant = code.refresh()
                .flatMap(call -> TokenRequest.constant(call, "grant_type"))
                .orElse("refresh_token");
        boolean refreshes = grant.equals(refreshGrant)
                && code.policy() == Auth.RefreshPolicy.REFRESH_TOKEN
                && (endpoint.refresh().isPresent() || code.refresh().isEmpty());
        Call call = (refreshes
                        ? endpoint.refresh().or(endpoint::exchange)
                        : endpoint.exchange().or(endpoint::refresh))
                .orElseThrow();
        TokenAnswer answers =
                new TokenAnswer(provider, grants, code.token(), call.okWhen().or(code::okWhen));
        Optional<Answer> refused = TokenRequest.problem(call, request)
                .or(() -> unauthenticated(
                        refreshes ? code.atRefresh() : code.clientAuth(),
                        ClientCheck.Clients.APP,
                        call,
                        request,
                        answers));
        if (refused.isPresent()) {
            return refused.get();
        }
        Map<String, String> parameters = TokenRequest.parameters(call, request);
        if (refreshes) {
            // Without a call of its own, a refresh goes where the exchange goes, but without its parameters.
            return (code.refresh().isPresent() ? incomplete(call, parameters, answers) : Optional.<Answer>empty())
                    .orElseGet(() -> answers.of(grants.refresh(parameters.getOrDefault("refresh_token", "")), false));
        }
        if (!grant.equals(codeGrant) || endpoint.exchange().isEmpty()) {
            return grant.isEmpty()
                    ? answers.error(400, "invalid_request", "grant_type is missing")
                    : answers.error(400, "unsupported_grant_type", "this endpoint does not know this grant_type");
        }
        return incomplete(call, parameters, answers)
                .orElseGet(() -> exchange(code, parameters, named(call, request), answers));
    }

    /** The account that the request names. */
    private Map<String, String> named(Call call, LabRequest request) {
        Map<String, String> captured = call.url().alternatives().stream()
                .map(template -> TemplatePattern.url(template.source(), app).match(request.location()))
                .flatMap(Optional::stream)
                .findFirst()
                .orElse(Map.of());
        return sent.of(call, captured, request) instanceof Result.Values values ? values.byReference() : captured;
    }

    private Answer byDevice(Auth.OAuth2Code code, LabRequest request) {
        TokenAnswer answers = new TokenAnswer(
                provider, grants, code.token(), code.exchange().okWhen().or(code::okWhen));
        return switch (devices.look(request.parameters().getOrDefault("device_code", ""))) {
            case DeviceVendor.State.Waiting waiting ->
                answers.error(400, "authorization_pending", "The user has not entered the code yet.");
            case DeviceVendor.State.Denied denied -> answers.error(400, "access_denied", "The user did not allow it.");
            case DeviceVendor.State.Unknown unknown ->
                answers.error(400, "expired_token", "The code is unknown, used or too old.");
            case DeviceVendor.State.Allowed allowed ->
                answers.of(grants.mint(allowed.user(), allowed.scope(), request.host(), true), true);
        };
    }

    /** The client authenticates where it pushes its request as it does here (RFC 9126 section 2.1). */
    Optional<Answer> unauthenticated(Auth.OAuth2Code code, Call call, LabRequest request) {
        return TokenRequest.problem(call, request)
                .or(() -> unauthenticated(
                        code.clientAuth(),
                        ClientCheck.Clients.APP,
                        call,
                        request,
                        new TokenAnswer(provider, grants, code.token(), Optional.empty())));
    }

    private Answer exchange(
            Auth.OAuth2Code code, Map<String, String> parameters, Map<String, String> named, TokenAnswer answers) {
        boolean withRefresh = code.policy() == Auth.RefreshPolicy.REFRESH_TOKEN
                && !code.token().refresh().isEmpty();
        String presented = Optional.ofNullable(parameters.get("code"))
                .or(() -> Optional.ofNullable(parameters.get(code.authorize().codeParam())))
                .orElse("");
        Grants.Outcome outcome = grants.exchange(presented, withRefresh, (consent, binding) -> {
            if (belongings.areOthers(named, consent)) {
                return Optional.of("the code was issued for another account");
            }
            // RFC 6749 section 4.1.3: the same letters as at the authorization endpoint.
            if (!binding.redirectUri().equals(parameters.get("redirect_uri"))) {
                return Optional.of("redirect_uri is not the one that the code was issued for");
            }
            return verifierProblem(binding.challenge(), Optional.ofNullable(parameters.get("code_verifier")));
        });
        return answers.of(outcome, true);
    }

    /** RFC 7636 section 4.6; a verifier without a challenge is refused, too (RFC 9700 section 2.1.1). */
    private static Optional<String> verifierProblem(Optional<String> challenge, Optional<String> verifier) {
        if (challenge.isEmpty()) {
            return verifier.map(any -> "code_verifier was sent, but no code_challenge before");
        }
        if (verifier.isEmpty() || !verifier.get().matches("[A-Za-z0-9._~-]{43,128}")) {
            return Optional.of("code_verifier is missing, or not 43 to 128 unreserved characters");
        }
        return ClientCheck.same(challenge.get(), s256(verifier.get()))
                ? Optional.empty()
                : Optional.of("code_verifier does not belong to the code_challenge");
    }

    private static String s256(String verifier) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private Answer client(Auth.OAuth2Client client, Call call, LabRequest request) {
        TokenAnswer answers =
                new TokenAnswer(provider, grants, client.token(), call.okWhen().or(client::okWhen));
        Optional<Answer> refused = TokenRequest.problem(call, request)
                .or(() -> unauthenticated(client.clientAuth(), ClientCheck.Clients.ANY, call, request, answers));
        if (refused.isPresent()) {
            return refused.get();
        }
        Map<String, String> parameters = TokenRequest.parameters(call, request);
        String expected = TokenRequest.constant(call, "grant_type").orElse("client_credentials");
        if (!expected.equals(parameters.get("grant_type"))) {
            return answers.error(400, "unsupported_grant_type", "grant_type must be " + expected);
        }
        String scope = parameters.getOrDefault(client.scope().param(), "");
        return incomplete(call, parameters, answers)
                .orElseGet(() -> answers.of(grants.mint(TestUser.first(), scope, request.host()), false));
    }

    private Optional<Answer> unauthenticated(
            ClientAuth declared, ClientCheck.Clients clients, Call call, LabRequest request, TokenAnswer answers) {
        return new ClientCheck(app, clients, clock)
                .problem(declared, request, TokenRequest.parameters(call, request))
                .map(problem -> {
                    Answer answer = answers.error(401, "invalid_client", problem);
                    // RFC 6749 section 5.2
                    return request.header("authorization").isPresent() && answer.status() == 401
                            ? answer.with("www-authenticate", "Basic realm=\"lab\"")
                            : answer;
                });
    }

    /** Parameters that the definition always sends are required; its constants must match exactly. */
    private Optional<Answer> incomplete(Call call, Map<String, String> parameters, TokenAnswer answers) {
        Map<String, Text> expected = new LinkedHashMap<>(call.query());
        expected.putAll(Endpoints.members(call.body()));
        return expected.entrySet().stream()
                .filter(one -> {
                    String value = parameters.getOrDefault(one.getKey(), "");
                    return Endpoints.constant(one.getValue())
                            .map(constant -> !constant.equals(value))
                            .orElseGet(() -> value.isEmpty() && sent.isRequired(one.getValue()));
                })
                .findFirst()
                .map(one -> answers.error(400, "invalid_request", one.getKey() + " is missing or wrong"));
    }

    /** A live access token for another one. */
    Answer swap(Endpoint.Swap endpoint, LabRequest request) {
        TokenAnswer answers = new TokenAnswer(
                provider, grants, endpoint.shape(), endpoint.call().okWhen());
        return switch (sent.of(endpoint.call(), endpoint.captured(), request)) {
            case Result.Wrong wrong -> wrong(wrong);
            case Result.Values values ->
                answers.of(grants.swap(values.get("token.access").orElse("")), false);
        };
    }

    /** RFC 7662 section 2.2: a token that is not active is described no further. */
    Answer introspect(Endpoint.Introspection endpoint, LabRequest request) {
        return switch (sent.of(endpoint.introspect().call(), endpoint.captured(), request)) {
            case Result.Wrong wrong -> wrong(wrong);
            case Result.Values values -> {
                Optional<LabTokens.Claims> live = values.get("token.access").flatMap(grants::live);
                JsonTree tree = new JsonTree();
                tree.put(endpoint.introspect().active(), JsonTree.NODES.booleanNode(live.isPresent()));
                live.ifPresent(claims -> tree.put(
                        endpoint.introspect().exp(), JsonTree.NODES.numberNode(claims.expiresAt() / 1_000_000)));
                yield Answer.json(200, tree.root(), live.isPresent() ? "active" : "inactive");
            }
        };
    }

    /** RFC 7009 section 2.2: an unknown token counts as revoked. */
    Answer revoke(Endpoint.Revocation endpoint, LabRequest request) {
        return switch (sent.of(endpoint.call(), endpoint.captured(), request)) {
            case Result.Wrong wrong -> wrong(wrong);
            case Result.Values values -> {
                List.of("token.access", "token.refresh")
                        .forEach(name -> values.get(name).ifPresent(grants::revoke));
                // Some vendors have an installation deleted by a call of its own token.
                request.header("authorization")
                        .filter(header -> header.regionMatches(true, 0, "Bearer ", 0, 7))
                        .ifPresent(header -> grants.revoke(header.substring(7).strip()));
                yield Answer.json(200, JsonTree.NODES.objectNode(), "revoked");
            }
        };
    }

    private static Answer wrong(Result.Wrong wrong) {
        return wrong.client()
                ? Answer.error(401, "invalid_client", wrong.what())
                : Answer.error(400, "invalid_request", wrong.what());
    }
}
