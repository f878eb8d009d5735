package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Of the client credentials grant. */
record OAuth2ClientFacts(ClientGrant grant) implements MintedFacts {
    @Override
    public String mode() {
        return "OAUTH2_CC";
    }

    @Override
    public String words() {
        return "OAuth 2.0 client credentials";
    }

    @Override
    public String label() {
        return "Client credentials";
    }

    @Override
    public boolean holdsStaticSecret() {
        return false;
    }

    @Override
    public List<String> setupSteps() {
        return List.of(Sentences.CREATE, "Each user makes a client of their own and enters its id and secret.");
    }

    @Override
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        notes.add("Token: " + Sentences.request(grant.exchange()) + ", " + Sentences.clientAuth(grant.clientAuth())
                + ".");
        notes.add("A new token is requested before it expires.");
        notes.addAll(Sentences.shape(grant.token()));
        return notes;
    }

    @Override
    public List<Text> addresses() {
        return List.of(grant.exchange().url());
    }

    @Override
    public Map<String, Text> endpoints() {
        return Map.of("token_url", grant.exchange().url());
    }

    @Override
    public Optional<Call> tokenCall() {
        return Optional.of(grant.exchange());
    }

    @Override
    public TokenShape token() {
        return grant.token();
    }

    @Override
    public Auth.Expiry expiry() {
        return grant.expiry();
    }

    @Override
    public Map<String, JsonPath> learned() {
        return grant.learn();
    }

    @Override
    public Optional<Scopes> scopes() {
        return Optional.of(grant.scope());
    }
}
