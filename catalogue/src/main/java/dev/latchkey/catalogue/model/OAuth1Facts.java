package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Text;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Of three-legged OAuth 1.0a. */
record OAuth1Facts(Auth.OAuth1 auth) implements PageFacts {
    @Override
    public String mode() {
        return "OAUTH1";
    }

    @Override
    public String words() {
        return "OAuth 1.0a";
    }

    @Override
    public String label() {
        return "OAuth 1.0a";
    }

    @Override
    public boolean mints() {
        return false;
    }

    @Override
    public Renewal renewal() {
        return Renewal.NEVER;
    }

    @Override
    public List<String> setupSteps() {
        return List.of(
                "Register an app at the vendor's.",
                "Enter " + Provider.Setup.CALLBACK + " as its callback URL.",
                "Create the integration with the consumer key as client id and the consumer secret as client secret.");
    }

    @Override
    public List<String> notes() {
        return List.of(
                "Request token: " + Sentences.request(auth.request()) + "; consent: "
                        + Sentences.addresses(auth.authorize().url()) + "; token: " + Sentences.request(auth.access())
                        + ".",
                "Every call is signed with " + auth.signing().method().name().replace('_', '-')
                        + "; the token has no end.");
    }

    @Override
    public List<Text> addresses() {
        return List.of(
                auth.request().url(), auth.authorize().url(), auth.access().url());
    }

    @Override
    public Map<String, Text> endpoints() {
        Map<String, Text> endpoints = new LinkedHashMap<>();
        endpoints.put("request_url", auth.request().url());
        endpoints.put("authorization_url", auth.authorize().url());
        endpoints.put("token_url", auth.access().url());
        return endpoints;
    }

    @Override
    public Map<String, JsonPath> learned() {
        return auth.learn();
    }

    @Override
    public Optional<Scopes> scopes() {
        return Optional.of(auth.authorize().scope());
    }

    @Override
    public boolean needsClient() {
        return true;
    }

    @Override
    public Stream<Call> redeeming() {
        return Stream.of(auth.access());
    }

    @Override
    public Optional<Auth.Signing> signedBy() {
        return Optional.of(auth.signing());
    }

    @Override
    public boolean showsClient() {
        return true;
    }
}
