package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.signing.DpopProof;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/** Sends requests to a token endpoint (RFC 6749 section 3.2) as the definition says. Thread-safe. */
public final class TokenEndpoint {
    private final Egress egress;
    private final InstantSource clock;
    private final BoundTokens bound;
    private final TokenRequests requests;

    public TokenEndpoint(Egress egress, VendorAddress addresses, InstantSource clock) {
        this.bound = new BoundTokens(clock);
        this.egress = egress;
        this.clock = clock;
        this.requests = new TokenRequests(addresses, bound, clock);
    }

    /** How the response is read. @param received called when its last byte has arrived, with the time by {@link System#nanoTime} */
    public record Reading(
            TokenShape shape, Optional<Call.OkWhen> okWhen, Map<String, JsonPath> learn, LongConsumer received) {
        public Reading(TokenShape shape, Optional<Call.OkWhen> okWhen, Map<String, JsonPath> learn) {
            this(shape, okWhen, learn, nanos -> {});
        }
    }

    /**
     * @param parameters of the grant: {@code grant_type}, {@code code}, {@code redirect_uri} ...; those of the definition take precedence
     */
    public TokenAnswer ask(
            Call call, ClientAuth clientAuth, Map<String, String> parameters, ValuesOf values, Reading reading) {
        Optional<ValuesOf> next = values.withNextClientSecret();
        if (next.isPresent()) {
            // The secret is being replaced: the vendor accepts the new one from some moment on, and the old one until
            // another.
            TokenAnswer answer = askOnce(call, clientAuth, parameters, next.get(), reading);
            if (!(answer instanceof TokenAnswer.Misconfigured)) {
                return answer;
            }
        }
        return askOnce(call, clientAuth, parameters, values, reading);
    }

    private TokenAnswer askOnce(
            Call call, ClientAuth clientAuth, Map<String, String> parameters, ValuesOf values, Reading reading) {
        Instant askedAt = clock.instant();
        try {
            Egress.Response answer =
                    send(call, clientAuth, parameters, values, cut -> isWhole(cut, call, reading, askedAt));
            reading.received().accept(System.nanoTime());
            return parse(answer, call, reading, askedAt);
        } catch (EgressException e) {
            return failed(e);
        } catch (IllegalArgumentException e) {
            return new TokenAnswer.Misconfigured("invalid_configuration", String.valueOf(e.getMessage()));
        }
    }

    private static TokenAnswer parse(Egress.Response answer, Call call, Reading reading, Instant askedAt) {
        return TokenParser.parse(answer, reading.shape(), call.okWhen().or(reading::okWhen), reading.learn(), askedAt);
    }

    /** JSON has an end of its own: if it is reached and contains the token, nothing was lost. A form has no such end. */
    private static boolean isWhole(Egress.Response cut, Call call, Reading reading, Instant askedAt) {
        return cut.status() / 100 == 2
                && AnswerBody.isWholeJson(cut)
                && parse(cut, call, reading, askedAt) instanceof TokenAnswer.Granted;
    }

    static TokenAnswer failed(EgressException e) {
        String reason = String.valueOf(e.getMessage());
        return switch (e.kind()) {
            case FORBIDDEN -> new TokenAnswer.Misconfigured("forbidden_address", reason);
            // No request was sent: the vendor is not at fault.
            case BUSY -> new TokenAnswer.Unavailable(reason, Optional.empty(), true);
            case NOT_CONNECTED, TIMEOUT, UNREACHABLE, TOO_LARGE, CANCELLED ->
                new TokenAnswer.Unavailable(reason, Optional.empty());
        };
    }

    /**
     * @throws EgressException when there is no response
     * @throws IllegalArgumentException when a value is missing or not allowed at its position
     */
    Egress.Response send(Call call, ClientAuth clientAuth, Map<String, String> parameters, ValuesOf values) {
        return send(call, clientAuth, parameters, values, cut -> false);
    }

    private Egress.Response send(
            Call call,
            ClientAuth clientAuth,
            Map<String, String> parameters,
            ValuesOf values,
            Predicate<Egress.Response> whole) {
        Egress.Response answer = sent(request(call, clientAuth, parameters, values), whole);
        boolean again = BoundTokens.key(values).isPresent()
                && bound.learn(
                        TokenRequests.vendor(call, values),
                        Optional.ofNullable(answer.headers().get("dpop-nonce")))
                && answer.status() >= 400
                && answer.text().contains("use_dpop_nonce");
        return again ? sent(request(call, clientAuth, parameters, values), whole) : answer;
    }

    /** An unsent request is retried at once: after a broken connection, or if one of several addresses is unreachable. */
    private Egress.Response sent(Egress.Request request, Predicate<Egress.Response> whole) {
        try {
            return egress.send(request, whole);
        } catch (EgressException e) {
            if (e.kind() != EgressException.Kind.NOT_CONNECTED) {
                throw e;
            }
            return egress.send(request, whole);
        }
    }

    /** Polls whether the user has entered the code (RFC 8628 section 3.5). */
    public sealed interface Polled {
        /** @param slower the interval has to grow by five seconds */
        record Pending(boolean slower) implements Polled {}

        record Answered(TokenAnswer answer) implements Polled {}
    }

    public Polled poll(
            Call call, ClientAuth clientAuth, Map<String, String> parameters, ValuesOf values, Reading reading) {
        Instant askedAt = clock.instant();
        try {
            Egress.Response answer =
                    send(call, clientAuth, parameters, values, cut -> isWhole(cut, call, reading, askedAt));
            String error = AnswerBody.of(answer)
                    .flatMap(body -> JsonPath.parse("error").textIn(body))
                    .orElse("");
            return switch (error) {
                case "authorization_pending" -> new Polled.Pending(false);
                case "slow_down" -> new Polled.Pending(true);
                default -> new Polled.Answered(parse(answer, call, reading, askedAt));
            };
        } catch (EgressException e) {
            return new Polled.Answered(failed(e));
        } catch (IllegalArgumentException e) {
            return new Polled.Answered(
                    new TokenAnswer.Misconfigured("invalid_configuration", String.valueOf(e.getMessage())));
        }
    }

    /** A vendor's response to a request that issues no token: its tree, or the failure. */
    public sealed interface JsonResponse {
        record Tree(JsonNode body) implements JsonResponse {}

        record Refused(TokenAnswer answer) implements JsonResponse {}
    }

    /**
     * An endpoint related to the token endpoint, with the same client authentication.
     *
     * @throws EgressException when there is no response
     * @throws IllegalArgumentException when a value is missing or not allowed at its position
     */
    public Egress.Response post(Text url, ClientAuth clientAuth, Map<String, String> parameters, ValuesOf values) {
        Call call = new Call(Call.Method.POST, url, Map.of(), Map.of(), new Body.Form(Map.of()), Optional.empty());
        return send(call, clientAuth, parameters, values);
    }

    /** @param parameters by the vendor's own names; the client authenticates as at the token endpoint */
    public JsonResponse request(Text url, ClientAuth clientAuth, Map<String, String> parameters, ValuesOf values) {
        try {
            Egress.Response answer = post(url, clientAuth, parameters, values);
            Optional<JsonNode> tree = AnswerBody.of(answer).filter(JsonNode::isObject);
            return answer.status() / 100 == 2 && tree.isPresent() && !tree.get().has("error")
                    ? new JsonResponse.Tree(tree.get())
                    : new JsonResponse.Refused(TokenParser.parse(
                            answer, TokenShape.STANDARD, Optional.empty(), Map.of(), clock.instant()));
        } catch (EgressException e) {
            return new JsonResponse.Refused(failed(e));
        } catch (IllegalArgumentException e) {
            return new JsonResponse.Refused(
                    new TokenAnswer.Misconfigured("invalid_configuration", String.valueOf(e.getMessage())));
        }
    }

    /** The new key of a connection whose tokens are bound to one. */
    public static Map<String, Secret> withNewKey(Map<String, Secret> secrets) {
        Map<String, Secret> more = new LinkedHashMap<>(secrets);
        more.put(BoundTokens.KEY, DpopProof.newKey());
        return more;
    }

    static Map<String, Text> members(Body body) {
        return switch (body) {
            case Body.Form form -> form.members();
            case Body.Json json -> json.members();
            case Body.Xml xml -> Map.of("", xml.text());
            case Body.Plain plain -> Map.of("", plain.text());
            case Body.Empty empty -> Map.of();
        };
    }

    /** Package-private for tests: the exact request. */
    Egress.Request request(Call call, ClientAuth clientAuth, Map<String, String> parameters, ValuesOf given) {
        return requests.of(call, clientAuth, parameters, given);
    }

    static URI withQuery(URI uri, Map<String, String> query) {
        if (query.isEmpty()) {
            return uri;
        }
        String text = uri.toString();
        return URI.create(text + (uri.getRawQuery() == null ? "?" : "&") + PercentEncoding.form(query));
    }

    static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }
}
