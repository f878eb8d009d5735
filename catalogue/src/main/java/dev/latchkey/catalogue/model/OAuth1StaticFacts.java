package dev.latchkey.catalogue.model;

import java.util.List;
import java.util.Optional;

/** Of OAuth 1.0a with tokens that were issued beforehand. */
record OAuth1StaticFacts(Auth.Signing signing, Auth.Consumer consumer) implements TypedFacts {
    @Override
    public String mode() {
        return "TBA";
    }

    @Override
    public String words() {
        return "OAuth 1.0a with issued tokens";
    }

    @Override
    public String label() {
        return "Signed or exchanged";
    }

    @Override
    public boolean needsServer() {
        return true;
    }

    @Override
    public boolean holdsStaticSecret() {
        return true;
    }

    @Override
    public List<String> setupSteps() {
        return switch (consumer) {
            case INTEGRATION -> List.of(Sentences.CREATE, "Each user enters tokens that the vendor issued to them.");
            case CONNECTION ->
                List.of(
                        "Nothing to register: each user enters the consumer's key and secret with the token that the vendor issued.");
        };
    }

    @Override
    public List<String> notes() {
        return List.of("Every call is signed with " + signing.method().name().replace('_', '-') + ".");
    }

    @Override
    public Optional<Auth.Signing> signedBy() {
        return Optional.of(signing);
    }

    @Override
    public boolean showsClient() {
        return consumer == Auth.Consumer.INTEGRATION;
    }
}
