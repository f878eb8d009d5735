package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Of the authorization code grant. */
record OAuth2CodeFacts(Auth.OAuth2Code auth) implements AuthFacts {
    /** Scopes without which a vendor that knows them hands out no refresh token. */
    private static final Set<String> REFRESH_SCOPES =
            Set.of("offline_access", "offline", "offline.access", "refresh_token", "oauth.refresh");

    private static final Set<String> PKCE_PARAMETERS =
            Set.of("code_challenge", "code_challenge_method", "code_verifier");

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
    public boolean opensPage() {
        return true;
    }

    @Override
    public boolean mints() {
        return false;
    }

    @Override
    public boolean needsServer() {
        return true;
    }

    @Override
    public boolean holdsStaticSecret() {
        return false;
    }

    @Override
    public Renewal renewal() {
        if (isOurs()) {
            return Renewal.ALWAYS;
        }
        return switch (auth.policy()) {
            case REFRESH_TOKEN -> Renewal.WITH_REFRESH_TOKEN;
            case REMINT -> Renewal.ALWAYS;
            case MANUAL -> auth.refresh().isPresent() ? Renewal.FORCED : Renewal.NEVER;
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
        List<Text> found = new ArrayList<>();
        found.add(auth.authorize().url());
        auth.authorize().pushed().ifPresent(found::add);
        auth.device().ifPresent(found::add);
        found.add(auth.exchange().url());
        auth.refresh().map(Call::url).ifPresent(found::add);
        auth.then().forEach(step -> found.add(step.call().url()));
        found.addAll(auth.expiry().addresses());
        auth.proof().map(Auth.Proof::addresses).ifPresent(found::addAll);
        return found;
    }

    @Override
    public List<Text> secretAddresses(Optional<Call> onDelete) {
        if (auth.clientAuth() instanceof ClientAuth.None) {
            return List.of();
        }
        return Stream.of(
                        Stream.of(auth.exchange().url()),
                        auth.authorize().pushed().stream(),
                        auth.device().stream(),
                        auth.refresh().map(Call::url).stream(),
                        auth.exchangeStored().map(Call::url).stream(),
                        auth.then().stream().map(step -> step.call().url()),
                        auth.expiry().addresses().stream(),
                        onDelete.map(Call::url).stream())
                .flatMap(texts -> texts)
                .toList();
    }

    @Override
    public Map<String, Text> endpoints() {
        Map<String, Text> endpoints = new LinkedHashMap<>();
        endpoints.put("authorization_url", auth.authorize().url());
        endpoints.put("token_url", auth.exchange().url());
        return endpoints;
    }

    @Override
    public Optional<Boolean> pkce() {
        return Optional.of(auth.pkce());
    }

    @Override
    public Optional<Call> tokenCall() {
        return Optional.of(auth.refresh().orElse(auth.exchange()));
    }

    @Override
    public Optional<Call> exchangeStored() {
        return auth.exchangeStored();
    }

    @Override
    public TokenShape token() {
        return auth.token();
    }

    @Override
    public Auth.Expiry expiry() {
        return auth.expiry();
    }

    @Override
    public Map<String, JsonPath> learned() {
        return auth.learn();
    }

    @Override
    public Optional<Auth.Scopes> scopes() {
        return Optional.of(auth.authorize().scope());
    }

    @Override
    public Stream<Auth.OAuth2Code> codes() {
        return Stream.of(auth);
    }

    /** The callback is a consent alone; the token is the app's own. */
    @Override
    public boolean isOurs() {
        return auth.grant() == Auth.Grant.CLIENT_CREDENTIALS;
    }

    /** A token of the app's own is no user's. */
    @Override
    public Optional<Auth.Proof> proof() {
        return isOurs() ? Optional.empty() : auth.proof();
    }

    @Override
    public boolean hasSignedCallback() {
        return auth.callbackCheck().isPresent();
    }

    @Override
    public Stream<Call> redeeming() {
        return isOurs() ? Stream.empty() : Stream.of(auth.exchange());
    }

    @Override
    public Stream<Call> deciding() {
        return Stream.of(auth.exchange());
    }

    @Override
    public List<String> problems() {
        return isOurs() && auth.proof().isPresent()
                ? List.of("'proof' needs a user's token, which grant: client_credentials has not")
                : List.of();
    }

    /** What is wrong with the grant wherever a definition has it, also inside of another kind. */
    List<String> grantProblems() {
        List<String> problems = new ArrayList<>();
        if (!auth.pkce() && auth.clientAuth() instanceof ClientAuth.None) {
            problems.add("a public client (client_auth: none) needs pkce: its code is worth a token otherwise");
        }
        Stream.of(
                        auth.authorize().params().keySet(),
                        auth.exchange().query().keySet(),
                        auth.exchange().body().names())
                .flatMap(Set::stream)
                .filter(PKCE_PARAMETERS::contains)
                .findFirst()
                .ifPresent(name -> problems.add("'" + name
                        + "' is sent by pkce: true, both or neither; it can be no parameter of a definition"));
        Optional<String> needed = auth.authorize().scope().names().stream()
                .filter(REFRESH_SCOPES::contains)
                .findFirst();
        boolean requested = auth.authorize().scope().defaults().stream().anyMatch(REFRESH_SCOPES::contains);
        if (auth.policy() == Auth.RefreshPolicy.REFRESH_TOKEN && needed.isPresent() && !requested) {
            problems.add("refresh tokens come only with the scope '" + needed.get()
                    + "': it must stand in 'default', or the policy must not be refresh_token");
        }
        return problems;
    }

    @Override
    public List<String> breaks(Auth other) {
        Auth.OAuth2Code before = (Auth.OAuth2Code) other;
        List<String> problems = new ArrayList<>();
        if (before.dpop() != auth.dpop()) {
            problems.add(
                    auth.dpop() ? "their tokens are bound to no key (dpop)" : "their tokens are bound to a key (dpop)");
        }
        if (before.grant() != auth.grant()) {
            problems.add("they were granted otherwise (grant)");
        }
        if (isRefreshed(before) && !isRefreshed(auth)) {
            problems.add("they would not be refreshed any more (refresh.policy)");
        }
        return problems;
    }

    private static boolean isRefreshed(Auth.OAuth2Code code) {
        return code.policy() == Auth.RefreshPolicy.REFRESH_TOKEN || code.policy() == Auth.RefreshPolicy.REMINT;
    }

    @Override
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        consent(notes);
        notes.add("Token: " + Sentences.request(auth.exchange()) + ", " + Sentences.clientAuth(auth.clientAuth())
                + (auth.exchange().body() instanceof Body.Json ? ", as JSON" : "") + ".");
        auth.okWhen()
                .flatMap(rule -> rule.json()
                        .map(path -> "An answer is a success only if `" + path.text() + "` "
                                + rule.is().map(value -> "is `" + value + "`").orElse("is there")
                                + ", whatever its status."))
                .ifPresent(notes::add);
        auth.then().forEach(then -> notes.add("Then exchanged: " + Sentences.request(then.call()) + "."));
        auth.extraTokens().keySet().forEach(name -> notes.add("A further token, `" + name + "`, comes with it."));
        String again = auth.refresh().map(Sentences::request).orElse("by the same request");
        notes.add(
                switch (auth.policy()) {
                    case REFRESH_TOKEN ->
                        "Renewed by its refresh token, where the vendor issues one"
                                + auth.refresh()
                                        .map(call -> ": " + Sentences.request(call))
                                        .orElse("") + ".";
                    case REMINT -> "Renewed in time: " + again + ".";
                    case MANUAL -> "Renewed only when asked to: " + again + ".";
                    case NONE -> "Never renewed: the token has no end, or the user connects again.";
                });
        notes.addAll(Sentences.shape(auth.token()));
        if (!auth.expiry().buffer().equals(Auth.Expiry.STANDARD.buffer())) {
            notes.add("Renewed " + Sentences.duration(auth.expiry().buffer()) + " before its end.");
        }
        auth.expiry()
                .introspect()
                .ifPresent(
                        introspect -> notes.add("Its end is asked for: " + Sentences.request(introspect.call()) + "."));
        return notes;
    }

    private void consent(List<String> notes) {
        Auth.Authorize authorize = auth.authorize();
        notes.add("Consent: " + Sentences.addresses(authorize.url())
                + (auth.pkce() ? ", with PKCE (S256)" : ", without PKCE") + ".");
        authorize
                .pushed()
                .ifPresent(url -> notes.add("The request's parameters are sent to " + Sentences.addresses(url)
                        + " first, and the browser carries a reference (RFC 9126)."));
        auth.device()
                .ifPresent(url -> notes.add("Also without a browser of the user's here: a code to type elsewhere, from "
                        + Sentences.addresses(url) + " (RFC 8628)."));
        if (auth.dpop()) {
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
        auth.proof().map(Sentences::proof).ifPresent(notes::add);
        auth.callbackCheck()
                .ifPresent(check ->
                        notes.add("The callback is signed (`" + check.param() + "`), and the signature is checked."));
    }
}
