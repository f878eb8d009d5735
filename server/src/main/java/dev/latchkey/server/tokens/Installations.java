package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.secrets.Secret;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** An installation's token, obtained with a token that the app signs itself. Thread-safe. */
public final class Installations {
    private final TokenEndpoint tokens;
    private final InstantSource clock;

    public Installations(TokenEndpoint tokens, InstantSource clock) {
        this.tokens = tokens;
        this.clock = clock;
    }

    public TokenAnswer mint(Auth.AppInstallation app, ValuesOf values) {
        try {
            Secret jwt = appToken(app.jwt(), values);
            Template.Values assertion =
                    reference -> reference.root().equals("assertion") ? Optional.of(jwt.reveal()) : Optional.empty();
            return tokens.ask(
                    withBearer(app.tokenCall()),
                    new ClientAuth.None(""),
                    Map.of(),
                    values.with(assertion),
                    new TokenEndpoint.Reading(app.token(), Optional.empty(), Map.of()));
        } catch (IllegalArgumentException e) {
            return new TokenAnswer.Misconfigured("invalid_configuration", String.valueOf(e.getMessage()));
        }
    }

    /** The app's own token, which some callers need in addition to the installation's. */
    public Secret appToken(Auth.Assertion jwt, ValuesOf values) {
        return Assertions.of(jwt, values, clock.instant());
    }

    private static Call withBearer(Call call) {
        if (call.headers().containsKey("authorization")) {
            return call;
        }
        Map<String, Text> headers = new LinkedHashMap<>(call.headers());
        headers.put("authorization", Text.of(Template.parse("Bearer ${assertion}", Template.Position.HEADER)));
        return new Call(call.method(), call.url(), call.query(), headers, call.body(), call.okWhen(), call.names());
    }
}
