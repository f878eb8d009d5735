package dev.latchkey.catalogue.docs;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.TokenShape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a reader should know of how a provider's credential is got and kept, as sentences. */
final class Peculiarities {
    private final List<String> sentences = new ArrayList<>();

    private Peculiarities() {}

    static List<String> of(Provider provider) {
        Peculiarities found = new Peculiarities();
        switch (provider.auth()) {
            case Auth.OAuth2Code code -> found.code(code);
            case Auth.OAuth2Client client -> {
                found.say("Token: " + ProviderPage.request(client.exchange()) + ", " + clientAuth(client.clientAuth())
                        + ".");
                found.say("Got again before it ends.");
                found.shape(client.token());
            }
            case Auth.OAuth1 oauth1 -> {
                found.say("Request token: " + ProviderPage.request(oauth1.request()) + "; consent: "
                        + ProviderPage.addresses(oauth1.authorize().url()) + "; token: "
                        + ProviderPage.request(oauth1.access()) + ".");
                found.say("Every call is signed with "
                        + oauth1.signature().name().replace('_', '-') + "; the token has no end.");
            }
            case Auth.OAuth1Static fixed ->
                found.say(
                        "Every call is signed with " + fixed.signature().name().replace('_', '-') + ".");
            case Auth.Exchange exchange -> {
                exchange.steps()
                        .forEach(step ->
                                found.say("Step `" + step.id() + "`: " + ProviderPage.request(step.call()) + "."));
                found.say(
                        exchange.refresh().isPresent() ? "Renewed by its refresh token." : "Got again before it ends.");
                found.shape(exchange.token());
            }
            case Auth.SignedToken token ->
                found.say("Latchkey signs it (" + token.algorithm() + "), for " + words(token.lifetime()) + " each.");
            case Auth.AppInstallation app -> {
                found.say("Installed at " + ProviderPage.addresses(app.install()) + "; token: "
                        + ProviderPage.request(app.tokenCall()) + ", bought again before it ends.");
                app.user().ifPresent(user -> found.say("A user's token comes with it."));
                app.proof().ifPresent(found::proof);
            }
            case Auth.Mcp mcp ->
                found.say("MCP server " + ProviderPage.addresses(mcp.server()) + "; the client is registered: "
                        + ProviderPage.lower(mcp.registration()) + ".");
            case Auth.Datastore datastore ->
                found.say("As fields or as one connection string; users prove themselves by "
                        + String.join(", ", datastore.mechanisms()) + ".");
            case Auth.AwsRole role ->
                found.say(
                        "The role is assumed with an external id that Latchkey makes, and is refused if it can be assumed"
                                + " without one; each call is signed (SigV4).");
            case Auth.PluginInstall plugin ->
                found.say("Installed at " + ProviderPage.addresses(plugin.install()) + ".");
            case Auth.ApiKey key -> {}
            case Auth.Basic basic -> {}
            case Auth.NoAuth none -> {}
        }
        provider.afterConnect()
                .forEach(step -> found.say("Learned after connecting: "
                        + ProviderPage.codes(
                                step.pick().keySet().stream().sorted().toList()) + "."));
        return found.sentences;
    }

    private void proof(Auth.Proof proof) {
        say("What the callback names is believed once " + ProviderPage.request(proof.call())
                + ", with the user's own token, confirms it.");
    }

    private void code(Auth.OAuth2Code code) {
        Auth.Authorize authorize = code.authorize();
        say("Consent: " + ProviderPage.addresses(authorize.url())
                + (code.pkce() ? ", with PKCE (S256)" : ", without PKCE") + ".");
        authorize
                .pushed()
                .ifPresent(url -> say("The request's parameters are sent to " + ProviderPage.addresses(url)
                        + " first, and the browser carries a reference (RFC 9126)."));
        code.device()
                .ifPresent(url -> say("Also without a browser of the user's here: a code to type elsewhere, from "
                        + ProviderPage.addresses(url) + " (RFC 8628)."));
        if (code.dpop()) {
            say("Tokens are bound to a key of the connection's, which each request proves (DPoP, RFC 9449).");
        }
        if (!authorize.params().isEmpty()) {
            say("The consent's further parameters: " + ProviderPage.codes(authorize.params()) + ".");
        }
        if (!authorize.names().isEmpty()) {
            say("The vendor's own names: "
                    + authorize.names().entrySet().stream()
                            .map(entry -> "`" + entry.getKey() + "` is `" + entry.getValue() + "`")
                            .sorted()
                            .collect(Collectors.joining(", "))
                    + ".");
        }
        if (!authorize.scope().join().equals(" ")) {
            say("Scopes are joined by `" + authorize.scope().join() + "`.");
        }
        authorize
                .groups()
                .forEach((group, parameter) -> say("Scopes of the " + group + " go into `" + parameter + "`."));
        if (!authorize.codeParam().equals("code")) {
            say("The callback brings the code as `" + authorize.codeParam() + "`.");
        }
        code.proof().ifPresent(this::proof);
        code.callbackCheck()
                .ifPresent(check ->
                        say("The callback is signed (`" + check.param() + "`), and the signature is checked."));
        say("Token: " + ProviderPage.request(code.exchange()) + ", " + clientAuth(code.clientAuth())
                + (code.exchange().body() instanceof Body.Json ? ", as JSON" : "") + ".");
        code.okWhen()
                .ifPresent(rule -> rule.json()
                        .ifPresent(path -> say("An answer is a success only if `" + path.text() + "` "
                                + rule.is().map(value -> "is `" + value + "`").orElse("is there")
                                + ", whatever its status.")));
        code.then().forEach(then -> say("Then exchanged: " + ProviderPage.request(then.call()) + "."));
        code.extraTokens().keySet().forEach(name -> say("A further token, `" + name + "`, comes with it."));
        switch (code.policy()) {
            case REFRESH_TOKEN ->
                say("Renewed by its refresh token, where the vendor issues one"
                        + code.refresh()
                                .map(call -> ": " + ProviderPage.request(call))
                                .orElse("") + ".");
            case REMINT ->
                say("Renewed in time: "
                        + code.refresh().map(ProviderPage::request).orElse("by the same request") + ".");
            case MANUAL ->
                say("Renewed only when asked to: "
                        + code.refresh().map(ProviderPage::request).orElse("by the same request") + ".");
            case NONE -> say("Never renewed: the token has no end, or the user connects again.");
        }
        shape(code.token());
        if (!code.expiry().buffer().equals(Auth.Expiry.STANDARD.buffer())) {
            say("Renewed " + words(code.expiry().buffer()) + " before its end.");
        }
        code.expiry()
                .introspect()
                .ifPresent(introspect -> say("Its end is asked for: " + ProviderPage.request(introspect.call()) + "."));
    }

    private void shape(TokenShape shape) {
        if (!shape.access().equals(TokenShape.STANDARD.access())) {
            say("The answer carries the token at "
                    + shape.access().stream()
                            .map(path -> "`" + path.text() + "`")
                            .collect(Collectors.joining(" or ")) + ".");
        }
        shape.root().ifPresent(root -> say("The answer's members stand under `" + root.text() + "`."));
        shape.ttl().ifPresent(ttl -> say("It lives " + words(ttl) + ", which the answer does not say."));
        if (shape.keepRefresh()) {
            say("The first refresh token stays.");
        }
    }

    private static String clientAuth(ClientAuth auth) {
        return switch (auth) {
            case ClientAuth.InBody body -> "id and secret as `" + body.idName() + "` and `" + body.secretName() + "`";
            case ClientAuth.Basic basic -> "id and secret by Basic";
            case ClientAuth.SecretBasic secret -> "the secret by Basic";
            case ClientAuth.None none -> "the id alone (a public client)";
            case ClientAuth.PrivateKeyJwt jwt -> "a signed assertion";
        };
    }

    private static String words(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds % 86_400 == 0) {
            return plural(seconds / 86_400, "day");
        }
        if (seconds % 3_600 == 0) {
            return plural(seconds / 3_600, "hour");
        }
        return seconds % 60 == 0 ? plural(seconds / 60, "minute") : plural(seconds, "second");
    }

    private static String plural(long count, String unit) {
        return count + " " + unit + (count == 1 ? "" : "s");
    }

    private void say(String sentence) {
        sentences.add(sentence);
    }
}
