package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Of the authorization code grant. */
record OAuth2CodeFacts(CodeGrant grant) implements PageFacts {
    @Override
    public String mode() {
        return "OAUTH2";
    }

    @Override
    public String words() {
        return "OAuth 2.0";
    }

    @Override
    public String label() {
        return "OAuth 2.0";
    }

    @Override
    public boolean mints() {
        return false;
    }

    @Override
    public Renewal renewal() {
        if (isOurs()) {
            return Renewal.ALWAYS;
        }
        return switch (grant.refresh().policy()) {
            case REFRESH_TOKEN -> Renewal.WITH_REFRESH_TOKEN;
            case REMINT -> Renewal.ALWAYS;
            case MANUAL -> grant.refresh().call().isPresent() ? Renewal.FORCED : Renewal.NEVER;
            case NONE -> Renewal.NEVER;
        };
    }

    @Override
    public boolean needsClient() {
        return true;
    }

    @Override
    public List<String> setupSteps() {
        return List.of(
                "Register an app at the vendor's.",
                "Enter " + Provider.Setup.CALLBACK + " as its redirect URL, and choose the scopes.",
                "Create the integration with the app's client id and client secret.");
    }

    @Override
    public List<Text> addresses() {
        return grant.addresses();
    }

    @Override
    public List<Text> secretAddresses(Optional<Call> onDelete) {
        return grant.secretAddresses(onDelete);
    }

    @Override
    public Map<String, Text> endpoints() {
        Map<String, Text> endpoints = new LinkedHashMap<>();
        endpoints.put("authorization_url", grant.consent().authorize().url());
        endpoints.put("token_url", grant.exchange().url());
        return endpoints;
    }

    @Override
    public Optional<Boolean> pkce() {
        return Optional.of(grant.consent().pkce());
    }

    @Override
    public Optional<Call> tokenCall() {
        return Optional.of(grant.refresh().call().orElse(grant.exchange()));
    }

    @Override
    public Optional<Call> exchangeStored() {
        return grant.refresh().exchangeStored();
    }

    @Override
    public TokenShape token() {
        return grant.response().token();
    }

    @Override
    public Auth.Expiry expiry() {
        return grant.expiry();
    }

    @Override
    public Map<String, JsonPath> learned() {
        return grant.response().learn();
    }

    @Override
    public Optional<Scopes> scopes() {
        return Optional.of(grant.consent().authorize().scope());
    }

    @Override
    public Optional<CodeGrant> codeGrant() {
        return Optional.of(grant);
    }

    @Override
    public Stream<CodeGrant> codes() {
        return Stream.of(grant);
    }

    /** The callback is a consent alone; the token is the app's own. */
    @Override
    public boolean isOurs() {
        return grant.isOurs();
    }

    @Override
    public Optional<Auth.Proof> proof() {
        return grant.verified();
    }

    @Override
    public boolean hasSignedCallback() {
        return grant.consent().callbackCheck().isPresent();
    }

    @Override
    public Stream<Call> redeeming() {
        return grant.redeeming();
    }

    @Override
    public Stream<Call> deciding() {
        return Stream.of(grant.exchange());
    }

    @Override
    public List<String> problems() {
        return isOurs() && grant.proof().isPresent()
                ? List.of("'proof' needs a user's token, which grant: client_credentials has not")
                : List.of();
    }

    @Override
    public List<String> breaks(Auth other) {
        CodeGrant before = ((Auth.OAuth2Code) other).grant();
        List<String> problems = new ArrayList<>();
        if (before.client().dpop() != grant.client().dpop()) {
            problems.add(
                    grant.client().dpop()
                            ? "their tokens are bound to no key (dpop)"
                            : "their tokens are bound to a key (dpop)");
        }
        if (before.redeems() != grant.redeems()) {
            problems.add("they were granted otherwise (grant)");
        }
        if (before.refresh().isScheduled() && !grant.refresh().isScheduled()) {
            problems.add("they would not be refreshed any more (refresh.policy)");
        }
        return problems;
    }

    @Override
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        consent(notes);
        notes.add("Token: " + Sentences.request(grant.exchange()) + ", "
                + Sentences.clientAuth(grant.client().auth())
                + (grant.exchange().body() instanceof Body.Json ? ", as JSON" : "") + ".");
        grant.response()
                .okWhen()
                .flatMap(rule -> rule.json()
                        .map(path -> "An answer is a success only if `" + path.text() + "` "
                                + rule.is().map(value -> "is `" + value + "`").orElse("is there")
                                + ", whatever its status."))
                .ifPresent(notes::add);
        grant.then().forEach(then -> notes.add("Then exchanged: " + Sentences.request(then.call()) + "."));
        grant.response()
                .extraTokens()
                .keySet()
                .forEach(name -> notes.add("A further token, `" + name + "`, comes with it."));
        String again = grant.refresh().call().map(Sentences::request).orElse("by the same request");
        notes.add(
                switch (grant.refresh().policy()) {
                    case REFRESH_TOKEN ->
                        "Renewed by its refresh token, where the vendor issues one"
                                + grant.refresh()
                                        .call()
                                        .map(call -> ": " + Sentences.request(call))
                                        .orElse("") + ".";
                    case REMINT -> "Renewed in time: " + again + ".";
                    case MANUAL -> "Renewed only when asked to: " + again + ".";
                    case NONE -> "Never renewed: the token has no end, or the user connects again.";
                });
        notes.addAll(Sentences.shape(grant.response().token()));
        if (!grant.expiry().buffer().equals(Auth.Expiry.STANDARD.buffer())) {
            notes.add("Renewed " + Sentences.duration(grant.expiry().buffer()) + " before its end.");
        }
        grant.expiry()
                .introspect()
                .ifPresent(
                        introspect -> notes.add("Its end is asked for: " + Sentences.request(introspect.call()) + "."));
        return notes;
    }

    private void consent(List<String> notes) {
        Auth.Authorize authorize = grant.consent().authorize();
        notes.add("Consent: " + Sentences.addresses(authorize.url())
                + (grant.consent().pkce() ? ", with PKCE (S256)" : ", without PKCE") + ".");
        authorize
                .pushed()
                .ifPresent(url -> notes.add("The request's parameters are sent to " + Sentences.addresses(url)
                        + " first, and the browser carries a reference (RFC 9126)."));
        grant.consent()
                .device()
                .ifPresent(url -> notes.add("Also without a browser of the user's here: a code to type elsewhere, from "
                        + Sentences.addresses(url) + " (RFC 8628)."));
        if (grant.client().dpop()) {
            notes.add("Tokens are bound to a key of the connection's, which each request proves (DPoP, RFC 9449).");
        }
        if (!authorize.params().isEmpty()) {
            notes.add("The consent's further parameters: " + Sentences.codes(authorize.params()) + ".");
        }
        if (!authorize.names().isEmpty()) {
            notes.add("The vendor's own names: "
                    + authorize.names().entrySet().stream()
                            .map(entry -> "`" + entry.getKey() + "` is `" + entry.getValue() + "`")
                            .sorted()
                            .collect(Collectors.joining(", "))
                    + ".");
        }
        if (!authorize.scope().join().equals(" ")) {
            notes.add("Scopes are joined by `" + authorize.scope().join() + "`.");
        }
        authorize
                .groups()
                .forEach((group, parameter) -> notes.add("Scopes of the " + group + " go into `" + parameter + "`."));
        if (!authorize.codeParam().equals("code")) {
            notes.add("The callback brings the code as `" + authorize.codeParam() + "`.");
        }
        grant.proof().map(Sentences::proof).ifPresent(notes::add);
        grant.consent()
                .callbackCheck()
                .ifPresent(check ->
                        notes.add("The callback is signed (`" + check.param() + "`), and the signature is checked."));
    }

    @Override
    public boolean showsClient() {
        return true;
    }
}
