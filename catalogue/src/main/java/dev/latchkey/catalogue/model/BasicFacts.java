package dev.latchkey.catalogue.model;

import java.util.List;
import java.util.Optional;

/** Of HTTP Basic. */
record BasicFacts(UserAndPassword sent) implements TypedFacts {
    @Override
    public String mode() {
        return "BASIC";
    }

    @Override
    public String words() {
        return "user and password";
    }

    @Override
    public String label() {
        return "Basic";
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
        return List.of(Sentences.CREATE, "Each user enters what is asked below.");
    }

    @Override
    public List<String> notes() {
        return List.of();
    }

    @Override
    public Optional<UserAndPassword> basic() {
        return Optional.of(sent);
    }
}
