package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.signing.OAuth1Signature;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/** Temporary credentials and token credentials of OAuth 1.0a (RFC 5849 sections 2.1 and 2.3). Thread-safe. */
public final class OAuth1Tokens {
    /** Any media type. */
    private static final String ANY = "*" + "/" + "*";

    private final Egress egress;
    private final VendorAddress addresses;
    private final InstantSource clock;

    public OAuth1Tokens(Egress egress, VendorAddress addresses, InstantSource clock) {
        this.egress = egress;
        this.addresses = addresses;
        this.clock = clock;
    }

    /** @param callback where the user returns to (section 2.1) */
    public TokenAnswer request(Call call, Auth.Signing signing, ValuesOf values, URI callback) {
        TokenAnswer answer =
                ask(signing, call, values, Optional.empty(), Map.of("oauth_callback", callback.toString()), Map.of());
        boolean unconfirmed = answer instanceof TokenAnswer.Granted granted
                && !granted.raw()
                        .json()
                        .path("oauth_callback_confirmed")
                        .asString("")
                        .equals("true");
        // Without it the server speaks OAuth 1.0, where an attacker can finish another user's authorization.
        return unconfirmed
                ? new TokenAnswer.Misconfigured(
                        "callback_not_confirmed", "the provider did not confirm the callback URL (OAuth 1.0a)")
                : answer;
    }

    /** A request token that the user has authorized. @param verifier from the callback */
    public record Verified(OAuth1Signature.Token requestToken, String verifier) {}

    /** @param learn what the response fills */
    public TokenAnswer access(
            Call call, Auth.Signing signing, ValuesOf values, Verified verified, Map<String, JsonPath> learn) {
        return ask(
                signing,
                call,
                values,
                Optional.of(verified.requestToken()),
                Map.of("oauth_verifier", verified.verifier()),
                learn);
    }

    private TokenAnswer ask(
            Auth.Signing signing,
            Call call,
            ValuesOf values,
            Optional<OAuth1Signature.Token> token,
            Map<String, String> protocol,
            Map<String, JsonPath> learn) {
        try {
            return read(egress.send(request(signing, call, values, token, protocol)), learn);
        } catch (EgressException e) {
            return TokenEndpoint.failed(e);
        } catch (IllegalArgumentException e) {
            return new TokenAnswer.Misconfigured("invalid_configuration", String.valueOf(e.getMessage()));
        }
    }

    private Egress.Request request(
            Auth.Signing signing,
            Call call,
            ValuesOf values,
            Optional<OAuth1Signature.Token> token,
            Map<String, String> protocol) {
        URI vendor = URI.create(call.url()
                .expand(values)
                .orElseThrow(
                        () -> new IllegalArgumentException("a value that the provider's address needs is missing")));
        vendor = TokenEndpoint.withQuery(vendor, Assertions.expand(call.query(), values));
        Optional<String> form = call.body() instanceof Body.Form body
                ? Optional.of(PercentEncoding.form(Assertions.expand(body.members(), values)))
                : Optional.empty();
        Map<String, String> headers = new LinkedHashMap<>(Assertions.expand(call.headers(), values));
        headers.put("accept", ANY);
        headers.put(
                "authorization",
                OAuth1Signature.header(
                        signer(signing, values, token),
                        call.method().name(),
                        vendor,
                        form,
                        protocol,
                        UUID.randomUUID().toString().replace("-", ""),
                        clock.instant().getEpochSecond()));
        return new Egress.Request(
                call.method().name(),
                addresses.of(values.integration(), vendor),
                headers,
                form.map(text -> new Egress.Content(
                        "application/x-www-form-urlencoded", text.getBytes(StandardCharsets.UTF_8))));
    }

    static OAuth1Signature.Signer signer(Auth.Signing signing, ValuesOf values, Optional<OAuth1Signature.Token> token) {
        return new OAuth1Signature.Signer(
                signing.method(),
                signing.realm().flatMap(realm -> realm.expand(values)),
                values.clientId()
                        .orElseThrow(
                                () -> new IllegalArgumentException("the integration has no client id (consumer key)")),
                values.clientSecret().orElse(new Secret("")),
                Optional.ofNullable(values.integration().secrets().get("private_key")),
                token);
    }

    /** A form, whatever its content type says (section 2.1); some vendors return JSON. */
    private static TokenAnswer read(Egress.Response answer, Map<String, JsonPath> learn) {
        if (answer.status() == 429 || answer.status() >= 500) {
            return new TokenAnswer.Unavailable("the provider answered " + answer.status(), Optional.empty());
        }
        String text = answer.text().strip();
        ObjectNode members = text.startsWith("{") && AnswerBody.of(answer).orElse(null) instanceof ObjectNode json
                ? json
                : text.startsWith("<") ? AnswerBody.form("") : AnswerBody.form(text);
        String token = members.path("oauth_token").asString("");
        String secret = members.path("oauth_token_secret").asString("");
        if (answer.status() >= 400 || token.isEmpty()) {
            String reason = TokenParser.clean(members.path("oauth_problem").asString(""));
            String code = reason.isEmpty() ? "http_" + answer.status() : reason;
            return answer.status() == 401 || answer.status() == 403 || !reason.isEmpty()
                    ? new TokenAnswer.Rejected(code, TokenParser.message(answer).orElse(""))
                    : new TokenAnswer.Unavailable(
                            "the provider's answer has no token (" + code + ")", Optional.empty());
        }
        Map<String, String> learned = new HashMap<>();
        learn.forEach((name, path) -> path.textIn(members).ifPresent(value -> learned.put(name, value)));
        return new TokenAnswer.Granted(
                new Secret(token),
                Optional.of(new Secret(secret)),
                Optional.empty(),
                Optional.empty(),
                new Credentials.Raw(members),
                learned);
    }
}
