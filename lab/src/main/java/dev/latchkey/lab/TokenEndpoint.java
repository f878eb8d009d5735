package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.model.CodeGrant;
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

    TokenEndpoint(Provider provider, LabApp app, Grants grants, SentValues sent, InstantSource clock) {
        this.clock = clock;
        this.provider = provider;
        this.app = app;
        this.grants = grants;
        this.sent = sent;
        this.belongings = new Belongings(provider);
    }

    /** For the list of events: a word that a client made up might be a secret. */
    static Optional<String> knownGrantType(LabRequest request) {
        return Optional.ofNullable(request.parameters().get("grant_type"))
                .map(type -> GRANT_TYPES.contains(type) ? type : "other");
    }

    /** The exchange of a code, or a refresh. */
    Answer code(CodeGrant code, Endpoint.Token endpoint, LabRequest request) {
        String grant = request.parameters().getOrDefault("grant_type", "");
        String codeGrant = TokenRequest.constant(code.exchange(), "grant_type").orElse("authorization_code");
        String refreshGrant = code.refresh()
                .call()
                .flatMap(call -> TokenRequest.constant(call, "grant_type"))
                .orElse("refresh_token");
        boolean refreshes = grant.equals(refreshGrant)
                && code.refresh().policy() == CodeGrant.RefreshPolicy.REFRESH_TOKEN
                && (endpoint.refresh().isPresent() || code.refresh().call().isEmpty());
        Call call = (refreshes
                        ? endpoint.refresh().or(endpoint::exchange)
                        : endpoint.exchange().or(endpoint::refresh))
                .orElseThrow();
        TokenAnswer answers = answers(code, call);
        Optional<Answer> refused = TokenRequest.problem(call, request)
                .or(() -> unauthenticated(
                        refreshes ? code.client().atRefresh() : code.client().auth(),
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
            return (code.refresh().call().isPresent()
                            ? incomplete(call, parameters, answers)
                            : Optional.<Answer>empty())
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

    TokenAnswer answers(CodeGrant code, Call call) {
        return new TokenAnswer(
                provider,
                grants,
                code.response().token(),
                call.okWhen().or(code.response()::okWhen),
                TokenAnswer.Further.of(code));
    }

    /** The client authenticates where it pushes its request as it does here (RFC 9126 section 2.1). */
    Optional<Answer> unauthenticated(CodeGrant code, Call call, LabRequest request) {
        return TokenRequest.problem(call, request)
                .or(() -> unauthenticated(
                        code.client().auth(),
                        ClientCheck.Clients.APP,
                        call,
                        request,
                        new TokenAnswer(
                                provider,
                                grants,
                                code.response().token(),
                                Optional.empty(),
                                TokenAnswer.Further.NONE)));
    }

    private Answer exchange(
            CodeGrant code, Map<String, String> parameters, Map<String, String> named, TokenAnswer answers) {
        boolean withRefresh = code.refresh().policy() == CodeGrant.RefreshPolicy.REFRESH_TOKEN
                && !code.response().token().refresh().isEmpty();
        String presented = Optional.ofNullable(parameters.get("code"))
                .or(() -> Optional.ofNullable(
                        parameters.get(code.consent().authorize().codeParam())))
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

    Optional<Answer> unauthenticated(
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
    Optional<Answer> incomplete(Call call, Map<String, String> parameters, TokenAnswer answers) {
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
                provider, grants, endpoint.shape(), endpoint.call().okWhen(), further());
        return switch (sent.of(endpoint.call(), endpoint.captured(), request)) {
            case Result.Wrong wrong -> wrong(wrong);
            case Result.Values values ->
                answers.of(grants.swap(values.get("token.access").orElse("")), false);
        };
    }

    /** A stored token without a refresh token for one that has one. */
    Answer exchangeStored(CodeGrant code, Call call, Map<String, String> captured, LabRequest request) {
        TokenAnswer answers = answers(code, call);
        return unauthenticated(code, call, request)
                .or(() -> incomplete(call, TokenRequest.parameters(call, request), answers))
                .orElseGet(() -> switch (sent.of(call, captured, request)) {
                    case Result.Wrong wrong -> wrong(wrong);
                    case Result.Values values ->
                        answers.of(grants.swap(values.get("token.access").orElse(""), true), false);
                });
    }

    private TokenAnswer.Further further() {
        return provider.auth().facts().codeGrant().map(TokenAnswer.Further::of).orElse(TokenAnswer.Further.NONE);
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
