package dev.latchkey.catalogue.model;

import java.util.List;
import java.util.Optional;

/** Of an API key. */
record ApiKeyFacts() implements TypedFacts {
    @Override
    public String mode() {
        return "API_KEY";
    }

    @Override
    public String words() {
        return "API key";
    }

    @Override
    public String label() {
        return "API key";
    }

    @Override
    public boolean needsServer() {
        return false;
    }

    @Override
    public boolean holdsStaticSecret() {
        return true;
    }

    @Override
    public List<String> setupSteps() {
        return List.of(Sentences.CREATE, "Each user enters a key of their own.");
    }

    @Override
    public List<String> notes() {
        return List.of();
    }

    @Override
    public Optional<String> keyField() {
        return Optional.of("apiKey");
    }
}
