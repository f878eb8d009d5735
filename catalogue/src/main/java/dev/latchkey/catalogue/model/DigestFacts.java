package dev.latchkey.catalogue.model;

import java.util.List;

/** Of HTTP Digest. */
record DigestFacts() implements TypedFacts {
    @Override
    public String mode() {
        return "DIGEST";
    }

    @Override
    public String words() {
        return "user and password by HTTP Digest";
    }

    @Override
    public String label() {
        return "Digest";
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
        return List.of(Sentences.CREATE, "Each user enters what is asked below.");
    }

    @Override
    public List<String> notes() {
        return List.of(
                "Every call answers the vendor's challenge (HTTP Digest, RFC 7616); the password is never sent.");
    }

    /** What the kind itself asks for: a definition may say more of it. */
    @Override
    public List<String> usedFields() {
        return List.of("username", "password");
    }
}
