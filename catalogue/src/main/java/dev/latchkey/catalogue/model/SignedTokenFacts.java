package dev.latchkey.catalogue.model;

import java.util.List;
import java.util.Optional;

/** Of a token that Latchkey signs itself. */
record SignedTokenFacts(Auth.SignedToken auth) implements MintedFacts {
    @Override
    public String mode() {
        return auth.isWsse() ? "SIGNATURE" : "JWT";
    }

    @Override
    public String words() {
        return "signed token";
    }

    @Override
    public String label() {
        return "Signed or exchanged";
    }

    @Override
    public boolean holdsStaticSecret() {
        return true;
    }

    @Override
    public List<String> setupSteps() {
        return List.of(Sentences.CREATE, "Each user enters a key of their own; Latchkey signs tokens with it.");
    }

    @Override
    public List<String> notes() {
        return List.of(
                "Latchkey signs it (" + auth.algorithm() + "), for " + Sentences.duration(auth.lifetime()) + " each.");
    }

    @Override
    public Auth.Expiry expiry() {
        return auth.expiry();
    }

    @Override
    public Optional<SigningKey> signingKey() {
        return Optional.of(new SigningKey(auth.algorithm(), auth.key()));
    }

    @Override
    public List<String> usedFields() {
        return auth.isWsse() ? List.of("username") : List.of();
    }
}
