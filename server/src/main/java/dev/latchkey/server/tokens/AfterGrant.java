package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.secrets.Secret;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The steps after an OAuth 2.0 token response that the definition requires: further exchanges of the token, second tokens beside it,
 * and its expiry if only introspection (RFC 7662) knows it. None of them loses the present grant. Thread-safe.
 */
public final class AfterGrant {
    private static final String END = "expires_at";

    private final TokenEndpoint tokens;
    private final InstantSource clock;

    public AfterGrant(TokenEndpoint tokens, InstantSource clock) {
        this.tokens = tokens;
        this.clock = clock;
    }

    /** @return the refusal of a step that is not optional, or the whole grant */
    public TokenAnswer connected(CodeGrant code, TokenAnswer.Granted granted, ValuesOf values) {
        TokenAnswer after = then(code, granted, values, false);
        return after instanceof TokenAnswer.Granted all
                ? whole(code, all, values, Optional.empty(), part -> {})
                : after;
    }

    /**
     * @param before what was held until now
     * @param progress receives, before each further call, what would be held if that were the last: a process that is killed during
     *     the call must not lose a refresh token that no vendor issues twice
     */
    public TokenAnswer refreshed(
            CodeGrant code,
            TokenAnswer.Granted granted,
            ValuesOf values,
            Credentials.OAuth2 before,
            Consumer<TokenAnswer.Granted> progress) {
        boolean steps = code.then().stream().anyMatch(CodeGrant.Then::onRefresh);
        if (steps) {
            progress.accept(unfinished(granted, before));
        }
        TokenAnswer after = then(code, granted, values, true);
        return after instanceof TokenAnswer.Granted all
                ? whole(code, all, values, Optional.of(before), progress)
                // The new refresh token must not be lost because of a failed step.
                : unfinished(granted, before);
    }

    /** The old token stays, and is still due, with the new refresh token. */
    private TokenAnswer.Granted unfinished(TokenAnswer.Granted granted, Credentials.OAuth2 before) {
        return new TokenAnswer.Granted(
                before.accessToken(),
                granted.refreshToken(),
                Optional.of(clock.instant()),
                granted.scope(),
                before.raw(),
                granted.learned());
    }

    /** Without the results of further calls: second tokens unchanged, and due at once if the expiry is unknown. */
    private TokenAnswer.Granted unfinished(
            CodeGrant code, TokenAnswer.Granted granted, Optional<Credentials.OAuth2> before) {
        ObjectNode raw = granted.raw().json().deepCopy();
        for (CodeGrant.ExtraToken extra : code.response().extraTokens().values()) {
            if (objectAt(raw, extra.from()).isEmpty()) {
                before.flatMap(it -> objectAt(it.raw().json(), extra.from()))
                        .ifPresent(old -> place(raw, extra.from(), old.deepCopy()));
            }
        }
        return new TokenAnswer.Granted(
                granted.accessToken(),
                granted.refreshToken(),
                granted.expiresAt().or(() -> code.expiry().introspect().map(unknown -> clock.instant())),
                granted.scope(),
                new Credentials.Raw(raw),
                granted.learned());
    }

    private TokenAnswer then(CodeGrant code, TokenAnswer.Granted first, ValuesOf values, boolean refresh) {
        TokenAnswer.Granted current = first;
        for (CodeGrant.Then step : code.then()) {
            if (refresh && !step.onRefresh()) {
                continue;
            }
            TokenAnswer answer = tokens.ask(
                    step.call(),
                    code.client().auth(),
                    Map.of(),
                    values.with(held(current, values)),
                    new TokenEndpoint.Reading(step.token(), Optional.empty(), Map.of()));
            if (answer instanceof TokenAnswer.Granted granted) {
                current = new TokenAnswer.Granted(
                        granted.accessToken(),
                        granted.refreshToken().or(current::refreshToken),
                        granted.expiresAt(),
                        current.scope(),
                        granted.raw(),
                        current.learned());
            } else if (!step.optional()) {
                return answer;
            }
        }
        return current;
    }

    private static Credentials.OAuth2 held(TokenAnswer.Granted granted, ValuesOf values) {
        Optional<Credentials.OAuth2> before = values.credentials()
                .filter(Credentials.OAuth2.class::isInstance)
                .map(Credentials.OAuth2.class::cast);
        return new Credentials.OAuth2(
                granted.accessToken().reveal().isEmpty()
                        ? before.map(Credentials.OAuth2::accessToken).orElse(granted.accessToken())
                        : granted.accessToken(),
                granted.refreshToken().or(() -> before.flatMap(Credentials.OAuth2::refreshToken)),
                granted.expiresAt(),
                granted.raw(),
                before.flatMap(Credentials.OAuth2::clientId),
                before.flatMap(Credentials.OAuth2::clientSecret));
    }

    private TokenAnswer.Granted whole(
            CodeGrant code,
            TokenAnswer.Granted granted,
            ValuesOf values,
            Optional<Credentials.OAuth2> before,
            Consumer<TokenAnswer.Granted> progress) {
        TokenAnswer.Granted current = granted;
        Set<String> spent = new HashSet<>();
        before.flatMap(Credentials.OAuth2::refreshToken).map(Secret::reveal).ifPresent(spent::add);
        for (Map.Entry<String, CodeGrant.ExtraToken> extra :
                code.response().extraTokens().entrySet()) {
            progress.accept(unfinished(code, current, before));
            current = extra.getValue().call().isPresent()
                    ? called(code, extra.getValue(), current, values)
                    : carried(code, extra.getValue(), current, values, before, spent);
        }
        if (code.expiry().introspect().isPresent() && current.expiresAt().isEmpty()) {
            progress.accept(unfinished(code, current, before));
        }
        return introspected(code, current, values);
    }

    /** A second token in the same response. At a refresh its own refresh token is used, if it has one. */
    private TokenAnswer.Granted carried(
            CodeGrant code,
            CodeGrant.ExtraToken extra,
            TokenAnswer.Granted granted,
            ValuesOf values,
            Optional<Credentials.OAuth2> before,
            Set<String> spent) {
        Optional<ObjectNode> own = objectAt(granted.raw().json(), extra.from());
        Optional<ObjectNode> old = before.flatMap(it -> objectAt(it.raw().json(), extra.from()));
        ObjectNode token =
                own.filter(it -> it.has("access_token")).or(() -> old).orElse(null);
        if (token == null) {
            return granted;
        }
        ObjectNode current = token.deepCopy();
        boolean renewed = own.filter(it -> it.has("access_token")).isPresent();
        String refreshToken = current.path("refresh_token").asString("");
        if (!renewed && extra.ownRefresh() && !refreshToken.isEmpty() && spent.add(refreshToken)) {
            Map<String, String> parameters = new LinkedHashMap<>();
            parameters.put("grant_type", "refresh_token");
            parameters.put("refresh_token", refreshToken);
            TokenAnswer answer = tokens.ask(
                    code.refresh().call().orElseGet(() -> GrantRequests.refreshCall(code)),
                    code.client().atRefresh(),
                    parameters,
                    values,
                    new TokenEndpoint.Reading(
                            code.response().token(), code.response().okWhen(), Map.of()));
            if (answer instanceof TokenAnswer.Granted again) {
                current.put("access_token", again.accessToken().reveal());
                again.refreshToken().ifPresent(it -> current.put("refresh_token", it.reveal()));
                again.expiresAt().ifPresent(at -> current.put(END, at.toString()));
            }
        } else if (renewed) {
            TokenExpiry.of(
                            TokenShape.STANDARD,
                            current,
                            Optional.of(current.path("access_token").asString("")),
                            clock.instant())
                    .ifPresent(at -> current.put(END, at.toString()));
        }
        boolean renewable = current.has("refresh_token")
                && !current.path("refresh_token")
                        .asString("")
                        .equals(granted.refreshToken().map(Secret::reveal).orElse(""));
        return with(granted, extra.from(), current, renewable);
    }

    /** A second token by a call of its own: another audience, another resource. */
    private TokenAnswer.Granted called(
            CodeGrant code, CodeGrant.ExtraToken extra, TokenAnswer.Granted granted, ValuesOf values) {
        Credentials.OAuth2 held = held(granted, values);
        Map<String, String> parameters = new LinkedHashMap<>();
        switch (extra.grant()) {
            case CLIENT_CREDENTIALS -> parameters.put("grant_type", "client_credentials");
            case REFRESH_TOKEN -> {
                if (held.refreshToken().isEmpty()) {
                    return granted;
                }
                parameters.put("grant_type", "refresh_token");
                parameters.put("refresh_token", held.refreshToken().get().reveal());
            }
        }
        TokenAnswer answer = tokens.ask(
                extra.call().orElseThrow(),
                code.client().auth(),
                parameters,
                values.with(held),
                new TokenEndpoint.Reading(TokenShape.STANDARD, Optional.empty(), Map.of()));
        if (!(answer instanceof TokenAnswer.Granted second)) {
            // The main token works; the missing one shows when it is needed.
            return granted;
        }
        ObjectNode token = second.raw().json().deepCopy();
        second.expiresAt().ifPresent(at -> token.put(END, at.toString()));
        TokenAnswer.Granted both = with(granted, extra.from(), token, true);
        // A rotating vendor issued a new one, and may have revoked the previous one.
        return extra.grant() == CodeGrant.ExtraGrant.REFRESH_TOKEN
                        && second.refreshToken().isPresent()
                ? new TokenAnswer.Granted(
                        both.accessToken(),
                        second.refreshToken(),
                        both.expiresAt(),
                        both.scope(),
                        both.raw(),
                        both.learned())
                : both;
    }

    /**
     * The earlier expiry counts, so that both are refreshed in time; but not one in the past: then the second token could not be
     * refreshed, or its vendor's clock is wrong, and the first one is used.
     */
    private TokenAnswer.Granted with(TokenAnswer.Granted granted, JsonPath at, ObjectNode token, boolean counts) {
        ObjectNode raw = granted.raw().json().deepCopy();
        place(raw, at, token);
        Optional<Instant> end = counts
                ? Optional.ofNullable(token.get(END))
                        .filter(JsonNode::isValueNode)
                        .flatMap(node -> TokenExpiry.absolute(node.asString(), clock.instant()))
                        .filter(time -> time.isAfter(clock.instant()))
                : Optional.empty();
        return new TokenAnswer.Granted(
                granted.accessToken(),
                granted.refreshToken(),
                Stream.concat(granted.expiresAt().stream(), end.stream()).min(Comparator.naturalOrder()),
                granted.scope(),
                new Credentials.Raw(raw),
                granted.learned());
    }

    private static void place(ObjectNode raw, JsonPath at, ObjectNode token) {
        ObjectNode node = raw;
        for (String step : at.steps().subList(0, at.steps().size() - 1)) {
            node = node.get(step) instanceof ObjectNode below ? below : node.putObject(step);
        }
        node.set(at.steps().getLast(), token);
    }

    private static Optional<ObjectNode> objectAt(ObjectNode json, JsonPath path) {
        return path.in(json).filter(ObjectNode.class::isInstance).map(ObjectNode.class::cast);
    }

    /** RFC 7662, if the response has no expiry. If the vendor does not respond, it stays unknown. */
    private TokenAnswer.Granted introspected(CodeGrant code, TokenAnswer.Granted granted, ValuesOf values) {
        if (code.expiry().introspect().isEmpty() || granted.expiresAt().isPresent()) {
            return granted;
        }
        Auth.Introspect introspect = code.expiry().introspect().get();
        ObjectNode config = (ObjectNode) values.config().deepCopy();
        granted.learned().forEach(config::put);
        ValuesOf now = new ValuesOf(
                values.integration(), config, values.secrets(), Optional.of(held(granted, values)), values.further());
        try {
            Egress.Response answer =
                    tokens.send(introspect.call(), code.client().auth(), Map.of(), now);
            Optional<JsonNode> body = AnswerBody.of(answer);
            boolean active = body.flatMap(introspect.active()::textIn)
                    .filter("true"::equals)
                    .isPresent();
            Optional<Instant> end = body.filter(node -> active)
                    .flatMap(introspect.exp()::textIn)
                    .flatMap(text -> TokenExpiry.absolute(text, clock.instant()))
                    .filter(at -> at.isAfter(clock.instant()));
            return new TokenAnswer.Granted(
                    granted.accessToken(),
                    granted.refreshToken(),
                    end,
                    granted.scope(),
                    granted.raw(),
                    granted.learned());
        } catch (EgressException | IllegalArgumentException e) {
            return granted;
        }
    }
}
