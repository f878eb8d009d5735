package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.TokenErrors;
import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.server.connections.Credentials.Raw;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.RetryAfter;
import dev.latchkey.server.secrets.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads a token response as the definition's shape says (RFC 6749 sections 5.1 and 5.2). */
public final class TokenParser {
    private static final Set<String> CLIENT_ERRORS = Set.of(
            "invalid_client",
            "unauthorized_client",
            "invalid_client_id",
            "bad_client_secret",
            "incorrect_client_credentials",
            "redirect_uri_mismatch",
            "unsupported_grant_type");
    /**
     * RFC 6749 section 5.2, and its common variants. Only these, and the definition's own codes, end a grant: gateways, firewalls and
     * maintenance pages have errors of their own, and a prompt to authorize again cannot be taken back.
     */
    private static final Set<String> GRANT_ERRORS =
            Set.of("invalid_grant", "invalid_refresh_token", "token_revoked", "token_expired", "expired_token");

    private static final Set<String> TRANSIENT_ERRORS = Set.of(
            "temporarily_unavailable",
            "server_error",
            "slow_down",
            "ratelimited",
            "rate_limited",
            "internal_error",
            "service_unavailable",
            "fatal_error");

    private static final int LARGE = 1024 * 1024;

    private TokenParser() {}

    /** @param askedAt when the request began: lifetimes count from there */
    public static TokenAnswer parse(
            Egress.Response answer,
            TokenShape shape,
            Optional<Call.OkWhen> okWhen,
            Map<String, JsonPath> learn,
            Instant askedAt) {
        return parse(answer, AnswerBody.of(answer), shape, okWhen, learn, askedAt);
    }

    /** @param tree the response's body, if it can be read */
    static TokenAnswer parse(
            Egress.Response answer,
            Optional<JsonNode> tree,
            TokenShape shape,
            Optional<Call.OkWhen> okWhen,
            Map<String, JsonPath> learn,
            Instant askedAt) {
        Optional<TokenAnswer> known = withoutAToken(answer, tree, shape, askedAt);
        if (known.isPresent()) {
            return known.get();
        }
        JsonNode node = tree.get();
        ObjectNode whole = node instanceof ObjectNode object
                ? object
                : Json.MAPPER.createObjectNode().set("value", node);
        boolean fine = okWhen.isPresent() ? Success.of(answer, okWhen) : answer.status() < 400;
        if (!fine && okWhen.isPresent() && answer.status() < 400) {
            String error =
                    okWhen.get().error().flatMap(path -> path.textIn(whole)).orElse("refused");
            return refusal(shape.errors(), answer, error, whole, askedAt);
        }
        JsonNode body = shape.root().flatMap(root -> root.in(whole)).orElse(node);
        Optional<String> access = token(shape.access(), body);
        if (!fine || access.isEmpty() && !shape.keepAccess()) {
            Optional<String> error = okWhen.flatMap(Call.OkWhen::error)
                    .flatMap(path -> path.textIn(whole))
                    .or(() -> code(whole));
            if (error.isEmpty() && fine) {
                return new TokenAnswer.Unavailable("the provider's answer has no access token", Optional.empty());
            }
            return refusal(shape.errors(), answer, error.orElse("http_" + answer.status()), whole, askedAt);
        }
        Map<String, String> learned = new HashMap<>();
        learn.forEach((name, path) -> path.textIn(whole).ifPresent(value -> learned.put(name, value)));
        return new TokenAnswer.Granted(
                new Secret(access.orElse("")),
                token(shape.refresh(), body).map(Secret::new),
                TokenExpiry.of(shape, body, access, askedAt),
                text(whole, "scope"),
                new Raw(answer.body().length > LARGE ? small(whole) : whole),
                Map.copyOf(learned));
    }

    /** What a response means in which no token can be. */
    private static Optional<TokenAnswer> withoutAToken(
            Egress.Response answer, Optional<JsonNode> tree, TokenShape shape, Instant askedAt) {
        Optional<TokenAnswer> said = meaningOfTheWhole(shape.errors(), answer, tree, askedAt);
        if (said.isPresent()) {
            return said;
        }
        if (answer.status() == 429 || answer.status() >= 500) {
            // Some vendors use 500 where others use 400.
            return Optional.of(tree.filter(JsonNode::isObject)
                    .flatMap(body -> inTheVendorsWords(shape.errors(), answer, (ObjectNode) body, askedAt))
                    .orElseGet(() -> new TokenAnswer.Unavailable(
                            "the provider answered " + answer.status(),
                            retryAfter(answer, askedAt),
                            answer.status() == 429)));
        }
        if (answer.status() >= 300 && answer.status() < 400) {
            // RFC 9700 section 4.12: a request with credentials does not follow redirects.
            return Optional.of(new TokenAnswer.Unavailable(
                    "the provider answered " + answer.status() + ", a redirect, which is not followed",
                    Optional.empty()));
        }
        return tree.isPresent()
                ? Optional.empty()
                : Optional.of(new TokenAnswer.Unavailable(
                        answer.status() >= 400
                                ? "the provider answered " + answer.status() + " without a reason"
                                : "the provider's answer is neither JSON nor a form",
                        retryAfter(answer, askedAt)));
    }

    /** The meaning of a response without a token to a call that is no token request. @param words the vendor's own */
    static TokenAnswer refused(
            Egress.Response answer, TokenErrors words, Optional<Call.OkWhen> okWhen, Instant askedAt) {
        TokenShape standard = TokenShape.STANDARD;
        TokenShape shape = new TokenShape(
                standard.root(),
                standard.access(),
                standard.refresh(),
                standard.lifetime(),
                standard.keepRefresh(),
                standard.keepAccess(),
                words);
        return parse(answer, shape, okWhen, Map.of(), askedAt);
    }

    /** Whether a status refuses the request, whatever refused it; the others say that another one may be served (RFC 9110, 6585). */
    static boolean isRefusal(int status) {
        return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
    }

    /** What is kept in addition to the tokens, if a response is too large for a row or the journal. */
    private static ObjectNode small(ObjectNode whole) {
        ObjectNode kept = Json.MAPPER.createObjectNode();
        int size = 0;
        for (Map.Entry<String, JsonNode> member : whole.properties()) {
            int length = member.getValue().toString().length();
            if (length <= LARGE / 8 && size + length <= LARGE) {
                kept.set(member.getKey(), member.getValue());
                size += length;
            }
        }
        return kept;
    }

    private static TokenAnswer refusal(
            TokenErrors words, Egress.Response answer, String error, ObjectNode body, Instant askedAt) {
        String description = description(body);
        String code = clean(error);
        return words.meaningOf(answer.status(), error, description)
                .map(meaning -> meant(meaning, code, description, answer, askedAt))
                .orElseGet(() -> {
                    if (CLIENT_ERRORS.contains(word(error))) {
                        return new TokenAnswer.Misconfigured(code, description);
                    }
                    if (TRANSIENT_ERRORS.contains(word(error))) {
                        return new TokenAnswer.Unavailable(
                                "the provider answered " + code, retryAfter(answer, askedAt));
                    }
                    return new TokenAnswer.Rejected(code, description, endsTheGrant(error, body));
                });
    }

    /** Gateways also use {@code code} and {@code status}: there only the RFC's codes count as the vendor's. */
    private static boolean endsTheGrant(String error, ObjectNode body) {
        boolean gateways =
                Stream.of("error", "error_code", "errorCode", "errors").noneMatch(body::hasNonNull);
        return gateways ? word(error).equals("invalid_grant") : GRANT_ERRORS.contains(word(error));
    }

    /** Some vendors write the RFC's codes in capitals. */
    private static String word(String error) {
        return error.strip().toLowerCase(Locale.ROOT);
    }

    /** Where the definition says what a status with a certain body or header means. */
    static Optional<TokenAnswer> meaningOfTheWhole(
            TokenErrors words, Egress.Response answer, Optional<JsonNode> tree, Instant askedAt) {
        return words.meaningOf(
                        answer.status(),
                        name -> Optional.ofNullable(answer.headers().get(name)),
                        tree)
                .map(meaning -> {
                    Optional<ObjectNode> body = tree.filter(JsonNode::isObject).map(ObjectNode.class::cast);
                    return meant(
                            meaning,
                            clean(body.flatMap(TokenParser::code).orElse("http_" + answer.status())),
                            body.map(TokenParser::description).orElse(""),
                            answer,
                            askedAt);
                });
    }

    private static Optional<TokenAnswer> inTheVendorsWords(
            TokenErrors words, Egress.Response answer, ObjectNode body, Instant askedAt) {
        String code = code(body).orElse("");
        String description = description(body);
        return words.meaningOf(answer.status(), code, description)
                .map(meaning -> meant(meaning, clean(code), description, answer, askedAt));
    }

    private static TokenAnswer meant(
            TokenErrors.Meaning meaning, String code, String description, Egress.Response answer, Instant askedAt) {
        return switch (meaning) {
            case REJECTED -> new TokenAnswer.Rejected(code, description);
            case MISCONFIGURED -> new TokenAnswer.Misconfigured(code, description);
            case TRANSIENT ->
                new TokenAnswer.Unavailable(
                        "the provider answered " + (code.isEmpty() ? answer.status() : code),
                        retryAfter(answer, askedAt),
                        answer.status() == 429);
        };
    }

    /** Vendors have many names for it; a nested {@code {"error": {"code", "message"}}} counts, too. */
    private static Optional<String> code(ObjectNode body) {
        if (body.get("error") instanceof ObjectNode nested) {
            return text(nested, "code")
                    // A number means nothing beside a code.
                    .filter(code -> !code.matches("\\d+"))
                    .or(() -> text(nested, "error"))
                    .or(() -> text(nested, "type"))
                    .or(() -> text(nested, "status"))
                    .or(() -> text(nested, "code"));
        }
        return text(body, "error")
                .or(() -> text(body, "error_code"))
                .or(() -> text(body, "errorCode"))
                .or(() -> JsonPath.parse("errors[0].errorType").textIn(body))
                .or(() -> JsonPath.parse("errors[0].code").textIn(body))
                .or(() -> JsonPath.parse("errors[0].error").textIn(body))
                .or(() -> JsonPath.parse("errors[0]").textIn(body))
                .or(() -> JsonPath.parse("error[0]").textIn(body))
                .or(() -> text(body, "code"))
                .or(() -> text(body, "status"));
    }

    private static String description(ObjectNode body) {
        ObjectNode where = body.get("error") instanceof ObjectNode nested ? nested : body;
        return clean(text(where, "error_description")
                .or(() -> text(where, "message"))
                .or(() -> text(where, "error_message"))
                .or(() -> text(where, "reason"))
                .orElse(""));
    }

    /** Error texts come from outside: printable, short. */
    public static String clean(String text) {
        String printable = text.replaceAll("[\\p{Cntrl}\\p{Cf}]", " ").strip();
        return printable.length() > 300 ? printable.substring(0, 300) + "..." : printable;
    }

    /** A response's message or error text, if it has one. */
    public static Optional<String> message(Egress.Response answer) {
        return AnswerBody.of(answer)
                .filter(JsonNode::isObject)
                .map(ObjectNode.class::cast)
                .flatMap(body -> Stream.of("error_description", "message", "error", "detail", "title", "errorMessage")
                        .map(name -> text(body, name))
                        .flatMap(Optional::stream)
                        .findFirst()
                        .or(() -> Stream.of("error.message", "errors[0].message", "errors[0].detail", "errors[0]")
                                .map(path -> JsonPath.parse(path).textIn(body))
                                .flatMap(Optional::stream)
                                .findFirst()))
                .map(TokenParser::clean);
    }

    static Optional<Duration> retryAfter(Egress.Response answer, Instant now) {
        return Optional.ofNullable(answer.headers().get("retry-after")).flatMap(value -> RetryAfter.parse(value, now));
    }

    /** {@code false}, {@code ""} and spaces mean that there is none. */
    private static Optional<String> token(List<JsonPath> paths, JsonNode body) {
        return paths.stream()
                .map(path -> path.in(body).filter(node -> node.isString() || node.isNumber()))
                .flatMap(Optional::stream)
                .map(JsonNode::asString)
                .filter(text -> !text.isBlank())
                .findFirst();
    }

    static Optional<String> first(List<JsonPath> paths, JsonNode body) {
        return paths.stream()
                .map(path -> path.textIn(body))
                .flatMap(Optional::stream)
                .filter(text -> !text.isEmpty())
                .findFirst();
    }

    private static Optional<String> text(ObjectNode body, String name) {
        return Optional.ofNullable(body.get(name))
                .filter(JsonNode::isValueNode)
                .filter(node -> !node.isNull())
                .map(JsonNode::asString);
    }
}
