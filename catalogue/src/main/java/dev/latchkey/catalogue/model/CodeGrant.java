package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Authorization code grant (RFC 6749 section 4.1) as a definition describes it: all of a kind ({@link Auth.OAuth2Code}), or a part of
 * another, such as the token of the user who installs an app.
 *
 * @param then further exchanges of the token, in order
 * @param proof that the account which the callback names is the token's
 */
public record CodeGrant(
        Consent consent,
        Client client,
        Redeems redeems,
        Call exchange,
        Refresh refresh,
        Response response,
        List<Then> then,
        Auth.Expiry expiry,
        Optional<Auth.Proof> proof) {
    /** Scopes without which a vendor that knows them hands out no refresh token. */
    private static final Set<String> PKCE_PARAMETERS =
            Set.of("code_challenge", "code_challenge_method", "code_verifier");

    /**
     * From the authorization request to the callback.
     *
     * @param pkce whether the request carries a challenge (S256, RFC 7636)
     * @param device where to request a code that the user enters on another device (RFC 8628)
     * @param issuer that the callback must name (RFC 9207)
     */
    public record Consent(
            Auth.Authorize authorize,
            boolean pkce,
            Optional<Text> device,
            Optional<String> issuer,
            Optional<Auth.CallbackCheck> callbackCheck) {}

    /**
     * The client at the token endpoint.
     *
     * @param refreshAuth how it authenticates at a refresh, if in another way
     * @param dpop whether tokens are bound to a key of the connection's, which each request proves (RFC 9449)
     */
    public record Client(ClientAuth auth, Optional<ClientAuth> refreshAuth, boolean dpop) {
        /** How the client authenticates at a refresh. */
        public ClientAuth atRefresh() {
            return refreshAuth.orElse(auth);
        }
    }

    /** What the callback is exchanged for. */
    public enum Redeems {
        AUTHORIZATION_CODE,
        /** The callback is a consent alone (an administrator's for a tenant); the token is the app's own. */
        CLIENT_CREDENTIALS
    }

    /**
     * When and by which call the token is refreshed.
     *
     * @param call absent: at the address of the exchange
     * @param exchangeStored the exchange of a stored token without a refresh token for refreshable ones, if the vendor makes the former
     *     obsolete
     */
    public record Refresh(Optional<Call> call, RefreshPolicy policy, Optional<Call> exchangeStored) {
        /** The refresh token grant at the token endpoint, wherever a refresh token was issued. */
        public static final Refresh STANDARD =
                new Refresh(Optional.empty(), RefreshPolicy.REFRESH_TOKEN, Optional.empty());

        /** Whether it happens without being forced. */
        boolean isScheduled() {
            return policy == RefreshPolicy.REFRESH_TOKEN || policy == RefreshPolicy.REMINT;
        }
    }

    public enum RefreshPolicy {
        /** Refresh token grant, when a refresh token was issued. */
        REFRESH_TOKEN,
        /** Repeat the first request with the stored values. */
        REMINT,
        /** Only when forced. */
        MANUAL,
        NONE
    }

    /**
     * How a token response is read.
     *
     * @param learn fields of the connection that it fills
     * @param extraTokens further tokens that it carries, by name
     */
    public record Response(
            TokenShape token,
            Optional<Call.OkWhen> okWhen,
            Map<String, JsonPath> learn,
            Map<String, ExtraToken> extraTokens) {
        public static final Response STANDARD = new Response(TokenShape.STANDARD, Optional.empty(), Map.of(), Map.of());
    }

    /** @param onRefresh whether it also runs after each refresh */
    public record Then(String id, Call call, TokenShape token, boolean optional, boolean onRefresh) {}

    /**
     * A second token beside the main one, stored in the raw response and encrypted with it.
     *
     * @param from where the main response carries it; without a call of its own
     * @param ownRefresh it has its own refresh token; otherwise the main one's is redeemed for it
     * @param call that requests it
     * @param grant of that call
     */
    public record ExtraToken(JsonPath from, boolean ownRefresh, Optional<Call> call, ExtraGrant grant) {}

    public enum ExtraGrant {
        REFRESH_TOKEN,
        CLIENT_CREDENTIALS
    }

    /** The same, reading further fields from token responses. */
    CodeGrant learning(Map<String, JsonPath> more) {
        Response both = new Response(
                response.token(), response.okWhen(), LearnedFields.of(response.learn(), more), response.extraTokens());
        return new CodeGrant(consent, client, redeems, exchange, refresh, both, then, expiry, proof);
    }

    /** Whether the token is the app's own: the callback alone decides whose account it opens. */
    public boolean isOurs() {
        return redeems == Redeems.CLIENT_CREDENTIALS;
    }

    /** The proof that a user's token gives; one of the app's own is no user's. */
    Optional<Auth.Proof> verified() {
        return isOurs() ? Optional.empty() : proof;
    }

    /** Every address that is called or opened for it. */
    List<Text> addresses() {
        List<Text> found = new ArrayList<>();
        found.add(consent.authorize().url());
        consent.authorize().pushed().ifPresent(found::add);
        consent.device().ifPresent(found::add);
        found.add(exchange.url());
        refresh.call().map(Call::url).ifPresent(found::add);
        then.forEach(step -> found.add(step.call().url()));
        found.addAll(expiry.addresses());
        proof.map(Auth.Proof::addresses).ifPresent(found::addAll);
        return found;
    }

    /** The addresses that get the client's secret. @param onDelete the definition's call that revokes what is deleted */
    List<Text> secretAddresses(Optional<Call> onDelete) {
        if (client.auth() instanceof ClientAuth.None) {
            return List.of();
        }
        return Stream.of(
                        Stream.of(exchange.url()),
                        consent.authorize().pushed().stream(),
                        consent.device().stream(),
                        refresh.call().map(Call::url).stream(),
                        refresh.exchangeStored().map(Call::url).stream(),
                        then.stream().map(step -> step.call().url()),
                        expiry.addresses().stream(),
                        onDelete.map(Call::url).stream())
                .flatMap(texts -> texts)
                .toList();
    }

    /** The call that redeems a user's code: one that our own credential suffices for proves nothing. */
    Stream<Call> redeeming() {
        return isOurs() ? Stream.empty() : Stream.of(exchange);
    }

    /** What is wrong with the grant wherever a definition has it, also inside of another kind. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (!consent.pkce() && client.auth() instanceof ClientAuth.None) {
            problems.add("a public client (client_auth: none) needs pkce: its code is worth a token otherwise");
        }
        Stream.of(
                        consent.authorize().params().keySet(),
                        exchange.query().keySet(),
                        exchange.body().names())
                .flatMap(Set::stream)
                .filter(PKCE_PARAMETERS::contains)
                .findFirst()
                .ifPresent(name -> problems.add("'" + name
                        + "' is sent by pkce: true, both or neither; it can be no parameter of a definition"));
        Scopes scope = consent.authorize().scope();
        Optional<String> needed =
                scope.names().stream().filter(Scopes.FOR_REFRESH::contains).findFirst();
        boolean requested = scope.always().stream().anyMatch(Scopes.FOR_REFRESH::contains);
        if (refresh.policy() == RefreshPolicy.REFRESH_TOKEN && needed.isPresent() && !requested) {
            problems.add("refresh tokens come only with the scope '" + needed.get()
                    + "': it must stand in 'default' or 'always', or the policy must not be refresh_token");
        }
        return problems;
    }
}
