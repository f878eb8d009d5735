package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The three endpoints of OAuth 1.0a (RFC 5849 section 2), and the API behind them. */
final class OAuth1Vendor implements Playing {
    private final Stage stage;
    private final OAuth1Part part;
    private final Grants grants;
    private final ConsentPage page;

    OAuth1Vendor(Stage stage, OAuth1Part part) {
        this.stage = stage;
        this.part = part;
        this.grants = stage.grants;
        this.page = stage.page;
    }

    @Override
    public void routes(Routes routes) {
        routes.authorization(part.authorize().url());
        routes.tokenCall(part.request(), (captured, request) -> requestToken(request));
        routes.tokenCall(part.access(), (captured, request) -> accessToken(request));
    }

    private Answer requestToken(LabRequest request) {
        // A vendor may have one address for both (Evernote).
        if (request.header("authorization").orElse("").contains("oauth_verifier=")) {
            return accessToken(request);
        }
        return switch (check(request, token -> Optional.empty())) {
            case OAuth1Check.Result.Bad bad -> refused(bad.problem());
            case OAuth1Check.Result.Good good -> {
                String callback = good.protocol().getOrDefault("oauth_callback", "");
                if (!callback.startsWith("http")) {
                    yield refused("parameter_absent");
                }
                String token = grants.requestToken(request.host(), callback);
                yield form(
                        "request token",
                        Map.of(
                                "oauth_token",
                                token,
                                "oauth_token_secret",
                                secret(token),
                                "oauth_callback_confirmed",
                                "true"));
            }
        };
    }

    @Override
    public Answer page(LabRequest request) {
        String token = request.query().getOrDefault("oauth_token", "");
        Optional<String> callback = grants.callback(token);
        if (callback.isEmpty()) {
            return Answer.page(
                    400, page.refusal("The request token is missing, unknown or too old."), "request refused");
        }
        String scope = request.query().getOrDefault(part.authorize().scope().param(), "");
        Map<String, String> scopes = scope.isEmpty() ? Map.of() : Map.of("", scope);
        if (request.method().equals("GET")) {
            return Answer.page(200, page.consent(scopes), "consent page");
        }
        if (request.fromAnotherSite()) {
            return Answer.page(403, page.refusal("This decision was sent by a page of another site."), "forged");
        }
        Optional<TestUser> user = TestUser.find(request.form().getOrDefault("user", ""));
        boolean allowed = request.form().getOrDefault("decision", "").equals("allow") && user.isPresent();
        Map<String, String> answer = new LinkedHashMap<>();
        if (allowed) {
            answer.put("oauth_token", token);
            answer.put(
                    "oauth_verifier",
                    grants.code(user.get(), scopes, request.host(), new LabTokens.Binding(token, Optional.empty())));
        } else {
            answer.put("denied", token);
        }
        String separator = callback.get().contains("?") ? "&" : "?";
        return Answer.redirect(
                callback.get() + separator + encoded(answer),
                allowed ? "allowed by " + user.get().key() : "access_denied");
    }

    private Answer accessToken(LabRequest request) {
        return switch (check(request, token -> grants.callback(token).map(callback -> secret(token)))) {
            case OAuth1Check.Result.Bad bad -> refused(bad.problem());
            case OAuth1Check.Result.Good good -> {
                String requestToken = good.protocol().getOrDefault("oauth_token", "");
                Grants.Outcome outcome = grants.exchange(
                        good.protocol().getOrDefault("oauth_verifier", ""),
                        false,
                        (consent, binding) -> binding.redirectUri().equals(requestToken)
                                ? Optional.empty()
                                : Optional.of("the verifier is of another request token"));
                yield switch (outcome) {
                    case Grants.Outcome.Refused refused -> refused("verifier_invalid");
                    case Grants.Outcome.Granted granted -> {
                        String token = granted.issued().accessToken();
                        Map<String, String> members = new LinkedHashMap<>();
                        members.put("oauth_token", token);
                        members.put("oauth_token_secret", secret(token));
                        members.put("user_id", granted.issued().consent().user().id());
                        yield form("tokens issued", members);
                    }
                };
            }
        };
    }

    /** The holder of a live token. */
    @Override
    public Optional<Caller> caller(LabRequest request, Map<String, String> captured) {
        return check(request, token -> grants.live(token).map(claims -> secret(token)))
                        instanceof OAuth1Check.Result.Good good
                ? grants.live(good.protocol().getOrDefault("oauth_token", "")).map(Caller::of)
                : Optional.empty();
    }

    private OAuth1Check.Result check(
            LabRequest request, java.util.function.Function<String, Optional<String>> tokenSecret) {
        Optional<PublicKey> key = part.signing().method() == Auth.Signature.RSA_SHA1
                ? Optional.of(LabKeys.of(stage.provider.id(), "app", "RS256").getPublic())
                : Optional.empty();
        return OAuth1Check.check(
                request,
                part.signing().method(),
                OAuth1Check.Consumer.of(stage.app),
                tokenSecret,
                key,
                Optional.empty(),
                stage.clock.instant());
    }

    private String secret(String token) {
        return HexFormat.of()
                .formatHex(LabApp.digest("token secret " + token, stage.provider.id()))
                .substring(0, 40);
    }

    private static Answer refused(String problem) {
        return new Answer(
                401,
                Map.of("content-type", "text/plain; charset=utf-8", "www-authenticate", "OAuth realm=\"lab\""),
                ("oauth_problem=" + problem).getBytes(StandardCharsets.UTF_8),
                problem);
    }

    /** Vendors send their forms as HTML. */
    private static Answer form(String outcome, Map<String, String> members) {
        return new Answer(
                200,
                Map.of("content-type", "text/html; charset=utf-8", "cache-control", "no-store"),
                encoded(members).getBytes(StandardCharsets.UTF_8),
                outcome);
    }

    private static String encoded(Map<String, String> members) {
        return members.entrySet().stream()
                .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }
}
