package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.ClientAuth;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Client authentication at the token endpoint (RFC 6749 section 2.3): in exactly the way that the definition names. */
final class ClientCheck {
    /** Whose credentials are right. */
    enum Clients {
        /** Only the lab's registered app. */
        APP,
        /** Any: the person who connects supplies them. Those that contain {@code wrong} are wrong. */
        ANY
    }

    private final LabApp app;
    private final Clients clients;
    private final InstantSource clock;

    ClientCheck(LabApp app, Clients clients, InstantSource clock) {
        this.app = app;
        this.clients = clients;
        this.clock = clock;
    }

    /** What is wrong; empty when the client is authenticated. */
    Optional<String> problem(ClientAuth declared, LabRequest request, Map<String, String> parameters) {
        boolean header = request.header("authorization").isPresent();
        return switch (declared) {
            case ClientAuth.InBody body -> {
                String names = body.idName() + " and " + body.secretName();
                if (header) {
                    yield Optional.of("this provider takes " + names + " as parameters, not an Authorization header");
                }
                boolean right = isId(parameters.getOrDefault(body.idName(), ""))
                        & isSecret(parameters.getOrDefault(body.secretName(), ""));
                yield unless(right, names + " are missing or wrong");
            }
            case ClientAuth.ClientSecretBasic basic -> basic(request, parameters, basic.formEncoded());
            case ClientAuth.SecretBasic secret -> {
                Optional<LabRequest.UserAndPassword> sent = request.basic();
                boolean right = sent.filter(
                                pair -> isSecret(pair.user()) & pair.password().isEmpty())
                        .isPresent();
                yield unless(right, "this provider takes the secret as the user name of HTTP Basic, with no password");
            }
            case ClientAuth.None none
            when none.idName().isEmpty() ->
                unless(
                        !header && !parameters.containsKey("client_id"),
                        "this provider takes no client credentials here");
            case ClientAuth.None none -> {
                boolean secret = header || parameters.containsKey("client_secret");
                yield secret
                        ? Optional.of("this provider takes public clients: no secret, no Authorization header")
                        : unless(
                                isId(parameters.getOrDefault(none.idName(), "")),
                                none.idName() + " is missing or wrong");
            }
            case ClientAuth.PrivateKeyJwt jwt -> assertion(jwt.assertion(), request, parameters);
        };
    }

    /** RFC 7523 section 3. */
    private Optional<String> assertion(Auth.Assertion declared, LabRequest request, Map<String, String> parameters) {
        if (!"urn:ietf:params:oauth:client-assertion-type:jwt-bearer".equals(parameters.get("client_assertion_type"))) {
            return Optional.of("client_assertion_type is missing or wrong");
        }
        boolean ofApp = SentValues.refersTo(declared.key(), "app");
        Map<String, String> claims = new LinkedHashMap<>();
        declared.claims().forEach((name, text) -> Endpoints.constant(text).ifPresent(value -> claims.put(name, value)));
        if (clients == Clients.APP) {
            declared.claims().keySet().stream()
                    .filter(Set.of("iss", "sub")::contains)
                    .findFirst()
                    .ifPresentOrElse(
                            name -> {}, () -> claims.putAll(Map.of("iss", app.clientId(), "sub", app.clientId())));
        }
        if (!declared.claims().containsKey("aud")) {
            claims.put("aud", "https://" + request.location());
        }
        return JwtCheck.problem(
                parameters.getOrDefault("client_assertion", ""),
                declared.algorithm(),
                LabKeys.of(app.clientId().replaceFirst("^lab-", ""), ofApp ? "app" : "account", declared.algorithm())
                        .getPublic(),
                claims,
                declared.lifetime(),
                clock.instant());
    }

    private Optional<String> basic(LabRequest request, Map<String, String> parameters, boolean formEncoded) {
        if (parameters.containsKey("client_secret")) {
            return Optional.of("this provider takes HTTP Basic, and no client_secret in the body");
        }
        Optional<LabRequest.UserAndPassword> sent = request.basic();
        if (sent.isEmpty()) {
            return Optional.of("this provider takes HTTP Basic (Authorization header)");
        }
        String id = formEncoded ? decoded(sent.get().user()) : sent.get().user();
        String secret =
                formEncoded ? decoded(sent.get().password()) : sent.get().password();
        return unless(isId(id) & isSecret(secret), "the client's id or secret is wrong");
    }

    private static Optional<String> unless(boolean right, String problem) {
        return right ? Optional.empty() : Optional.of(problem);
    }

    private boolean isId(String sent) {
        return isRight(app.clientId(), sent);
    }

    private boolean isSecret(String sent) {
        return isRight(app.clientSecret(), sent);
    }

    private boolean isRight(String expected, String sent) {
        return switch (clients) {
            case APP -> same(expected, sent);
            case ANY -> SampleValues.accepts(sent);
        };
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new LabRequest.MalformedException("the Basic credentials are not form-encoded");
        }
    }

    static boolean same(String expected, String sent) {
        return MessageDigest.isEqual(expected.getBytes(StandardCharsets.UTF_8), sent.getBytes(StandardCharsets.UTF_8));
    }
}
