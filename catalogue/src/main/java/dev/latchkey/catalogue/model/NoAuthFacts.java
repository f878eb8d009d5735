package dev.latchkey.catalogue.model;

import java.util.List;

/** Of an API that asks for nothing. */
record NoAuthFacts() implements AuthFacts {
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
    public boolean opensPage() {
        return false;
    }

    @Override
    public boolean mints() {
        return false;
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
    public Renewal renewal() {
        return Renewal.NEVER;
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
