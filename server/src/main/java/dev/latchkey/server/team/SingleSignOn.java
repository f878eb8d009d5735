package dev.latchkey.server.team;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jwt.JWT;
import com.nimbusds.jwt.JWTParser;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.claims.IDTokenClaimsSet;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import dev.latchkey.catalogue.keys.KeyLimits;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.vault.Hash;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Members sign in by the company's OpenID Connect provider: discovery, authorization code with PKCE and nonce, the ID token verified
 * by the provider's keys. All requests use the guarded client. Thread-safe.
 */
public final class SingleSignOn {
    private static final Duration METADATA_LIFETIME = Duration.ofMinutes(10);

    /** @param issuer as the provider names itself: its discovery document is at {@code /.well-known/openid-configuration} below */
    public record Settings(URI issuer, String clientId, dev.latchkey.server.secrets.Secret clientSecret) {}

    /** The state that the browser must return. @param address where it goes now */
    public record Begun(URI address, String state, String nonce, String verifier) {}

    /** The person according to the provider. @param email only if the provider has verified it */
    public record Person(String issuer, String subject, Optional<String> email, String name) {}

    /** The sign-in failed; the message is for people. */
    public static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        RefusedException(String message) {
            super(message);
        }
    }

    private record Known(OIDCProviderMetadata metadata, JWKSet keys, Instant until) {}

    private final Settings settings;
    private final Egress egress;
    private final URI callback;
    private final SecureRandom random;
    private final InstantSource clock;
    private volatile Optional<Known> known = Optional.empty();

    public SingleSignOn(Settings settings, Egress egress, URI publicUrl, SecureRandom random, InstantSource clock) {
        this.settings = settings;
        this.egress = egress;
        this.callback = URI.create(publicUrl + "/dashboard/sso/callback");
        this.random = random;
        this.clock = clock;
    }

    public Begun begin() throws RefusedException {
        String state = token();
        String nonce = token();
        String verifier = token();
        String challenge = Base64.getUrlEncoder().withoutPadding().encodeToString(Hash.of(verifier));
        Map<String, String> query = new LinkedHashMap<>();
        query.put("response_type", "code");
        query.put("client_id", settings.clientId());
        query.put("redirect_uri", callback.toString());
        query.put("scope", "openid email profile");
        query.put("state", state);
        query.put("nonce", nonce);
        query.put("code_challenge", challenge);
        query.put("code_challenge_method", "S256");
        URI endpoint = provider(false).metadata().getAuthorizationEndpointURI();
        return new Begun(
                URI.create(endpoint + (endpoint.getRawQuery() == null ? "?" : "&") + PercentEncoding.form(query)),
                state,
                nonce,
                verifier);
    }

    /** @param callbackQuery the query of the provider's redirect; its state was compared already */
    public Person finish(Map<String, String> callbackQuery, String nonce, String verifier) throws RefusedException {
        String error = callbackQuery.getOrDefault("error", "");
        if (!error.isEmpty()) {
            throw new RefusedException("The identity provider answered " + error.replaceAll("[^\\w.-]", "?") + ".");
        }
        Known provider = provider(false);
        String iss = callbackQuery.getOrDefault("iss", settings.issuer().toString());
        if (!iss.equals(provider.metadata().getIssuer().getValue())) {
            throw new RefusedException(
                    "The response came from another identity provider than the one that the request was sent to.");
        }
        JsonNode tokens = json(new Egress.Request(
                "POST",
                provider.metadata().getTokenEndpointURI(),
                Map.of("accept", "application/json", "authorization", basic()),
                Optional.of(new Egress.Content(
                        "application/x-www-form-urlencoded",
                        PercentEncoding.form(Map.of(
                                        "grant_type",
                                        "authorization_code",
                                        "code",
                                        callbackQuery.getOrDefault("code", ""),
                                        "redirect_uri",
                                        callback.toString(),
                                        "code_verifier",
                                        verifier))
                                .getBytes(StandardCharsets.UTF_8)))));
        IDTokenClaimsSet claims = claims(tokens.path("id_token").asString(""), nonce);
        String subject = claims.getSubject().getValue();
        JsonNode profile = Json.MAPPER.readTree(claims.toJSONString());
        URI userInfo = provider.metadata().getUserInfoEndpointURI();
        if (!profile.has("email") && userInfo != null) {
            // A provider may keep the scopes' claims for its UserInfo endpoint (OpenID Connect Core section 5.4).
            profile = json(new Egress.Request(
                    "GET",
                    userInfo,
                    Map.of(
                            "accept",
                            "application/json",
                            "authorization",
                            "Bearer " + tokens.path("access_token").asString("")),
                    Optional.empty()));
            if (!profile.path("sub").asString("").equals(subject)) {
                throw new RefusedException(
                        "The identity provider's user info describes another person than the one who signed in.");
            }
        }
        boolean verified = profile.path("email_verified").asBoolean(false);
        return new Person(
                claims.getIssuer().getValue(),
                subject,
                Optional.of(profile.path("email").asString("")).filter(email -> verified && !email.isEmpty()),
                profile.path("name").asString(""));
    }

    private IDTokenClaimsSet claims(String idToken, String nonce) throws RefusedException {
        try {
            JWT token = JWTParser.parse(idToken);
            JWSAlgorithm algorithm =
                    JWSAlgorithm.parse(token.getHeader().getAlgorithm().getName());
            if (!JWSAlgorithm.Family.SIGNATURE.contains(algorithm)) {
                throw new RefusedException("The identity provider's ID token is not signed with one of its keys.");
            }
            try {
                return validator(provider(false), algorithm).validate(token, new Nonce(nonce));
            } catch (BadJOSEException e) {
                // Its keys may have changed since they were loaded.
                return validator(provider(true), algorithm).validate(token, new Nonce(nonce));
            }
        } catch (java.text.ParseException | BadJOSEException | JOSEException e) {
            throw new RefusedException(
                    "The identity provider's ID token is not valid: check issuer, client id and clocks.");
        }
    }

    private IDTokenValidator validator(Known provider, JWSAlgorithm algorithm) {
        return new IDTokenValidator(
                new Issuer(provider.metadata().getIssuer()),
                new ClientID(settings.clientId()),
                algorithm,
                provider.keys());
    }

    private Known provider(boolean reload) throws RefusedException {
        Optional<Known> cached = known.filter(it -> !reload && it.until().isAfter(clock.instant()));
        if (cached.isPresent()) {
            return cached.get();
        }
        String issuer = settings.issuer().toString();
        String base = issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
        try {
            OIDCProviderMetadata metadata =
                    OIDCProviderMetadata.parse(json(get(URI.create(base + "/.well-known/openid-configuration")))
                            .toString());
            // RFC 8414 section 3.3: the issuer in the response must be the requested one.
            if (!metadata.getIssuer().getValue().equals(issuer)) {
                throw new RefusedException("The identity provider calls itself "
                        + metadata.getIssuer().getValue() + "; LATCHKEY_OIDC_ISSUER must be exactly that.");
            }
            JWKSet keys =
                    new JWKSet(JWKSet.parse(json(get(metadata.getJWKSetURI())).toString()).getKeys().stream()
                            .filter(SingleSignOn::isCheckable)
                            .toList());
            Known fresh = new Known(metadata, keys, clock.instant().plus(METADATA_LIFETIME));
            known = Optional.of(fresh);
            return fresh;
        } catch (ParseException | java.text.ParseException e) {
            throw new RefusedException("The identity provider's discovery document cannot be read.");
        }
    }

    /** With bounded work for the signature; a token signed with another key has an unknown one. */
    private static boolean isCheckable(JWK key) {
        try {
            if (key instanceof RSAKey rsa) {
                KeyLimits.check(rsa.toRSAPublicKey());
            }
            return true;
        } catch (JOSEException | IllegalArgumentException e) {
            return false;
        }
    }

    private static Egress.Request get(URI address) {
        return new Egress.Request("GET", address, Map.of("accept", "application/json"), Optional.empty());
    }

    private JsonNode json(Egress.Request request) throws RefusedException {
        try {
            Egress.Response response = egress.send(request);
            if (response.status() != 200) {
                throw new RefusedException("The identity provider answered " + response.status() + ".");
            }
            return Json.MAPPER.readTree(response.text());
        } catch (EgressException e) {
            throw new RefusedException("The identity provider cannot be reached: " + e.getMessage() + ".");
        } catch (JacksonException e) {
            throw new RefusedException("The identity provider's response is not JSON.");
        }
    }

    /** RFC 6749 section 2.3.1. */
    private String basic() {
        String pair = PercentEncoding.form(settings.clientId()) + ":"
                + PercentEncoding.form(settings.clientSecret().reveal());
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    private String token() {
        byte[] bits = new byte[32];
        random.nextBytes(bits);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
    }
}
