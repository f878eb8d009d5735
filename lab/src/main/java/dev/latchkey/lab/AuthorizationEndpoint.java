package dev.latchkey.lab;

import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The authorization endpoint (RFC 6749 section 3.1): GET shows the consent page, and the page's form comes back to the same
 * address with the user's decision. Nothing is kept in between, so a page stays valid across a restart.
 */
final class AuthorizationEndpoint {
    private final CodeGrant code;
    private final LabApp app;
    private final URI base;
    private final ConsentPage page;
    private final Grants grants;
    private final Belongings belongings;
    private final InstantSource clock;
    private final PushedRequests pushed;

    AuthorizationEndpoint(Provider provider, CodeGrant code, LabApp app, URI base, Grants grants, InstantSource clock) {
        this.code = code;
        this.app = app;
        this.base = base;
        this.page = new ConsentPage(provider, app, new Page(base));
        this.grants = grants;
        this.belongings = new Belongings(provider);
        this.clock = clock;
        this.pushed = new PushedRequests(clock);
    }

    Answer answer(LabRequest request) {
        Optional<LabRequest> whole = pushed.whole(code, request);
        if (whole.isEmpty()) {
            return Answer.page(
                    400,
                    page.refusal("This vendor takes only requests with a request_uri that it issued recently."),
                    "request refused");
        }
        return whole(whole.get());
    }

    /** RFC 9126 section 2. */
    Answer push(LabRequest request) {
        LabRequest asked = new LabRequest(
                "GET",
                request.location(),
                new String(request.body(), StandardCharsets.UTF_8),
                request.headers(),
                new byte[0]);
        return switch (AuthorizationRequest.read(code, app, base, asked)) {
            case AuthorizationRequest.Result.Shown shown -> Answer.error(400, "invalid_request", shown.problem());
            case AuthorizationRequest.Result.Redirected error -> Answer.error(400, error.error(), error.description());
            case AuthorizationRequest.Result.InOrder inOrder -> pushed.accept(asked.rawQuery());
        };
    }

    private Answer whole(LabRequest request) {
        return switch (AuthorizationRequest.read(code, app, base, request)) {
            case AuthorizationRequest.Result.Shown shown ->
                Answer.page(400, page.refusal(shown.problem()), "request refused");
            case AuthorizationRequest.Result.Redirected error ->
                Answer.redirect(
                        callback(error.redirectUri(), error.state(), request.host(), errorOf(error)), error.error());
            case AuthorizationRequest.Result.InOrder asked ->
                request.method().equals("GET")
                        ? Answer.page(200, page.consent(asked.request()), "consent page")
                        : decided(asked.request(), request);
        };
    }

    private static Map<String, String> errorOf(AuthorizationRequest.Result.Redirected error) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("error", error.error());
        parameters.put("error_description", error.description());
        return parameters;
    }

    private Answer decided(AuthorizationRequest asked, LabRequest request) {
        if (request.fromAnotherSite()) {
            return Answer.page(403, page.refusal("This decision was sent by a page of another site."), "forged");
        }
        Map<String, String> form = request.form();
        Optional<TestUser> user = TestUser.find(form.getOrDefault("user", ""));
        Map<String, String> parameters = new LinkedHashMap<>();
        String outcome;
        if (form.getOrDefault("decision", "").equals("allow") && user.isPresent()) {
            parameters.put(code.consent().authorize().codeParam(), code(asked, user.get()));
            addCallbackValues(asked, user.get(), parameters);
            outcome = "allowed by " + user.get().key();
        } else {
            parameters.put("error", "access_denied");
            parameters.put("error_description", "The user did not allow it.");
            outcome = "access_denied";
        }
        return Answer.redirect(callback(asked.redirectUri(), asked.state(), asked.host(), parameters), outcome);
    }

    private String code(AuthorizationRequest asked, TestUser user) {
        return grants.code(
                user, asked.scopes(), asked.host(), new LabTokens.Binding(asked.redirectUri(), asked.challenge()));
    }

    /** The further values that the definition expects from the callback. */
    private void addCallbackValues(AuthorizationRequest asked, TestUser user, Map<String, String> parameters) {
        belongings
                .fromCallback()
                .forEach(field -> parameters.put(
                        ((Field.Source.Callback) field.source().orElseThrow()).parameter(),
                        belongings.of(field, user, asked.host()).asString()));
    }

    private String callback(String redirectUri, String state, String host, Map<String, String> answer) {
        Map<String, String> parameters = new LinkedHashMap<>(answer);
        if (!state.isEmpty()) {
            parameters.put("state", state);
        }
        // RFC 9207: errors name the issuer, too.
        code.consent().issuer().ifPresent(issuer -> parameters.put("iss", issuer));
        code.consent().callbackCheck().ifPresent(check -> {
            parameters.put("shop", host);
            parameters.put("timestamp", Long.toString(clock.instant().getEpochSecond()));
            parameters.put(check.param(), CallbackSignature.of(check, app, parameters));
        });
        String query = parameters.entrySet().stream()
                .map(one -> encode(one.getKey()) + "=" + encode(one.getValue()))
                .collect(Collectors.joining("&"));
        String address = redirectUri.startsWith("http") ? redirectUri : base + "/oauth/callback";
        return address + (address.contains("?") ? "&" : "?") + query;
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
