package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.signing.AwsSignature;
import dev.latchkey.server.signing.DuoSignature;
import dev.latchkey.server.signing.HttpMessageSignature;
import dev.latchkey.server.signing.OAuth1Signature;
import dev.latchkey.server.signing.WsseToken;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The signer for a definition's {@code api.sign}. Thread-safe. */
public final class RequestSigners {
    private static final String FORM = "application/x-www-form-urlencoded";
    private static final Pattern GLOBAL = Pattern.compile("([a-z0-9-]+)\\.amazonaws\\.com");
    private static final String GLOBAL_REGION = "us-east-1";

    private final InstantSource clock;
    private final BoundTokens bound;
    private final DigestChallenges challenges = new DigestChallenges();

    public RequestSigners(InstantSource clock) {
        this.clock = clock;
        this.bound = new BoundTokens(clock);
    }

    /** @throws IllegalArgumentException when the connection lacks what the signature needs; names no value */
    public RequestSigner of(Provider provider, ValuesOf values) {
        return switch (provider.api().sign()) {
            case NONE ->
                values.credentials()
                        .flatMap(Credentials::challenged)
                        .map(challenges::signer)
                        .or(() -> BoundTokens.key(values).map(key -> new Bound(key, values)))
                        .orElse(RequestSigner.NONE);
            case OAUTH1 -> oauth1(provider, values);
            case SIGV4 -> sigV4(provider, values);
            case DUO -> duo(provider, values);
            case HTTP_SIGNATURE -> message(provider, values);
            case WSSE -> wsse(provider, values);
        };
    }

    private record Signing(
            Predicate<Map<String, String>> bodyCounts, Function<RequestSigner.Finished, Map<String, String>> signature)
            implements RequestSigner {
        @Override
        public boolean readsBody(String method, Map<String, String> headers) {
            return bodyCounts.test(headers);
        }

        @Override
        public Map<String, String> sign(Finished request) {
            return signature.apply(request);
        }

        @Override
        public String toString() {
            return "Signing[redacted]";
        }
    }

    /** RFC 9449 section 7. */
    private final class Bound implements RequestSigner {
        private final Secret key;
        private final Secret token;

        Bound(Secret key, ValuesOf values) {
            this.key = key;
            this.token = values.get(new Template.Reference("token", List.of("access")))
                    .map(Secret::new)
                    .orElseThrow(RequestSigners::missing);
        }

        @Override
        public boolean readsBody(String method, Map<String, String> headers) {
            return false;
        }

        @Override
        public Map<String, String> sign(Finished request) {
            return Map.of(
                    "authorization",
                    "DPoP " + token.reveal(),
                    "dpop",
                    bound.proof(key, request.method(), request.uri(), Optional.of(token)));
        }

        @Override
        public boolean isAskedAgain(URI uri, int status, Function<String, Optional<String>> header) {
            return bound.learn(uri, header.apply("dpop-nonce"))
                    && status == 401
                    && header.apply("www-authenticate").orElse("").contains("use_dpop_nonce");
        }

        @Override
        public String toString() {
            return "Bound[redacted]";
        }
    }

    private static boolean isForm(Map<String, String> headers) {
        return headers.getOrDefault("content-type", "").startsWith(FORM);
    }

    private RequestSigner oauth1(Provider provider, ValuesOf values) {
        AuthFacts facts = provider.auth().facts();
        OAuth1Signature.Token token = values.credentials()
                .flatMap(Credentials::signingToken)
                .map(it -> new OAuth1Signature.Token(it.token(), it.secret()))
                .orElseThrow(RequestSigners::missing);
        OAuth1Signature.Signer signer =
                OAuth1Tokens.signer(facts.signedBy().orElseThrow(RequestSigners::missing), values, Optional.of(token));
        // Section 3.4.1.3.1: only a form's parameters are signed.
        return new Signing(
                RequestSigners::isForm,
                request -> Map.of(
                        "authorization",
                        OAuth1Signature.header(
                                signer,
                                request.method(),
                                request.uri(),
                                isForm(request.headers()) ? Optional.of(text(request)) : Optional.empty(),
                                Map.of(),
                                nonce(),
                                clock.instant().getEpochSecond())));
    }

    private RequestSigner sigV4(Provider provider, ValuesOf values) {
        Api.Signing signing = provider.api().signing();
        AwsSignature.Keys keys = values.credentials()
                .orElseThrow(RequestSigners::missing)
                .assumedRole()
                .map(role -> new AwsSignature.Keys(
                        role.accessKeyId(), role.secretAccessKey(), Optional.of(role.sessionToken())))
                .orElseGet(() -> new AwsSignature.Keys(
                        value(signing.keyId(), values, "username"),
                        new Secret(value(signing.key(), values, "password")),
                        Optional.empty()));
        String region = config(values, "region").orElse("us-east-1");
        String service = config(values, "service").orElse("execute-api");
        return new Signing(
                headers -> true,
                request -> AwsSignature.headers(
                        keys,
                        global(request).isPresent() ? GLOBAL_REGION : region,
                        global(request).orElse(service),
                        request.method(),
                        request.uri(),
                        signed(request),
                        body(request),
                        clock.instant()));
    }

    /** A service with one address for all regions ({@code iam.amazonaws.com}) is signed for that region, whichever a connection has. */
    private static Optional<String> global(RequestSigner.Finished request) {
        Matcher host = GLOBAL.matcher(String.valueOf(request.uri().getHost()));
        return host.matches() ? Optional.of(host.group(1)) : Optional.empty();
    }

    /** Headers that are forwarded unchanged may be signed; those that a proxy may change are not. */
    private static Map<String, String> signed(RequestSigner.Finished request) {
        Map<String, String> headers = new java.util.TreeMap<>();
        request.headers().forEach((name, value) -> {
            if (name.startsWith("x-amz-") || name.equals("content-type")) {
                headers.put(name, value);
            }
        });
        return headers;
    }

    private RequestSigner duo(Provider provider, ValuesOf values) {
        Api.Signing signing = provider.api().signing();
        String integrationKey = value(signing.keyId(), values, "username");
        Secret secretKey = new Secret(value(signing.key(), values, "password"));
        return new Signing(
                RequestSigners::isForm,
                request -> DuoSignature.headers(
                        integrationKey,
                        secretKey,
                        request.method(),
                        request.uri(),
                        isForm(request.headers())
                                ? text(request)
                                : Optional.ofNullable(request.uri().getRawQuery())
                                        .orElse(""),
                        clock.instant()));
    }

    private RequestSigner message(Provider provider, ValuesOf values) {
        Api.Signing signing = provider.api().signing();
        String keyId = value(signing.keyId(), values, "keyId");
        Secret key = new Secret(value(signing.key(), values, "privateKey"));
        List<String> over = signing.over();
        return new Signing(
                headers -> over.contains("content-digest"),
                request -> HttpMessageSignature.headers(
                        signing.label(),
                        keyId,
                        signing.algorithm(),
                        key,
                        over,
                        request.method(),
                        request.uri(),
                        request.headers(),
                        over.contains("content-digest") ? body(request) : new byte[0],
                        clock.instant().getEpochSecond()));
    }

    private RequestSigner wsse(Provider provider, ValuesOf values) {
        Api.Signing signing = provider.api().signing();
        String username = value(signing.keyId(), values, "username");
        Secret password = new Secret(value(signing.key(), values, "password"));
        return new Signing(
                headers -> false,
                request -> Map.of("x-wsse", WsseToken.of(username, password, nonce(), clock.instant())));
    }

    /** The definition's value, or the connection's field of the usual name. */
    private static String value(Optional<Text> text, ValuesOf values, String field) {
        return text.flatMap(it -> it.expand(values))
                .or(() -> values.get(new Template.Reference("secret", List.of(field))))
                .orElseThrow(RequestSigners::missing);
    }

    private static Optional<String> config(ValuesOf values, String field) {
        return values.get(new Template.Reference("config", List.of(field)));
    }

    private static String text(RequestSigner.Finished request) {
        return new String(body(request), StandardCharsets.UTF_8);
    }

    private static byte[] body(RequestSigner.Finished request) {
        return request.body().orElseThrow(() -> new IllegalArgumentException("the body is too long to be signed"));
    }

    private static String nonce() {
        return UUID.randomUUID().toString().replace("-", "");
    }

    private static IllegalArgumentException missing() {
        return new IllegalArgumentException("the connection lacks what requests to this provider are signed with");
    }
}
