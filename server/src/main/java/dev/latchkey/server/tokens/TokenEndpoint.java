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
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.signing.DpopProof;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Sends requests to a token endpoint (RFC 6749 section 3.2) as the definition says. Thread-safe. */
public final class TokenEndpoint {
    private final Egress egress;
    private final VendorAddress addresses;
    private final InstantSource clock;
    private final BoundTokens bound;

    public TokenEndpoint(Egress egress, VendorAddress addresses, InstantSource clock) {
        this.bound = new BoundTokens(clock);
        this.egress = egress;
        this.addresses = addresses;
        this.clock = clock;
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
            Egress.Answer answer =
                    send(call, clientAuth, parameters, values, cut -> isWhole(cut, call, reading, askedAt));
            reading.received().accept(System.nanoTime());
            return parse(answer, call, reading, askedAt);
        } catch (EgressException e) {
            return failed(e);
        } catch (IllegalArgumentException e) {
            return new TokenAnswer.Misconfigured("invalid_configuration", String.valueOf(e.getMessage()));
        }
    }

    private static TokenAnswer parse(Egress.Answer answer, Call call, Reading reading, Instant askedAt) {
        return TokenParser.parse(answer, reading.shape(), call.okWhen().or(reading::okWhen), reading.learn(), askedAt);
    }

    /** JSON has an end of its own: if it is reached and contains the token, nothing was lost. A form has no such end. */
    private static boolean isWhole(Egress.Answer cut, Call call, Reading reading, Instant askedAt) {
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
    Egress.Answer send(Call call, ClientAuth clientAuth, Map<String, String> parameters, ValuesOf values) {
        return send(call, clientAuth, parameters, values, cut -> false);
    }

    private Egress.Answer send(
            Call call,
            ClientAuth clientAuth,
            Map<String, String> parameters,
            ValuesOf values,
            Predicate<Egress.Answer> whole) {
        Egress.Answer answer = sent(request(call, clientAuth, parameters, values), whole);
        boolean again = BoundTokens.key(values).isPresent()
                && bound.learn(
                        vendor(call, values),
                        Optional.ofNullable(answer.headers().get("dpop-nonce")))
                && answer.status() >= 400
                && answer.text().contains("use_dpop_nonce");
        return again ? egress.send(request(call, clientAuth, parameters, values), whole) : answer;
    }

    /** An unsent request is retried at once: after a broken connection, or if one of several addresses is unreachable. */
    private Egress.Answer sent(Egress.Request request, Predicate<Egress.Answer> whole) {
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
            Egress.Answer answer =
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
    public sealed interface Told {
        record Tree(JsonNode body) implements Told {}

        record Refused(TokenAnswer answer) implements Told {}
    }

    /**
     * An endpoint related to the token endpoint, with the same client authentication.
     *
     * @throws EgressException when there is no response
     * @throws IllegalArgumentException when a value is missing or not allowed at its position
     */
    public Egress.Answer post(Text url, ClientAuth clientAuth, Map<String, String> parameters, ValuesOf values) {
        Call call = new Call(Call.Method.POST, url, Map.of(), Map.of(), new Body.Form(Map.of()), Optional.empty());
        return send(call, clientAuth, parameters, values);
    }

    /** @param parameters by the vendor's own names; the client authenticates as at the token endpoint */
    public Told tell(Text url, ClientAuth clientAuth, Map<String, String> parameters, ValuesOf values) {
        try {
            Egress.Answer answer = post(url, clientAuth, parameters, values);
            Optional<JsonNode> tree = AnswerBody.of(answer).filter(JsonNode::isObject);
            return answer.status() / 100 == 2 && tree.isPresent() && !tree.get().has("error")
                    ? new Told.Tree(tree.get())
                    : new Told.Refused(TokenParser.parse(
                            answer, TokenShape.STANDARD, Optional.empty(), Map.of(), clock.instant()));
        } catch (EgressException e) {
            return new Told.Refused(failed(e));
        } catch (IllegalArgumentException e) {
            return new Told.Refused(
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
        ValuesOf values = given.with(OneRequest.moment(clock.instant()));
        Map<String, String> members = new LinkedHashMap<>(parameters);
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("accept", "application/json");
        URI uri = addresses.of(values.integration(), call.url(), values);
        authenticate(clientAuth, values, vendor(call, values), members, headers);
        Map<String, String> renamed = new LinkedHashMap<>();
        members.forEach((name, value) -> {
            String vendors = call.names().getOrDefault(name, name);
            if (!vendors.isEmpty()) {
                renamed.put(vendors, value);
            }
        });
        Map<String, String> query = expand(call.query(), values);
        // The definition's own query is used alone where it names the grant itself (an exchange of the access token).
        if (call.body() instanceof Body.Empty && !query.containsKey("grant_type")) {
            renamed.forEach(query::putIfAbsent);
        }
        Optional<Egress.Content> content = content(call.body(), renamed, values);
        BoundTokens.key(values)
                .ifPresent(key -> headers.put(
                        "dpop", bound.proof(key, call.method().name(), vendor(call, values), Optional.empty())));
        ValuesOf whole = values.with(OneRequest.of(call.method().name(), vendor(call, values), content));
        call.headers()
                .forEach((name, text) ->
                        text.expand(whole).ifPresent(value -> headers.put(name.toLowerCase(Locale.ROOT), value)));
        return new Egress.Request(
                call.method().name(), withQuery(uri, query), headers, content, ApiAccess.certificate(values));
    }

    private static URI vendor(Call call, ValuesOf values) {
        return URI.create(call.url()
                .expand(values)
                .orElseThrow(
                        () -> new IllegalArgumentException("a value that the provider's address needs is missing")));
    }

    private static Optional<Egress.Content> content(Body body, Map<String, String> members, ValuesOf values) {
        Map<String, String> all = new LinkedHashMap<>(members);
        return switch (body) {
            case Body.Form form -> {
                all.putAll(expand(form.members(), values));
                yield Optional.of(form(all));
            }
            case Body.Json json -> {
                all.putAll(expand(json.members(), values));
                ObjectNode object = Json.MAPPER.createObjectNode();
                all.forEach(object::put);
                yield Optional.of(new Egress.Content("application/json", Json.MAPPER.writeValueAsBytes(object)));
            }
            case Body.Empty empty -> Optional.empty();
            case Body.Xml xml ->
                Optional.of(content("text/xml", xml.text().expand(values).orElse("")));
            case Body.Plain plain ->
                Optional.of(
                        content(plain.contentType(), plain.text().expand(values).orElse("")));
        };
    }

    private void authenticate(
            ClientAuth clientAuth,
            ValuesOf values,
            URI endpoint,
            Map<String, String> members,
            Map<String, String> headers) {
        String id = values.clientId().orElse("");
        String secret = values.clientSecret().map(Secret::reveal).orElse("");
        switch (clientAuth) {
            case ClientAuth.InBody body -> {
                members.put(body.idName(), id);
                if (!secret.isEmpty()) {
                    members.put(body.secretName(), secret);
                }
            }
            case ClientAuth.ClientSecretBasic basic ->
                headers.put(
                        "authorization",
                        basic.formEncoded()
                                ? basic(PercentEncoding.form(id), PercentEncoding.form(secret))
                                : basic(id, secret));
            case ClientAuth.SecretBasic secretBasic -> headers.put("authorization", basic(secret, ""));
            case ClientAuth.None none -> {
                if (!none.idName().isEmpty()) {
                    members.put(none.idName(), id);
                }
            }
            case ClientAuth.PrivateKeyJwt jwt -> {
                members.put("client_id", id);
                members.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
                members.put(
                        "client_assertion",
                        Assertions.ofClient(jwt.assertion(), id, endpoint, values, clock.instant())
                                .reveal());
            }
        }
    }

    static URI withQuery(URI uri, Map<String, String> query) {
        if (query.isEmpty()) {
            return uri;
        }
        String text = uri.toString();
        return URI.create(text + (uri.getRawQuery() == null ? "?" : "&") + encoded(query));
    }

    private static Map<String, String> expand(Map<String, Text> texts, ValuesOf values) {
        Map<String, String> found = new LinkedHashMap<>();
        texts.forEach((name, text) -> text.expand(values).ifPresent(value -> found.put(name, value)));
        return found;
    }

    private static Egress.Content form(Map<String, String> members) {
        return content("application/x-www-form-urlencoded", encoded(members));
    }

    static String encoded(Map<String, String> members) {
        StringBuilder text = new StringBuilder();
        members.forEach((name, value) -> text.append(text.isEmpty() ? "" : "&")
                .append(PercentEncoding.form(name))
                .append('=')
                .append(PercentEncoding.form(value)));
        return text.toString();
    }

    private static Egress.Content content(String type, String text) {
        return new Egress.Content(type, text.getBytes(StandardCharsets.UTF_8));
    }

    static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }
}
