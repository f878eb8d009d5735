package dev.latchkey.catalogue.model;

import java.util.List;

/** Of an API that asks for nothing. */
record NoAuthFacts() implements TypedFacts {
    @Override
    public String mode() {
        return "NONE";
    }

    @Override
    public String words() {
        return "nothing";
    }

    @Override
    public String label() {
        return "None";
    }

    @Override
    public boolean needsServer() {
        return false;
    }

    @Override
    public boolean holdsStaticSecret() {
        return false;
    }

    @Override
    public List<String> setupSteps() {
        return List.of(Sentences.CREATE);
    }

    @Override
    public List<String> notes() {
        return List.of();
    }
}
