package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Pick;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Exchanges secrets for a token in one to n steps. Every URL that a step takes from a response passes the same guard as one that a
 * user typed. Thread-safe.
 */
public final class ExchangeSteps {
    private static final ClientAuth NOTHING = new ClientAuth.None("");

    private final TokenEndpoint tokens;
    private final InstantSource clock;

    public ExchangeSteps(TokenEndpoint tokens, InstantSource clock) {
        this.tokens = tokens;
        this.clock = clock;
    }

    /** From the first step on. */
    public TokenAnswer mint(Auth.Exchange exchange, ValuesOf values) {
        Instant askedAt = clock.instant();
        try {
            ValuesOf now = exchange.assertion()
                    .map(assertion -> values.with(assertion(Assertions.of(assertion, values, askedAt))))
                    .orElse(values);
            return steps(exchange, now, askedAt);
        } catch (EgressException e) {
            return TokenEndpoint.failed(e);
        } catch (IllegalArgumentException e) {
            return new TokenAnswer.Misconfigured("invalid_configuration", String.valueOf(e.getMessage()));
        }
    }

    /** By the vendor's refresh call, if there is one and a refresh token. Empty: repeat the exchange. */
    public Optional<TokenAnswer> refresh(Auth.Exchange exchange, Optional<Secret> refreshToken, ValuesOf values) {
        Instant askedAt = clock.instant();
        return exchange.refresh()
                .filter(call -> refreshToken.isPresent() || !asksForRefreshToken(call))
                .map(call -> tokens.ask(
                        call,
                        NOTHING,
                        Map.of(),
                        values,
                        new TokenEndpoint.Reading(exchange.token(), Optional.empty(), exchange.learn())))
                .map(answer -> answer instanceof TokenAnswer.Granted granted ? bounded(granted, askedAt) : answer)
                // An expired refresh token is no loss: the secrets are stored.
                .filter(answer -> !(answer instanceof TokenAnswer.Rejected));
    }

    private static boolean asksForRefreshToken(Call call) {
        return Stream.of(call.query(), call.headers(), TokenEndpoint.members(call.body()))
                .flatMap(texts -> texts.values().stream())
                .flatMap(text -> text.alternatives().stream())
                .flatMap(template -> template.references().stream())
                .anyMatch(reference -> reference.root().equals("token")
                        && reference.path().getFirst().equals("refresh"));
    }

    private static Template.Values assertion(Secret assertion) {
        return reference -> reference.root().equals("assertion") ? Optional.of(assertion.reveal()) : Optional.empty();
    }

    private TokenAnswer steps(Auth.Exchange exchange, ValuesOf given, Instant askedAt) {
        Map<String, JsonNode> answers = new HashMap<>();
        Map<String, String> picked = new LinkedHashMap<>();
        ValuesOf values = given.with(answered(answers));
        for (int i = 0; i < exchange.steps().size(); i++) {
            Auth.Step step = exchange.steps().get(i);
            boolean last = i == exchange.steps().size() - 1;
            Egress.Response answer = tokens.send(step.call(), NOTHING, Map.of(), values);
            if (!Success.of(answer, step.call().okWhen()) || isError(answer, exchange, askedAt)) {
                return refused(answer, exchange, step, askedAt);
            }
            Optional<JsonNode> body = AnswerBody.of(answer);
            Map<String, String> ofStep = picks(step, answer, values);
            picked.putAll(ofStep);
            ObjectNode whole = body.filter(JsonNode::isObject)
                    .map(node -> (ObjectNode) node.deepCopy())
                    .orElseGet(Json.MAPPER::createObjectNode);
            ofStep.forEach(whole::put);
            answers.put(step.id(), whole);
            if (last) {
                Optional<JsonNode> tree = picked.isEmpty() ? body : Optional.of(laidInto(whole, picked));
                return TokenParser.parse(
                                        new Egress.Response(200, answer.headers(), answer.body()),
                                        tree,
                                        exchange.token(),
                                        Optional.empty(),
                                        exchange.learn(),
                                        askedAt)
                                instanceof TokenAnswer.Granted granted
                        ? bounded(granted, askedAt)
                        : new TokenAnswer.Unavailable(
                                body.isEmpty()
                                        ? "the provider's answer is neither JSON nor XML nor a form"
                                        : "the provider's answer has no token",
                                Optional.empty());
            }
        }
        throw new IllegalArgumentException("the definition has no steps");
    }

    /** Some vendors refuse with 200. */
    private static boolean isError(Egress.Response answer, Auth.Exchange exchange, Instant askedAt) {
        return TokenParser.meaningOfTheWhole(exchange.token().errors(), answer, AnswerBody.of(answer), askedAt)
                .isPresent();
    }

    private static JsonNode laidInto(ObjectNode whole, Map<String, String> picked) {
        picked.forEach(whole::put);
        return whole;
    }

    /**
     * The meaning of a refusal. The client that the vendor refuses is the user here, whose secrets were sent: that is a rejection, no
     * misconfiguration. How certain it is, the vendor's error code and the definition's words decide, as for every token request: a
     * bare 401 or 403 comes from a gateway or a firewall as often.
     */
    static TokenAnswer refused(Egress.Response answer, Auth.Exchange exchange, Auth.Step step, Instant askedAt) {
        String reason = TokenParser.message(answer).orElse("");
        return switch (TokenParser.refused(
                answer, exchange.token().errors(), step.call().okWhen(), askedAt)) {
            case TokenAnswer.Misconfigured wrong -> new TokenAnswer.Rejected(wrong.error(), wrong.description());
            case TokenAnswer.Rejected it
            when it.description().isEmpty() ->
                new TokenAnswer.Rejected(it.error(), reason.equals(it.error()) ? "" : reason, it.certain());
            case TokenAnswer.Rejected it -> it;
            // Without a reason that can be read. A user who types secrets at this moment learns that they were refused.
            case TokenAnswer.Unavailable _
            when TokenParser.isRefusal(answer.status()) ->
                new TokenAnswer.Rejected("http_" + answer.status(), reason, false);
            case TokenAnswer.Unavailable it -> it;
            case TokenAnswer.Granted _ ->
                new TokenAnswer.Unavailable("the provider answered " + answer.status(), Optional.empty());
        };
    }

    private static Map<String, String> picks(Auth.Step step, Egress.Response answer, ValuesOf values) {
        Map<String, String> found = new LinkedHashMap<>();
        Template.Values ofAnswer = AnswerValues.of(answer);
        step.pick()
                .forEach((name, pick) ->
                        value(pick, answer, values.with(ofAnswer)).ifPresent(it -> found.put(name, it)));
        return found;
    }

    private static Optional<String> value(Pick pick, Egress.Response answer, ValuesOf values) {
        return switch (pick) {
            case Pick.At at -> AnswerBody.of(answer).flatMap(at.path()::textIn);
            case Pick.Filled filled -> filled.template().expand(values);
        };
    }

    /** {@code step.ID.PATH}. */
    private static Template.Values answered(Map<String, JsonNode> answers) {
        return reference -> !reference.root().equals("step") || reference.path().size() < 2
                ? Optional.empty()
                : Optional.ofNullable(answers.get(reference.path().getFirst()))
                        .flatMap(answer -> JsonPath.parse(String.join(
                                        ".",
                                        reference
                                                .path()
                                                .subList(1, reference.path().size())))
                                .textIn(answer));
    }

    /**
     * A token with its own expiry is not valid longer than that; one that says it had expired when it arrived has a wrong clock
     * ({@link TokenExpiry}).
     */
    private static TokenAnswer bounded(TokenAnswer.Granted granted, Instant askedAt) {
        Optional<Instant> end = Stream.concat(
                        granted.expiresAt().stream(),
                        Stream.concat(Stream.of(granted.accessToken()), granted.refreshToken().stream())
                                .flatMap(token -> Claims.end(token.reveal()).stream())
                                .filter(at -> at.isAfter(askedAt)))
                .min(java.util.Comparator.naturalOrder());
        return new TokenAnswer.Granted(
                granted.accessToken(), granted.refreshToken(), end, granted.scope(), granted.raw(), granted.learned());
    }
}
