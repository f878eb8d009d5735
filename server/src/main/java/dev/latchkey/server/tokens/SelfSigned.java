package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.signing.JsonWebToken;
import dev.latchkey.server.signing.WsseToken;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Tokens that no endpoint issues: they are signed here with the user's key. Thread-safe. */
public final class SelfSigned {
    private final InstantSource clock;

    public SelfSigned(InstantSource clock) {
        this.clock = clock;
    }

    public TokenAnswer mint(Auth.SignedToken token, ValuesOf values) {
        Instant now = clock.instant();
        try {
            Secret signed = token.isWsse() ? wsse(token, values, now) : jwt(token, values, now);
            return new TokenAnswer.Granted(
                    signed,
                    Optional.empty(),
                    Optional.of(now.plus(token.lifetime())),
                    Optional.empty(),
                    new Credentials.Raw(Json.MAPPER.createObjectNode()),
                    Map.of());
        } catch (IllegalArgumentException e) {
            return new TokenAnswer.Misconfigured("invalid_key", String.valueOf(e.getMessage()));
        }
    }

    private static Secret jwt(Auth.SignedToken token, ValuesOf values, Instant now) {
        return JsonWebToken.sign(
                token.algorithm(),
                Assertions.key(token.key(), values),
                token.keyEncoding(),
                Assertions.header(token.header(), values),
                Assertions.claims(Assertions.expand(token.claims(), values), now, now.plus(token.lifetime())));
    }

    private static Secret wsse(Auth.SignedToken token, ValuesOf values, Instant now) {
        String user = values.get(new Template.Reference("secret", List.of("username")))
                .orElseThrow(() -> new IllegalArgumentException("the user name is missing"));
        Secret password = token.key()
                .expand(values)
                .map(Secret::new)
                .orElseThrow(() -> new IllegalArgumentException("the password is missing"));
        return new Secret(
                WsseToken.of(user, password, UUID.randomUUID().toString().replace("-", ""), now));
    }
}
