package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Of an AWS role that is assumed. */
record AwsRoleKind(Auth.AwsRole auth) implements Kind {
    static final String TYPE = "AWS_SIGV4";
    static final List<String> PATHS = List.of("/auth/aws-sigv4/");

    /** The keys of the operator's own AWS user, which assumes the roles of its customers. */
    static final String SECRET_KEY = "secretAccessKey";
    /** The member of its credentials that is stored as a setting, by the setting's name. */
    static final Map<String, String> SETTINGS = Map.of("accessKeyId", "access_key_id");

    static AppRegistration registration(InputObject given) {
        Map<String, Secret> secrets = AppRegistration.privateKey(given);
        Map<String, String> settings = Map.of("accessKeyId", given.required("access_key_id"));
        secrets.put(SECRET_KEY, new Secret(given.required("secret_access_key")));
        return new AppRegistration(Optional.empty(), secrets, settings);
    }

    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.AssumedRole> held() {
        return Credentials.AssumedRole.class;
    }

    @Override
    public List<String> paths() {
        return PATHS;
    }

    @Override
    public Optional<Credentials> unminted() {
        return Optional.of(new Credentials.AssumedRole("", new Secret(""), new Secret(""), Optional.of(Instant.EPOCH)));
    }

    @Override
    public TokenAnswer mint(Makers makers, ValuesOf values) {
        return makers.roles().assume(auth, values);
    }

    @Override
    public Optional<TokenAnswer> forAnybody(Makers makers, ValuesOf values) {
        return Optional.of(makers.roles().assumeForAnybody(auth, values));
    }

    @Override
    public Credentials made(Credentials current, TokenAnswer.Granted granted, Instant now) {
        if (!(current instanceof Credentials.AssumedRole)) {
            return current;
        }
        JsonNode keys = granted.raw().json();
        return new Credentials.AssumedRole(
                keys.path("AccessKeyId").asString(""),
                new Secret(keys.path("SecretAccessKey").asString("")),
                new Secret(keys.path("SessionToken").asString("")),
                granted.expiresAt());
    }
}
