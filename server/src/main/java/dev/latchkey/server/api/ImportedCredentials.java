package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.secrets.Secret;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Reads the credentials of an imported connection, by their type. */
final class ImportedCredentials {
    private final InstantSource clock;

    ImportedCredentials(InstantSource clock) {
        this.clock = clock;
    }

    /** @param fields of the definition that stood among the credentials */
    record Read(Credentials credentials, Map<String, String> fields) {
        /** Whether a first token is still to be made. */
        boolean isUnminted() {
            return switch (credentials) {
                case Credentials.Signed it -> it.token().reveal().isEmpty();
                case Credentials.Exchanged it -> it.token().reveal().isEmpty();
                case Credentials.Installation it -> it.token().isEmpty();
                case Credentials.AssumedRole it -> it.accessKeyId().isEmpty();
                default -> false;
            };
        }
    }

    Read read(Body body, Provider provider) {
        Credentials credentials = credentials(body, provider);
        Map<String, String> fields = switch (credentials) {
            case Credentials.OAuth2 it -> Map.of();
            case Credentials.OAuth2Client it -> Map.of();
            case Credentials.OAuth1 it -> Map.of();
            case Credentials.Datastore it -> DatastoreFields.open(provider, it.address());
            default -> TypedFields.imported(body, provider);
        };
        if (credentials instanceof Credentials.Installation) {
            body.allow("app_id");
        }
        return new Read(credentials, fields);
    }

    private Credentials credentials(Body body, Provider provider) {
        String expected = provider.auth().facts().mode();
        String type = body.required("type");
        if (!type.isEmpty() && !type.equals(expected) && !known(type)) {
            body.problem("invalid_type", "this provider takes credentials of type " + expected, "type");
        }
        Credentials credentials = switch (type) {
            case "OAUTH2" -> oauth2(body);
            case "OAUTH2_CC" -> client(body);
            case "OAUTH1" ->
                new Credentials.OAuth1(
                        new Secret(body.required("oauth_token")),
                        new Secret(body.required("oauth_token_secret")),
                        raw(body));
            case "API_KEY" -> new Credentials.ApiKey(new Secret(body.required("apiKey")));
            case "BASIC" ->
                new Credentials.Basic(
                        body.required("username"),
                        new Secret(body.text("password").orElse("")));
            case "NONE" -> new Credentials.None();
            case "DATASTORE" -> datastore(body, provider);
            case "TBA" -> tba(body);
            case "JWT", "SIGNATURE" ->
                new Credentials.Signed(type, new Secret(body.text("token").orElse("")), due(body, "token"));
            case "TWO_STEP" ->
                new Credentials.Exchanged(
                        type,
                        new Secret(body.text("token").orElse("")),
                        body.text("refresh_token").map(Secret::new),
                        due(body, "token"),
                        given(body));
            case "BILL" ->
                new Credentials.Exchanged(
                        type,
                        new Secret(body.text("session_id").orElse("")),
                        Optional.empty(),
                        due(body, "session_id"),
                        given(body));
            case "APP", "CUSTOM" -> installation(body);
            case "AWS_SIGV4" ->
                new Credentials.AssumedRole("", new Secret(""), new Secret(""), Optional.of(Instant.EPOCH));
            default -> imported(body, type);
        };
        if (known(type) && !type.equals(expected) && !type.equals("API_KEY")) {
            body.problem("invalid_type", "this provider takes credentials of type " + expected, "type");
        }
        return credentials;
    }

    private static boolean known(String type) {
        return switch (type) {
            case "OAUTH2",
                    "OAUTH2_CC",
                    "OAUTH1",
                    "API_KEY",
                    "BASIC",
                    "NONE",
                    "TBA",
                    "JWT",
                    "SIGNATURE",
                    "TWO_STEP",
                    "BILL",
                    "APP",
                    "CUSTOM",
                    "AWS_SIGV4",
                    "DATASTORE" -> true;
            default -> false;
        };
    }

    private Credentials oauth2(Body body) {
        return new Credentials.OAuth2(
                new Secret(body.required("access_token")),
                body.text("refresh_token").map(Secret::new),
                expiry(body),
                raw(body),
                body.text("client_id_override"),
                body.text("client_secret_override").map(Secret::new));
    }

    private Credentials client(Body body) {
        return new Credentials.OAuth2Client(
                new Secret(body.text("token").orElse("")),
                // Without a token the first read mints one.
                body.has("token") ? expiry(body) : Optional.of(Instant.EPOCH),
                body.required("client_id"),
                new Secret(body.required("client_secret")),
                raw(body));
    }

    private static Credentials tba(Body body) {
        Optional<Body> override = body.child("config_override");
        return new Credentials.OAuth1Static(
                new Secret(body.required("token_id")),
                new Secret(body.required("token_secret")),
                override.flatMap(it -> it.text("client_id")),
                override.flatMap(it -> it.text("client_secret")).map(Secret::new));
    }

    private Credentials installation(Body body) {
        Optional<Credentials.OAuth2> user = body.child("user").map(it -> {
            it.allow("type");
            return (Credentials.OAuth2) oauth2(it);
        });
        body.allow("app", "raw");
        return new Credentials.Installation(
                body.text("access_token").map(Secret::new), expiry(body), given(body), user);
    }

    /** Without a token it is due. */
    private Optional<Instant> due(Body body, String token) {
        return body.has(token) ? expiry(body) : Optional.of(Instant.EPOCH);
    }

    private static Credentials.Raw given(Body body) {
        return new Credentials.Raw(body.object("raw").orElseGet(Json.MAPPER::createObjectNode));
    }

    /** Where it is none, the body was told what is wrong, and what is answered here is dropped. */
    private static Credentials datastore(Body body, Provider provider) {
        return provider.auth() instanceof Auth.Datastore kind
                ? DatastoreFields.imported(body, provider, kind)
                        .<Credentials>map(it -> it)
                        .orElseGet(Credentials.None::new)
                : new Credentials.None();
    }

    private Credentials imported(Body body, String type) {
        ObjectNode members = body.json().deepCopy();
        members.remove("type");
        members.remove("expires_at");
        members.properties().forEach(entry -> body.allow(entry.getKey()));
        return new Credentials.Imported(type, new Credentials.Raw(members), expiry(body));
    }

    /** Absolute ({@code expires_at}, ISO 8601) or relative ({@code expires_in}, seconds). */
    private Optional<Instant> expiry(Body body) {
        if (body.has("expires_in")) {
            var seconds = body.json().get("expires_in");
            if (!seconds.isNumber()) {
                body.problem("invalid_type", "must be a number of seconds", "expires_in");
                return Optional.empty();
            }
            return Optional.of(Moments.after(clock.instant(), seconds.doubleValue()));
        }
        return body.text("expires_at").flatMap(text -> {
            Optional<Instant> time = Moments.read(text);
            if (time.isEmpty()) {
                body.problem("invalid_format", "must be a time such as 2030-01-31T12:00:00Z", "expires_at");
            }
            return time;
        });
    }

    /** What was imported stands for the token endpoint's answer, which nobody has. */
    private static Credentials.Raw raw(Body body) {
        ObjectNode raw = body.object("raw")
                .map(ObjectNode::deepCopy)
                .orElseGet(() -> body.json().deepCopy());
        raw.remove("client_secret_override");
        return new Credentials.Raw(raw.isObject() ? raw : Json.MAPPER.createObjectNode());
    }
}
